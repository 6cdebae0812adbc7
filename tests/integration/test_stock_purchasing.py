"""Purchase orders and transfers on a real book: what comes, what is on its way, what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms_ops.errors import IllegalMove, InvalidCommand, OutOfStock, UnknownDocument
from oms_ops.store import export, snapshot
from tests.support.order_book import NOON


def ordered(shop, units=None, **more):
    shop.stock.draft_purchase(
        "PO1",
        supplier_id="SUP",
        location_id="LEICESTER",
        units=units or {"CUP": 100},
        **more,
        **shop.next(),
    )
    return shop.stock.order_purchase("PO1", expected_at=NOON + timedelta(days=9), **shop.next())


def units_of(answer):
    return [(line["received"], line["canceled"], line["open_units"]) for line in answer["lines"]]


def owed(shop):
    """As whoever checks the book from outside is told."""
    with shop.book.read() as con:
        return sorted(snapshot.rows(con)["owed"])


def test_a_draft_owes_nothing_and_an_ordered_one_is_incoming(shop):
    drafted = shop.stock.draft_purchase(
        "PO1", supplier_id="SUP", location_id="LEICESTER", units={"CUP": 100, "POT": 7}, **shop.next()
    )
    assert drafted["state"] == "draft"
    assert [line["quantity"] for line in drafted["lines"]] == [100, 7]
    assert shop.balance("CUP", "LEICESTER") == {}
    assert shop.stock.order_purchase("PO1", **shop.next())["state"] == "ordered"
    assert shop.balance("CUP", "LEICESTER") == {"incoming": 100}
    with shop.book.read() as con:
        assert [row[2:5] for row in export.incoming_supply(con)] == [
            ("CUP", "LEICESTER", 100),
            ("POT", "LEICESTER", 7),
        ]


def test_it_comes_in_parts_and_is_received_when_the_last_unit_is_in(shop):
    ordered(shop)
    first = shop.stock.receive_purchase("PO1", units={"CUP": 60}, **shop.next())
    assert (first["state"], units_of(first)) == ("partially_received", [(60, 0, 40)])
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 60, "available": 60, "incoming": 40}
    last = shop.stock.receive_purchase("PO1", units={"CUP": 40}, **shop.next())
    assert (last["state"], units_of(last)) == ("received", [(100, 0, 0)])
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 100, "available": 100}


def test_more_than_the_tolerance_is_refused_with_what_may_still_come(shop):
    ordered(shop, tolerance_percent=5)
    shop.stock.receive_purchase("PO1", units={"CUP": 60}, **shop.next())
    with pytest.raises(
        InvalidCommand, match=r"100 ordered, 0 canceled, 60 received, 5 % .*up to 45 .*found 46"
    ):
        shop.stock.receive_purchase("PO1", units={"CUP": 46}, **shop.next())
    with pytest.raises(InvalidCommand, match="up to 45"):
        shop.stock.receive("CUP", "LEICESTER", quantity=46, purchase_order_line_id="PO1/001", **shop.next())
    over = shop.stock.receive_purchase("PO1", units={"CUP": 45}, **shop.next())
    assert (over["state"], units_of(over)) == ("received", [(105, 0, 0)])
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 105, "available": 105}


def test_a_receipt_by_line_moves_the_purchase_order_on(shop):
    ordered(shop)
    shop.stock.receive("CUP", "LEICESTER", quantity=30, purchase_order_line_id="PO1/001", **shop.next())
    later = shop.stock.expect_purchase("PO1", expected_at=NOON + timedelta(days=20), **shop.next())
    assert (later["state"], units_of(later)) == ("partially_received", [(30, 0, 70)])
    assert later["expected_at"].startswith("2011-03-21")
    with shop.book.read() as con:
        assert export.incoming_supply(con)[0][6] // 1_000_000 == (NOON + timedelta(days=20)).timestamp()


def test_the_rest_is_canceled_by_line_or_closed_and_leaves_incoming(shop):
    ordered(shop, {"CUP": 100, "POT": 10})
    shop.stock.receive_purchase("PO1", units={"CUP": 60}, **shop.next())
    with pytest.raises(InvalidCommand, match=r"has 40 units to come \(60 of 100 received\), found 41"):
        shop.stock.cancel_purchase("PO1", units={"CUP": 41}, reason="sold out", **shop.next())
    fewer = shop.stock.cancel_purchase("PO1", units={"CUP": 15}, reason="sold out", **shop.next())
    assert (fewer["state"], units_of(fewer)) == ("partially_received", [(60, 15, 25), (0, 0, 10)])
    assert owed(shop) == [("PO1/001", "CUP", "LEICESTER", 25), ("PO1/002", "POT", "LEICESTER", 10)]
    with pytest.raises(
        IllegalMove,
        match="purchase order PO1 is partially_received and cannot become canceled: .*received, closed",
    ):
        shop.stock.cancel_purchase("PO1", reason="sold out", **shop.next())
    closed = shop.stock.close_purchase("PO1", reason="supplier gave up", **shop.next())
    assert (closed["state"], units_of(closed)) == ("closed", [(60, 40, 0), (0, 10, 0)])
    assert owed(shop) == []
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 60, "available": 60}
    assert shop.balance("POT", "LEICESTER") == {}
    with pytest.raises(IllegalMove, match="purchase order PO1 is closed .*that is final"):
        shop.stock.receive_purchase("PO1", units={"CUP": 1}, **shop.next())


def test_canceling_every_open_unit_by_line_cancels_an_untouched_purchase_order(shop):
    ordered(shop)
    assert (
        shop.stock.cancel_purchase("PO1", units={"CUP": 100}, reason="x", **shop.next())["state"]
        == "canceled"
    )
    assert shop.balance("CUP", "LEICESTER") == {}


def test_refusals_name_the_purchase_order_and_what_there_is(shop):
    with pytest.raises(UnknownDocument, match="no purchase order 'PO9' in the order book"):
        shop.stock.order_purchase("PO9", **shop.next())
    ordered(shop)
    with pytest.raises(InvalidCommand, match="PO1 is about CUP, found LID"):
        shop.stock.receive_purchase("PO1", units={"LID": 1}, **shop.next())
    with pytest.raises(IllegalMove, match="PO1 is ordered and cannot become ordered"):
        shop.stock.order_purchase("PO1", **shop.next())
    with pytest.raises(IllegalMove, match="PO1 is ordered and cannot become closed"):
        shop.stock.close_purchase("PO1", reason="x", **shop.next())
    with pytest.raises(InvalidCommand, match="already stands"):
        ordered(shop)
    with pytest.raises(InvalidCommand, match="needs a positive quantity per sku"):
        shop.stock.draft_purchase(
            "PO2", supplier_id="S", location_id="LONDON", units={"CUP": 0}, **shop.next()
        )


def test_what_comes_in_serves_the_order_that_waits(shop):
    ordered(shop)
    order = shop.place("1", ("CUP", 8), may_wait=True)
    shop.stock.receive_purchase("PO1", units={"CUP": 5}, **shop.next())
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "committed": 5, "incoming": 95}
    assert shop.view(order)["lines"][0]["backordered"] == 3


def shipped(shop, units=None):
    shop.receive("CUP", "LEICESTER", 10)
    shop.stock.draft_transfer(
        "T1", origin_id="LEICESTER", destination_id="LONDON", units=units or {"CUP": 6}, **shop.next()
    )
    shop.stock.ready_transfer("T1", **shop.next())
    return shop.stock.ship_transfer("T1", **shop.next())


def test_a_transfer_is_incoming_at_its_destination_until_it_has_arrived_or_is_lost(shop):
    assert shipped(shop)["state"] == "in_transit"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 4, "available": 4}
    assert shop.balance("CUP", "LONDON") == {"incoming": 6}
    part = shop.stock.receive_transfer("T1", units={"CUP": 4}, **shop.next())
    assert part["state"] == "partially_received"
    assert shop.balance("CUP", "LONDON") == {"on_hand": 4, "available": 4, "incoming": 2}
    with pytest.raises(InvalidCommand, match=r"CUP of transfer T1 has 2 units in transit \(6 shipped, 4 rec"):
        shop.stock.receive_transfer("T1", units={"CUP": 3}, **shop.next())
    with pytest.raises(InvalidCommand, match="no loss reason 'fell off'; known: damaged_in_transit"):
        shop.stock.lose_transfer("T1", units={"CUP": 2}, reason="fell off", **shop.next())
    lost = shop.stock.lose_transfer("T1", units={"CUP": 2}, reason="lost_in_transit", **shop.next())
    assert lost["state"] == "received"
    assert shop.balance("CUP", "LONDON") == {"on_hand": 4, "available": 4}


def test_a_transfer_takes_only_what_is_available_never_what_orders_hold(shop):
    shop.receive("CUP", "LEICESTER", 10)
    shop.place("1", ("CUP", 7))
    shop.stock.draft_transfer(
        "T1", origin_id="LEICESTER", destination_id="LONDON", units={"CUP": 6, "POT": 1}, **shop.next()
    )
    with pytest.raises(
        IllegalMove, match="transfer T1 is draft and cannot become in_transit: .*ready_to_ship"
    ):
        shop.stock.ship_transfer("T1", **shop.next())
    shop.stock.ready_transfer("T1", **shop.next())
    with pytest.raises(OutOfStock) as refused:
        shop.stock.ship_transfer("T1", **shop.next())
    assert refused.value.shortages == {"CUP (at LEICESTER)": (6, 3), "POT (at LEICESTER)": (1, 0)}
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 3, "committed": 7}
    fewer = shop.stock.ship_transfer("T1", units={"CUP": 3}, **shop.next())
    assert [line["shipped"] for line in fewer["lines"]] == [3, 0]
    assert shop.stock.receive_transfer("T1", **shop.next())["state"] == "received"


def test_a_transfer_that_left_cannot_be_canceled_one_that_has_not_can(shop):
    shipped(shop)
    with pytest.raises(
        IllegalMove, match="transfer T1 is in_transit and cannot become canceled: it may become"
    ):
        shop.stock.cancel_transfer("T1", **shop.next())
    shop.stock.draft_transfer(
        "T2", origin_id="LEICESTER", destination_id="LONDON", units={"CUP": 1}, **shop.next()
    )
    assert shop.stock.cancel_transfer("T2", **shop.next())["state"] == "canceled"
    with pytest.raises(UnknownDocument, match="no transfer 'T9'"):
        shop.stock.ready_transfer("T9", **shop.next())
    with pytest.raises(InvalidCommand, match="T3 leads from LONDON to itself"):
        shop.stock.draft_transfer(
            "T3", origin_id="LONDON", destination_id="LONDON", units={"CUP": 1}, **shop.next()
        )


def test_the_same_key_ships_once(shop):
    shipped(shop)
    again = {"at": NOON + timedelta(minutes=shop.calls), "key": f"call {shop.calls}"}
    assert shop.stock.ship_transfer("T1", **again)["state"] == "in_transit"
    assert shop.balance("CUP", "LONDON") == {"incoming": 6}
