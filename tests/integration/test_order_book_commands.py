"""Commands for one order on a real book: what each does, and what it refuses."""

import pytest

from oms_ops.errors import (
    IllegalMove,
    InvalidCommand,
    OutOfStock,
    RefundTooLarge,
    UnknownLocation,
    UnknownOrder,
    UnknownReturn,
)
from tests.support.order_book import new_order


def statuses(view):
    return view["order_status"], view["payment_status"], view["fulfillment_status"]


def test_an_order_is_placed_paid_picked_packed_shipped_and_delivered(shop):
    shop.receive("CUP", "LEICESTER", 5)
    order = shop.place("1", ("CUP", 2, "3.50"))
    assert statuses(shop.view(order)) == ("open", "pending", "unfulfilled")
    shop.pay(order, "7.00", kind="authorization")
    assert shop.view(order)["payment_status"] == "authorized"
    shop.pay(order, "7.00", kind="capture")
    shop.orders.pick(order, 1, **shop.next())
    assert shop.view(order)["fulfillment_status"] == "in_progress"
    shop.orders.pack(order, 1, **shop.next())
    shop.ship(order, "S1", carrier="DPD", tracking_number="T1")
    shop.orders.deliver("S1", **shop.next())
    view = shop.view(order)
    assert statuses(view) == ("closed", "paid", "fulfilled")
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 3, "available": 3}
    assert [event["event_kind"] for event in view["events"]] == [
        "placed", "allocated", "authorized", "paid", "picked", "packed", "shipped", "closed", "delivered",
    ]  # fmt: skip
    assert view["shipments"][0]["units_by_allocation"] == {1: 2}
    assert view["shipments"][0]["delivered_at"] is not None
    assert str(view["total"]) == "7"


def test_out_of_stock_lists_every_shortage_at_once_and_changes_nothing(shop):
    shop.receive("CUP", "LEICESTER", 5)
    shop.receive("POT", "LONDON", 1)
    with pytest.raises(OutOfStock) as refused:
        shop.place("1", ("CUP", 2), ("POT", 3), ("LID", 4))
    assert refused.value.shortages == {"LID": (4, 0), "POT": (3, 1)}
    assert "POT: 3 wanted, 1 available" in str(refused.value)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 5}
    with pytest.raises(UnknownOrder, match="no order 'shopify:1'"):
        shop.view("shopify:1")


def test_an_order_that_may_wait_gets_stock_when_it_comes_the_oldest_first(shop):
    first = shop.place("1", ("CUP", 3), may_wait=True)
    second = shop.place("2", ("CUP", 3), may_wait=True)
    shop.receive("CUP", "LONDON", 4)
    assert [shop.view(order)["lines"][0]["backordered"] for order in (first, second)] == [0, 2]
    assert shop.balance("CUP", "LONDON") == {"on_hand": 4, "committed": 4}
    assert shop.view(first)["events"][-1]["detail"] == {
        "units": 3, "locations": {"LONDON": 3}, "waited": True,
    }  # fmt: skip


def test_stock_outside_a_channels_network_is_not_sold_there(shop):
    shop.receive("CUP", "GLASGOW", 9)
    with pytest.raises(OutOfStock):
        shop.place("1", ("CUP", 1), channel="woocommerce")
    waiting = shop.place("2", ("CUP", 1), channel="woocommerce", may_wait=True)
    shop.place("3", ("CUP", 9))
    shop.receive("CUP", "GLASGOW", 1)
    assert shop.view(waiting)["lines"][0]["backordered"] == 1


def test_part_of_an_allocation_ships_and_the_rest_follows(shop):
    shop.receive("CUP", "LEICESTER", 5)
    order = shop.place("1", ("CUP", 5))
    shop.pay(order, 5)
    shop.ship(order, "S1", units={1: 2})
    assert statuses(shop.view(order)) == ("open", "paid", "partially_fulfilled")
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 3, "committed": 3}
    shop.ship(order, "S2")
    assert statuses(shop.view(order)) == ("closed", "paid", "fulfilled")
    with pytest.raises(InvalidCommand, match="nothing to ship"):
        shop.ship(order, "S3")


def test_a_shipment_names_open_allocations_and_units_they_have(shop):
    shop.receive("CUP", "LEICESTER", 5)
    order = shop.place("1", ("CUP", 2))
    with pytest.raises(InvalidCommand, match="no open allocation 7; open are 1"):
        shop.ship(order, "S1", units={7: 1})
    with pytest.raises(InvalidCommand, match="is allocated with 2 units to ship, found 3"):
        shop.ship(order, "S1", units={1: 3})
    shop.ship(order, "S1", units={1: 1})
    with pytest.raises(InvalidCommand, match="shipment S1 already stands"):
        shop.ship(order, "S1")


