"""The warehouse's copy of the book: complete, incremental, and one state even while somebody writes."""

from datetime import UTC, datetime

import pytest

from oms_ops import bulk
from oms_ops import pull as pull_module
from oms_ops.errors import OmsError
from oms_ops.invariants import verify
from oms_ops.pull import pull
from oms_ops.service import ReservationService
from oms_ops.store import open_book
from oms_ops.store.book import MARK_LOCKS, WRITER_LOCK
from tests.support.core_rows import rows
from tests.support.order_book import NOON, Stream, open_shop
from warehouse import contracts
from warehouse.connection import writer

AS_OF = datetime(2011, 3, 5, tzinfo=UTC)
TABLES = (
    "order_event", "inventory_movement", "movement_kind", "stock_balance", "order_state", "ats",
    "incoming_supply",
)  # fmt: skip


def said() -> Stream:
    stream = Stream()
    stream.count("CUP", "LEICESTER", 10)
    stream.purchase("P1/1", "CUP", "LONDON", 30)
    stream.receipt("CUP", "LONDON", 5, purchase="P1/1")
    stream.order("1", ("CUP", 12, "2.00"))
    stream.shipment("S1", "1")
    stream.order("2", ("CUP", 2))
    stream.delivery("S1", "1")
    stream.refund("F1", "1", ("a", "CUP", 3, "return", "2.00"))
    stream.order("3", ("POT", 1))
    return stream


def copied(con) -> dict[str, list]:
    return {
        name: con.execute(f"FROM core.{name} ORDER BY ALL").fetchall()  # noqa: S608
        for name in TABLES
    }


def test_the_copy_meets_its_contracts_and_says_what_the_book_says(shop):
    with writer(shop.settings) as con:
        report = bulk.apply(shop.book, said().chunks(), settings=shop.settings)
        pulled = pull(con, shop.book, shop.settings, as_of=AS_OF)
        assert (pulled.events, pulled.movements) == (report.events, report.movements)
        for name in TABLES:
            assert pulled.tables[name] == con.execute(f"SELECT count(*) FROM core.{name}").fetchone()[0]  # noqa: S608
            checks = contracts.check(con, f"core.{name}")
            assert [check.check_name for check in checks if not check.passed] == []
        states = {row["order_id"]: row for row in rows(con, "FROM core.order_state")}
        first = states["shopify:1"]
        assert (first["order_status"], first["payment_status"], first["fulfillment_status"]) == (
            "closed", "partially_refunded", "fulfilled",
        )  # fmt: skip
        units = ("ordered", "canceled", "allocated", "shipped", "returned", "backordered_at_placement")
        assert [float(first[f"units_{name}"]) for name in units] == [12, 0, 0, 12, 3, 0]
        assert first["location_count"] == 2
        assert first["first_shipped_at"] == first["last_shipped_at"] == datetime(2011, 3, 1, 17, tzinfo=UTC)
        assert first["delivered_at"] == datetime(2011, 3, 1, 19, tzinfo=UTC)
        waiting = states["shopify:3"]
        assert (waiting["fulfillment_status"], float(waiting["units_backordered_at_placement"])) == (
            "unfulfilled", 1,
        )  # fmt: skip


def test_an_order_without_a_date_is_expected_when_its_supplier_usually_delivers(shop):
    """Ordered at noon; ONE quotes ten days, OTHER nothing: fourteen."""
    with writer(shop.settings) as con:
        con.execute(
            "INSERT INTO core.supplier (supplier_id, supplier_name, quoted_lead_time_days, recorded_at, "
            "document_seq) VALUES ('ONE', 'One', 10, '2011-01-01', 1)"
        )
        for supplier in ("ONE", "OTHER"):
            shop.stock.draft_purchase(
                f"P-{supplier}", supplier_id=supplier, location_id="LONDON", units={"CUP": 30}, **shop.next()
            )
            shop.stock.order_purchase(f"P-{supplier}", **shop.next())
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        found = con.execute("SELECT expected_at::DATE FROM core.incoming_supply ORDER BY ALL").fetchall()
    assert [str(day) for (day,) in found] == ["2011-03-11", "2011-03-15"]


