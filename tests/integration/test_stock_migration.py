"""A book from before the warehouse's documents gets their tables and columns, and loses nothing."""

from sqlalchemy import text

from oms_ops.invariants import verify
from oms_ops.store import open_book
from oms_ops.store.stock_tables import STOCK_PAPERS
from tests.support.home import settings_for
from tests.support.order_book import Shop


def test_an_older_book_gets_the_tables_and_columns_it_lacks(order_book_url, tmp_path):
    with open_book(order_book_url) as book:
        shop = Shop(book, settings_for(tmp_path))
        shop.receive("CUP", "LEICESTER", 5)
        order = shop.place("1", ("CUP", 2))
        with book.write() as con:
            for table in reversed(STOCK_PAPERS):
                con.execute(text(f"DROP TABLE {table.name}"))
            con.execute(text("ALTER TABLE order_line DROP COLUMN parent_line_no"))
            for column in ("purchase_order_id", "canceled", "drafted"):
                con.execute(text(f"ALTER TABLE purchase_order_line DROP COLUMN {column}"))
            con.execute(text("DELETE FROM schema_migration WHERE migration_no = 13"))
            con.execute(text("DELETE FROM movement_kind WHERE kind = 'lot_changed'"))
    with open_book(order_book_url) as book:
        shop = Shop(book, settings_for(tmp_path), calls=10)
        shop.stock.define_kit("SET", components={"CUP": 3}, **shop.next())
        shop.place("2", ("SET", 1))
        assert shop.view(order)["lines"][0]["allocated"] == 2
        assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "committed": 5}
        assert verify(book) == []
