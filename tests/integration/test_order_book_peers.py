"""What open order systems got wrong in public, each as it happened to them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from oms_ops import bulk
from oms_ops.availability import availability
from oms_ops.errors import InvalidCommand, OutOfStock, RefundTooLarge
from oms_ops.invariants import repair, verify
from oms_ops.pull import pull
from tests.support.order_book import Stream, without_place
from warehouse.connection import writer


def test_the_last_unit_is_sold_once_and_the_second_buyer_is_told_before_paying(shop):
    shop.receive("CUP", "LEICESTER", 1)
    shop.place("1", ("CUP", 1))
    with pytest.raises(OutOfStock, match="CUP: 1 wanted, 0 available"):
        shop.place("2", ("CUP", 1))
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 1, "committed": 1}


def test_two_lines_of_one_sku_do_not_each_see_the_same_stock(shop):
    shop.receive("CUP", "LEICESTER", 5)
    with pytest.raises(OutOfStock, match="CUP: 6 wanted, 5 available"):
        shop.place("1", ("CUP", 3), ("CUP", 3))
    order = shop.place("2", ("CUP", 3), ("CUP", 2))
    assert [line["allocated"] for line in shop.view(order)["lines"]] == [3, 2]


def test_the_sum_says_yes_the_first_location_no_and_the_order_is_still_filled(shop):
    shop.receive("CUP", "LEICESTER", 2)
    shop.receive("CUP", "LONDON", 1)
    order = shop.place("1", ("CUP", 3))
    claims = [(claim["location_id"], claim["quantity"]) for claim in shop.view(order)["allocations"]]
    assert claims == [("LEICESTER", 2), ("LONDON", 1)]


def test_a_location_that_is_closed_is_neither_counted_nor_routed_to(shop):
    shop.receive("CUP", "LONDON", 5)
    shop.settings = without_place(shop.settings, "LONDON")
    with pytest.raises(OutOfStock):
        shop.place("1", ("CUP", 1))
    assert {row.ats.value for row in availability(shop.book, shop.settings)} == {0}


def test_goods_leave_the_location_they_were_allocated_at(shop):
    shop.receive("CUP", "LEICESTER", 1)
    shop.receive("CUP", "LONDON", 5)
    order = shop.place("1", ("CUP", 2))
    shop.receive("CUP", "LEICESTER", 9)
    shop.ship(order, "S1")
    assert shop.balance("CUP", "LONDON") == {"on_hand": 3, "available": 3}
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 10}


def test_a_drifted_counter_is_found_and_repaired_from_the_ledger(shop):
    shop.receive("CUP", "LEICESTER", 5)
    shop.place("1", ("CUP", 2))
    with shop.book.write() as con:
        con.exec_driver_sql("UPDATE stock_balance SET committed = 7")
    assert [str(violation) for violation in verify(shop.book)] == [
        "I1 CUP at LEICESTER: found 5, expected 10",
        "I2 committed of CUP at LEICESTER: found 7, expected 2",
        "I3 CUP at LEICESTER: found 7, expected 2",
    ]
    assert repair(shop.book) == 1
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 3, "committed": 2}


def test_units_that_vanish_from_a_line_or_wander_to_another_are_found(shop):
    shop.receive("CUP", "LEICESTER", 5)
    shop.place("1", ("CUP", 2), ("CUP", 2))
    for broken, repaired in (("canceled = 1", "canceled = 0"), ("line_no = 2", "line_no = 1")):
        table = "order_line" if "canceled" in broken else "allocation"
        key = "line_no = 1" if table == "order_line" else "allocation_no = 1"
        with shop.book.write() as con:
            con.exec_driver_sql(f"UPDATE {table} SET {broken} WHERE {key}")  # noqa: S608
        assert [(found.invariant, found.subject) for found in verify(shop.book)] == [
            ("I3", "units of order shopify:1")
        ]
        with shop.book.write() as con:
            con.exec_driver_sql(f"UPDATE {table} SET {repaired} WHERE {key}")  # noqa: S608


def test_a_cancel_a_return_and_a_partial_cancel_leave_the_stock_right(shop):
    shop.receive("CUP", "LEICESTER", 10)
    whole, part, back = (shop.place(name, ("CUP", 3)) for name in "123")
    shop.orders.cancel(whole, reason="customer", **shop.next())
    shop.orders.cancel(part, reason="customer", units={"a": 1}, **shop.next())
    shop.ship(back, "S1")
    shop.orders.return_(back, return_id="R1", units={"a": 2}, **shop.next())
    shop.orders.receive_return("R1", disposition="restocked", **shop.next())
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 9, "available": 7, "committed": 2}


def test_part_of_a_line_shipping_alone_and_twice_are_refunded_only_as_far_as_paid(shop):
    shop.receive("CUP", "LEICESTER", 2)
    order = shop.place("1", ("CUP", 2, "5.00"), ("POST", 1, "3.50", "shipping"))
    shop.pay(order, "13.50")
    shop.orders.refund(order, refund_id="F1", amounts={"b": "3.50"}, **shop.next())
    shop.orders.refund(order, refund_id="F2", amounts={"a": "0.01"}, **shop.next())
    with pytest.raises(RefundTooLarge, match="up to 9.99, found 10"):
        shop.orders.refund(order, refund_id="F3", amounts={"a": 10}, **shop.next())
    with pytest.raises(RefundTooLarge, match="line b .* up to 0"):
        shop.orders.refund(order, refund_id="F4", amounts={"b": "3.50"}, **shop.next())
    assert str(shop.view(order)["refunded"]) == "3.51"


@pytest.mark.parametrize("chunk", [None, 1])
def test_an_order_a_parcel_and_a_refund_told_twice_happen_once(shop, chunk):
    said = Stream()
    said.count("CUP", "LEICESTER", 5)
    said.order("1", ("CUP", 2))
    said.order("1", ("CUP", 2))
    said.shipment("S1", "1")
    said.shipment("S1", "1")
    said.shipment("S2", "1")
    said.delivery("S1", "1")
    said.delivery("S1", "1")
    said.refund("F1", "1", ("a", "CUP", 1, "return"))
    said.refund("F1", "1", ("a", "CUP", 1, "return"))
    report = bulk.apply(shop.book, said.chunks(chunk), settings=shop.settings)
    assert report.ignored == 4
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 4, "available": 4}
    assert [event["event_kind"] for event in shop.view("shopify:1")["events"]] == [
        "placed", "allocated", "paid", "shipped", "closed", "shipment_ignored", "delivered", "refunded",
        "returned",
    ]  # fmt: skip


def test_facts_about_an_order_that_never_came_are_counted_and_change_no_order(shop):
    said = Stream()
    said.shipment("S1", "404")
    said.delivery("S1", "404")
    said.cancellation("404")
    said.refund("F1", "404", ("a", "CUP", 2, "return"))
    report = bulk.apply(shop.book, said.chunks(), settings=shop.settings)
    assert (report.ignored, report.orders) == (4, 0)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 2, "available": 2}


def test_a_purchase_order_far_off_is_dated_supply_and_nothing_to_sell(shop):
    said = Stream()
    said.purchase("P1/1", "CUP", "LEICESTER", 90)
    said.receipt("CUP", "LEICESTER", 20, purchase="P1/1")
    bulk.apply(shop.book, said.chunks(), settings=shop.settings)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 20, "available": 20, "incoming": 70}
    with writer(shop.settings) as con:
        pull(con, shop.book, shop.settings, as_of=datetime(2011, 3, 2, tzinfo=UTC))
        supply = con.execute("SELECT open_quantity, expected_at FROM core.incoming_supply").fetchall()
        sold = con.execute("SELECT max(ats) FROM core.ats").fetchone()[0]
    assert [(float(units), due.isoformat()) for units, due in supply] == [(70, "2011-03-01T13:00:00+00:00")]
    assert sold == 20


def test_a_purchase_order_that_comes_after_its_goods_owes_only_the_rest(shop):
    said = Stream()
    said.receipt("CUP", "LEICESTER", 20, purchase="P1/1")
    said.purchase("P1/1", "CUP", "LEICESTER", 50)
    said.receipt("CUP", "LONDON", 10, purchase="P1/1")
    said.receipt("CUP", "LEICESTER", 25, purchase="P1/1")
    bulk.apply(shop.book, said.chunks(), settings=shop.settings)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 45, "available": 45}
    assert shop.balance("CUP", "LONDON") == {"on_hand": 10, "available": 10}


def test_writing_off_more_than_is_free_is_an_oversell_that_the_next_goods_cover(shop):
    shop.receive("CUP", "LEICESTER", 5)
    shop.place("1", ("CUP", 4))
    shop.stock.adjust("CUP", "LEICESTER", quantity=-3, reason="flood", **shop.next())
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 2, "available": -2, "committed": 4}
    assert verify(shop.book) == []
    waiting = shop.place("2", ("CUP", 1), may_wait=True)
    shop.receive("CUP", "LEICESTER", 2)
    assert shop.view(waiting)["lines"][0]["backordered"] == 1
    shop.receive("CUP", "LEICESTER", 1)
    assert shop.view(waiting)["lines"][0]["allocated"] == 1
    with shop.book.read() as con:
        query = text(
            "SELECT k.kind, m.quantity, p.reason FROM inventory_movement m "
            "JOIN movement_kind k ON k.kind_no = m.kind_no JOIN posting p ON p.posting_seq = m.posting_seq "
            "WHERE k.kind LIKE 'oversell%' ORDER BY m.movement_seq"
        )
        marks = con.execute(query).all()
    assert [tuple(mark) for mark in marks] == [("oversell", 2, "flood"), ("oversell_covered", 2, None)]


def test_a_used_key_with_other_terms_is_refused_not_answered(shop):
    call = shop.next()
    shop.stock.receive("CUP", "LEICESTER", quantity=5, **call)
    with pytest.raises(InvalidCommand, match="needs a key of its own"):
        shop.stock.receive("CUP", "LEICESTER", quantity=6, **call)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 5}
