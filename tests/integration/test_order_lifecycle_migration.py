"""A book from before the whole lifecycle gets what it lacks, and its orders go on."""

from datetime import timedelta

from oms_ops.store import open_book
from tests.support.order_book import NOON, Shop

ADDED = {
    "order": ("expires_at", "waits_until", "queue_seq"),
    "order_line": ("ships_not_before",),
    "fulfillment_order": ("fulfill_at",),
    "allocation": ("picked",),
    "shipment": ("state_at",),
    "hold": ("fulfillment_no",),
}
INDEXES = ("order_expires", "order_waits", "order_line_scheduled", "fulfillment_order_scheduled")


def make_old(book):
    with book.write() as con:
        for index in INDEXES:
            con.exec_driver_sql(f"DROP INDEX {index}")
        for table, names in ADDED.items():
            for name in names:
                con.exec_driver_sql(f'ALTER TABLE "{table}" DROP COLUMN {name}')
        for table in ("shipping_address", "sku_policy"):
            con.exec_driver_sql(f"DROP TABLE {table}")
        con.exec_driver_sql("DELETE FROM schema_migration WHERE migration_no = 11")


def test_an_older_book_gets_the_new_columns_and_its_orders_go_on(shop):
    shop.receive("CUP", "LEICESTER", 3)
    order = shop.place("1", ("CUP", 2))
    shop.orders.hold(order, reason="other", **shop.next())
    make_old(shop.book)
    with open_book(shop.settings.order_book_url) as book:
        newer = Shop(book, shop.settings, calls=shop.calls)
        newer.orders.release(order, reason="other", **newer.next())
        fulfill_at = NOON + timedelta(days=1)
        newer.orders.schedule_fulfillment(order, 1, fulfill_at=fulfill_at, **newer.next())
        assert newer.orders.release_due(at=fulfill_at).orders == 1
        newer.ship(order, "S1", state="label_printed")
        newer.orders.cancel_shipment("S1", **newer.next())
        assert newer.view(order)["lines"][0]["allocated"] == 2