def test_work_on_hold_is_neither_picked_nor_shipped_until_every_reason_is_gone(shop):
    shop.receive("CUP", "LEICESTER", 2)
    order = shop.place("1", ("CUP", 2))
    for reason in ("high_risk_of_fraud", "incorrect_address"):
        shop.orders.hold(order, reason=reason, **shop.next())
    with pytest.raises(InvalidCommand, match="already held for incorrect_address"):
        shop.orders.hold(order, reason="incorrect_address", **shop.next())
    shop.orders.release(order, reason="incorrect_address", **shop.next())
    with pytest.raises(IllegalMove, match="1 of shopify:1 is on_hold and cannot become closed"):
        shop.ship(order, "S1")
    with pytest.raises(IllegalMove, match="is on_hold and cannot become in_progress"):
        shop.orders.pick(order, 1, **shop.next())
    assert shop.view(order)["fulfillment_status"] == "on_hold"
    shop.orders.release(order, reason="high_risk_of_fraud", **shop.next())
    shop.ship(order, "S1")
    assert shop.view(order)["fulfillment_status"] == "fulfilled"


def test_work_for_a_held_order_starts_on_hold(shop):
    order = shop.place("1", ("CUP", 2), may_wait=True)
    shop.orders.hold(order, reason="awaiting_payment", **shop.next())
    shop.receive("CUP", "LEICESTER", 2)
    assert shop.view(order)["fulfillment_orders"][0]["state"] == "on_hold"


def test_packing_needs_picking_first(shop):
    shop.receive("CUP", "LEICESTER", 2)
    order = shop.place("1", ("CUP", 2))
    with pytest.raises(IllegalMove, match="is open and cannot be packed: pick it first"):
        shop.orders.pack(order, 1, **shop.next())


def test_a_whole_cancel_frees_the_stock_for_whoever_waits(shop):
    shop.receive("CUP", "LEICESTER", 2)
    first = shop.place("1", ("CUP", 2))
    second = shop.place("2", ("CUP", 1), may_wait=True)
    shop.orders.cancel(first, reason="customer", **shop.next())
    assert statuses(shop.view(first)) == ("canceled", "voided", "unfulfilled")
    assert shop.view(first)["cancel_reason"] == "customer"
    assert shop.view(second)["lines"][0]["allocated"] == 1
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 2, "available": 1, "committed": 1}
    with pytest.raises(IllegalMove, match="is canceled and cannot become canceled: that is final"):
        shop.orders.cancel(first, reason="customer", **shop.next())


def test_once_something_shipped_only_the_rest_is_canceled(shop):
    shop.receive("CUP", "LEICESTER", 5)
    order = shop.place("1", ("CUP", 5))
    shop.pay(order, 5)
    shop.ship(order, "S1", units={1: 2})
    with pytest.raises(IllegalMove, match="has shipped 2 units and cannot be canceled whole"):
        shop.orders.cancel(order, reason="customer", **shop.next())
    with pytest.raises(InvalidCommand, match="has 3 units left to cancel .2 shipped, 0 canceled., found 4"):
        shop.orders.cancel(order, reason="customer", units={"a": 4}, **shop.next())
    shop.orders.cancel(order, reason="customer", units={"a": 3}, **shop.next())
    assert statuses(shop.view(order)) == ("closed", "paid", "fulfilled")
    assert shop.view(order)["fulfillment_orders"][0]["state"] == "closed"


def test_canceling_takes_waiting_units_first_then_the_newest_claim(shop):
    shop.receive("CUP", "LEICESTER", 2)
    shop.receive("CUP", "LONDON", 1)
    order = shop.place("1", ("CUP", 5), may_wait=True)
    shop.orders.cancel(order, reason="customer", units={"a": 3}, **shop.next())
    line = shop.view(order)["lines"][0]
    assert (line["canceled"], line["backordered"], line["allocated"]) == (3, 0, 2)
    assert [claim["state"] for claim in shop.view(order)["allocations"]] == ["allocated", "released"]
    assert shop.balance("CUP", "LONDON") == {"on_hand": 1, "available": 1}