def test_the_copied_ledger_names_orders_lines_and_references_and_adds_up_to_the_balances(shop):
    with writer(shop.settings) as con:
        bulk.apply(shop.book, said().chunks(), settings=shop.settings)
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        ledger = rows(
            con,
            "SELECT kind, quantity, location_id, order_id, line_id, reference, reason "
            "FROM core.inventory_movement ORDER BY movement_seq",
        )
        assert [tuple(row.values())[3:] for row in ledger if row["kind"] == "shipped"] == [
            ("shopify:1", "a", "S1", None)
        ] * 2
        assert [tuple(row.values()) for row in ledger][0][4:] == (None, "N1", "stock count")
        drift = con.execute(
            """
            WITH moved AS (
                SELECT sku, location_id, sum(quantity * k.on_hand) AS on_hand,
                       sum(quantity * k.incoming) AS incoming
                FROM core.inventory_movement JOIN core.movement_kind AS k USING (kind) GROUP BY ALL
            )
            SELECT * FROM moved FULL JOIN core.stock_balance AS b USING (sku, location_id)
            WHERE moved.on_hand IS DISTINCT FROM b.on_hand OR moved.incoming IS DISTINCT FROM b.incoming
            """
        ).fetchall()
        assert drift == []


def test_ats_of_each_channel_follows_its_own_network_threshold_and_share(shop):
    with writer(shop.settings) as con:
        stream = Stream()
        stream.count("CUP", "LEICESTER", 10)
        stream.count("CUP", "GLASGOW", 90)
        stream.order("1", ("POT", 4), channel="woocommerce")
        bulk.apply(shop.book, stream.chunks(), settings=shop.settings)
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        found = {
            (row["channel_id"], row["sku"]): row
            for row in rows(con, "FROM core.ats ORDER BY channel_id, sku")
        }
    sells = {channel: float(found[channel, "CUP"]["ats"]) for channel in ("shopify", "amazon", "woocommerce")}
    assert sells == {"shopify": 100, "amazon": 88, "woocommerce": 8}  # (100 - 2) x 0.9; (10 - 1) x 0.9
    assert found["woocommerce", "CUP"]["free_by_location"] == '{"LEICESTER": 10, "LONDON": 0}'
    assert float(found["shopify", "POT"]["unrouted_units"]) == 4
    assert float(found["shopify", "POT"]["pool"]) == -4
    assert found["shopify", "POT"]["computed_at"] == AS_OF


def test_pulled_step_by_step_the_copy_is_the_same_as_pulled_once(new_shop, monkeypatch):
    with new_shop() as shop, writer(shop.settings) as con:
        bulk.apply(shop.book, said().chunks(), settings=shop.settings)
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        once = copied(con)
    monkeypatch.setattr(pull_module, "ROWS_AT_ONCE", 2)
    with new_shop() as shop, writer(shop.settings) as con:
        for chunk in said().chunks(1):
            bulk.apply(shop.book, [chunk], settings=shop.settings)
            pull(con, shop.book, shop.settings, as_of=AS_OF)
        assert copied(con) == once
        again = pull(con, shop.book, shop.settings, as_of=AS_OF)
        assert (again.events, again.movements, again.tables["order_state"]) == (0, 0, 0)
        assert copied(con) == once


def test_only_orders_something_happened_to_are_written_again(shop):
    with writer(shop.settings) as con:
        bulk.apply(shop.book, said().chunks(), settings=shop.settings)
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        shop.orders.cancel("shopify:2", reason="customer", **shop.next())
        report = pull(con, shop.book, shop.settings, as_of=AS_OF)
        assert report.tables["order_state"] == 1
        status = con.execute(
            "SELECT order_status FROM core.order_state WHERE order_id = 'shopify:2'"
        ).fetchone()
        assert status == ("canceled",)