@pytest.mark.parametrize(
    ("disposition", "stock"),
    [
        ("restocked", {"on_hand": 2, "available": 2}),
        ("damaged", {"on_hand": 2, "damaged": 2}),
        ("quality_control", {"on_hand": 2, "quality_control": 2}),
        ("disposed", {}),
        ("kept_by_customer", {}),
    ],
)
def test_returned_units_go_where_their_disposition_says(shop, disposition, stock):
    shop.receive("CUP", "LONDON", 3)
    order = shop.place("1", ("CUP", 3))
    shop.pay(order, 3)
    shop.ship(order, "S1")
    shop.orders.return_(order, return_id="R1", units={"a": 2}, **shop.next())
    assert shop.balance("CUP", "LEICESTER") == {}
    done = shop.orders.receive_return("R1", disposition=disposition, **shop.next())
    assert done["return_status"] == "closed"
    assert shop.balance("CUP", "LEICESTER") == stock
    assert shop.view(order)["lines"][0]["returned"] == 2


def test_no_more_comes_back_than_shipped_and_nothing_twice(shop):
    shop.receive("CUP", "LEICESTER", 3)
    order = shop.place("1", ("CUP", 3))
    shop.ship(order, "S1", units={1: 2})
    with pytest.raises(InvalidCommand, match="has 2 units that can come back"):
        shop.orders.return_(order, return_id="R1", units={"a": 3}, **shop.next())
    shop.orders.return_(order, return_id="R1", units={"a": 1}, **shop.next())
    with pytest.raises(InvalidCommand, match="has 1 units that can come back"):
        shop.orders.return_(order, return_id="R2", units={"a": 2}, **shop.next())
    shop.orders.receive_return("R1", disposition="damaged", **shop.next())
    with pytest.raises(InvalidCommand, match="R1 expects nothing more; it is closed"):
        shop.orders.receive_return("R1", disposition="damaged", **shop.next())
    with pytest.raises(UnknownReturn, match="no return 'R9'"):
        shop.orders.receive_return("R9", disposition="damaged", **shop.next())


def test_a_return_of_several_lines_is_open_until_all_of_them_came(shop):
    shop.receive("CUP", "LEICESTER", 1)
    shop.receive("POT", "LEICESTER", 1)
    order = shop.place("1", ("CUP", 1), ("POT", 1))
    shop.ship(order, "S1")
    shop.orders.return_(order, return_id="R1", units={"a": 1, "b": 1}, **shop.next())
    part = shop.orders.receive_return("R1", disposition="restocked", line_ids=["b"], **shop.next())
    assert part["return_status"] == "open"
    with pytest.raises(IllegalMove, match="return line 2 of R1 is dispositioned"):
        shop.orders.receive_return("R1", disposition="damaged", line_ids=["b"], **shop.next())
    rest = shop.orders.receive_return("R1", disposition="damaged", **shop.next())
    assert rest["return_status"] == "closed"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 1, "damaged": 1}


def test_payments_stay_within_what_is_owed_and_authorized(shop):
    shop.receive("CUP", "LEICESTER", 2)
    order = shop.place("1", ("CUP", 2, "5"))
    with pytest.raises(
        InvalidCommand, match="capture on order shopify:1 may be above 0 and up to 0, found 1"
    ):
        shop.pay(order, 1, kind="capture")
    shop.pay(order, 6, kind="authorization")
    with pytest.raises(InvalidCommand, match="up to 6, found 7"):
        shop.pay(order, 7, kind="capture")
    shop.pay(order, 6, kind="capture")
    assert shop.view(order)["payment_status"] == "partially_paid"
    with pytest.raises(InvalidCommand, match="up to 4, found 5"):
        shop.pay(order, 5)
    shop.pay(order, 4)
    assert shop.view(order)["payment_status"] == "paid"
    with pytest.raises(InvalidCommand, match="no payment kind 'barter'"):
        shop.pay(order, 1, kind="barter")


def test_an_unpaid_order_that_has_shipped_closes_when_it_is_paid(shop):
    shop.receive("CUP", "LEICESTER", 1)
    order = shop.place("1", ("CUP", 1, "5"))
    shop.ship(order, "S1")
    assert shop.view(order)["order_status"] == "open"
    assert shop.pay(order, 5)["order_status"] == "closed"


def test_refunds_stay_within_the_line_and_within_captured_less_refunded(shop):
    shop.receive("CUP", "LEICESTER", 2)
    order = shop.place("1", ("CUP", 2, "5"), ("POST", 1, "3", "shipping"))
    shop.pay(order, 12)

    def refund(refund_id, **amounts):
        shop.orders.refund(order, refund_id=refund_id, amounts=amounts, **shop.next())

    with pytest.raises(RefundTooLarge, match="line b of order shopify:1 .* up to 3, found 4"):
        refund("F1", b=4)
    refund("F1", b=3)
    with pytest.raises(RefundTooLarge, match="line b .* up to 0, found 1"):
        refund("F2", b=1)
    with pytest.raises(RefundTooLarge, match="up to 9 .captured 12 - refunded 3., found 10"):
        refund("F2", a=10)
    refund("F2", a=9)
    assert shop.view(order)["payment_status"] == "refunded"


def test_the_same_key_changes_nothing_and_answers_the_same(shop):
    first = shop.stock.receive("CUP", "LEICESTER", quantity=5, **(call := shop.next()))
    assert shop.stock.receive("CUP", "LEICESTER", quantity=5, **call) == first
    order = new_order("1", ("CUP", 2))
    placed = shop.orders.place(order, **(call := shop.next()))
    shop.orders.cancel("shopify:1", reason="staff", **shop.next())
    again = shop.orders.place(order, at=shop.next()["at"], key=call["key"])
    assert again == placed
    assert shop.view("shopify:1")["order_status"] == "canceled"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 5}
    with pytest.raises(InvalidCommand, match="was used for place"):
        shop.orders.cancel("shopify:1", reason="staff", **call)
    with pytest.raises(InvalidCommand, match="needs an idempotency key"):
        shop.orders.place(order, at=call["at"], key="")


def test_commands_that_name_what_is_not_there_say_what_there_is(shop):
    shop.receive("CUP", "LEICESTER", 2)
    order = shop.place("1", ("CUP", 2))
    with pytest.raises(UnknownOrder, match="no order 'shopify:404'"):
        shop.pay("shopify:404", 1)
    with pytest.raises(InvalidCommand, match="has no line 'z'; it has a"):
        shop.orders.cancel(order, reason="staff", units={"z": 1}, **shop.next())
    with pytest.raises(InvalidCommand, match="has no fulfillment order 3; it has 1"):
        shop.orders.pick(order, 3, **shop.next())
    with pytest.raises(UnknownLocation, match="no location 'MARS'; known: LEICESTER, LONDON, GLASGOW"):
        shop.receive("CUP", "MARS", 2)
    with pytest.raises(InvalidCommand, match="no cancel reason 'boredom'"):
        shop.orders.cancel(order, reason="boredom", **shop.next())
    with pytest.raises(InvalidCommand, match="already stands"):
        shop.place("1", ("CUP", 2))
    with pytest.raises(InvalidCommand, match="no shipment 'S9'"):
        shop.orders.deliver("S9", **shop.next())


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [([], "has no lines"), ([("CUP", 0)], "quantity above 0"), ([("CUP", 1, "-2")], "price of 0 or more")],
)
def test_an_order_that_makes_no_sense_is_refused(shop, lines, complaint):
    with pytest.raises(InvalidCommand, match=complaint):
        shop.place("1", *lines)


def test_an_order_of_gift_cards_needs_no_stock_and_closes_when_paid(shop):
    order = shop.place("1", ("GIFT10", 1, "10", "gift_card"))
    assert statuses(shop.view(order)) == ("open", "pending", "fulfilled")
    assert shop.pay(order, 10)["order_status"] == "closed"


def test_stock_is_set_aside_put_back_counted_and_written_off(shop):
    shop.receive("CUP", "LEICESTER", 10)
    move = dict(sku="CUP", location_id="LEICESTER", reason="spring check")
    shop.stock.move_state(**move, source="available", target="safety_stock", quantity=4, **shop.next())
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 6, "safety_stock": 4}
    with pytest.raises(OutOfStock, match=r"CUP .available at LEICESTER.: 7 wanted, 6 available"):
        shop.stock.move_state(**move, source="available", target="damaged", quantity=7, **shop.next())
    with pytest.raises(InvalidCommand, match="found damaged to safety_stock"):
        shop.stock.move_state(**move, source="damaged", target="safety_stock", quantity=1, **shop.next())
    shop.stock.move_state(**move, source="safety_stock", target="available", quantity=1, **shop.next())
    shop.stock.adjust("CUP", "LEICESTER", quantity=-2, reason="broken", **shop.next())
    shop.stock.count("CUP", "LEICESTER", quantity=9, reason="cycle count", **shop.next())
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 9, "available": 6, "safety_stock": 3}
    with pytest.raises(InvalidCommand, match="needs a reason"):
        shop.stock.adjust("CUP", "LEICESTER", quantity=1, reason="", **shop.next())


def test_stock_put_back_serves_who_waits(shop):
    shop.receive("CUP", "LEICESTER", 2)
    move = dict(sku="CUP", location_id="LEICESTER", reason="look", quantity=2)
    shop.stock.move_state(**move, source="available", target="quality_control", **shop.next())
    order = shop.place("1", ("CUP", 1), may_wait=True)
    shop.stock.move_state(**move, source="quality_control", target="available", **shop.next())
    assert shop.view(order)["lines"][0]["allocated"] == 1