def test_a_command_given_during_the_pull_is_wholly_in_the_next_copy_and_not_in_this_one(shop, monkeypatch):
    with writer(shop.settings) as con:
        bulk.apply(shop.book, said().chunks(), settings=shop.settings)
        original = pull_module._pull_movements

        def meddled(*arguments, **named):
            moved = original(*arguments, **named)
            shop.receive("CUP", "LEICESTER", 50)
            shop.orders.cancel("shopify:2", reason="customer", **shop.next())
            return moved

        monkeypatch.setattr(pull_module, "_pull_movements", meddled)
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        before = "SELECT on_hand FROM core.stock_balance WHERE location_id = 'LEICESTER'"
        canceled = "SELECT count(*) FROM core.order_event WHERE event_kind = 'canceled'"
        assert float(con.execute(before).fetchone()[0]) == 3
        assert con.execute(canceled).fetchone()[0] == 0
        monkeypatch.undo()
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        assert float(con.execute(before).fetchone()[0]) == 53
        assert con.execute(canceled).fetchone()[0] == 1


def test_a_pull_that_fails_midway_leaves_the_copy_before_it(shop, monkeypatch):
    with writer(shop.settings) as con:
        bulk.apply(shop.book, said().chunks(4)[:1], settings=shop.settings)
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        before = copied(con)
        bulk.apply(shop.book, said().chunks(), settings=shop.settings)
        monkeypatch.setattr(pull_module, "stock_of", lambda con: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pull(con, shop.book, shop.settings, as_of=AS_OF)
        assert copied(con) == before


def test_another_book_than_the_one_copied_so_far_is_refused(shop, new_shop):
    with writer(shop.settings) as con:
        bulk.apply(shop.book, said().chunks(), settings=shop.settings)
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        with new_shop() as other, pytest.raises(OmsError, match="is not the book"):
            pull(con, other.book, shop.settings, as_of=AS_OF)


HELD_OPEN = f"""
BEGIN;
SELECT
    pg_advisory_xact_lock_shared({WRITER_LOCK}),
    pg_advisory_xact_lock_shared({MARK_LOCKS} + (SELECT last_value FROM order_book_movement));
INSERT INTO posting (posting_seq, occurred_at, recorded_at) VALUES (nextval('order_book_posting'), 1, 1);
INSERT INTO inventory_movement (movement_seq, posting_seq, stock_no, kind_no, quantity)
SELECT nextval('order_book_movement'), currval('order_book_posting'), 1, kind_no, 1
FROM movement_kind WHERE kind = 'received_unordered'
"""


def test_a_reservation_that_commits_late_is_not_skipped(tmp_path, shared_postgres):
    """On PostgreSQL a lower number can become visible after a higher one: held open here by hand."""
    with (
        shared_postgres.book() as url,
        open_shop(tmp_path, order_book_url=url) as shop,
        open_book(url) as another,
        writer(shop.settings) as con,
    ):
        shop.receive("CUP", "LEICESTER", 50)
        pull(con, shop.book, shop.settings, as_of=AS_OF)
        late = another.driver_connection()
        late.execute(HELD_OPEN)
        holds = ReservationService(shop.book, shop.settings)
        terms = {"channel_id": "shopify", "items": {"CUP": 1}, "expires_at": AS_OF, "at": NOON}
        holds.reserve("R1", key="R1", **terms)
        copied_so_far = "SELECT movement_seq FROM core.inventory_movement ORDER BY movement_seq"
        assert pull(con, shop.book, shop.settings, as_of=AS_OF).movements == 0
        assert con.execute(copied_so_far).fetchall() == [(1,)]
        late.commit()
        assert pull(con, shop.book, shop.settings, as_of=AS_OF).movements == 2
        assert con.execute(copied_so_far).fetchall() == [(1,), (2,), (3,)]
        with shop.book.write() as book:
            book.exec_driver_sql("UPDATE stock_balance SET on_hand = on_hand + 1, available = available + 1")
        assert verify(shop.book) == []
