"""Goods that come back: returns received in parts, what is refunded for them, exchanges and claims."""

from datetime import timedelta

import pytest

from oms_ops.errors import IllegalMove, InvalidCommand, OutOfStock, RefundTooLarge, UnknownClaim
from oms_ops.service import NewLine
from tests.support.order_book import NOON


@pytest.fixture
def order(shop):
    """Three cups at 5.00, two pots at 8.00, a discount of 3.10: 27.90 paid and shipped, the order closed."""
    shop.receive("CUP", "LEICESTER", 3)
    shop.receive("POT", "LEICESTER", 2)
    order = shop.place("1", ("CUP", 3, "5"), ("POT", 2, "8"), ("SALE", 1, "-3.10", "adjustment"))
    shop.orders.sale(order, amount="27.90", reference="S", **shop.next())
    shop.ship(order, "P1")
    assert shop.view(order)["order_status"] == "closed"
    return order


def ask(shop, order, return_id="R1", **units):
    return shop.orders.return_(order, return_id=return_id, units=units, **shop.next())


def receive(shop, return_id="R1", **counts):
    return shop.orders.receive_return(return_id, counts=counts, **shop.next())


def refund(shop, refund_id, return_id="R1", **fees):
    return shop.orders.refund_return(return_id, refund_id=refund_id, **fees, **shop.next())


def swap(shop, order, *lines, units, **more):
    new = [NewLine(f"x{number}", *line) for number, line in enumerate(lines, start=1)]
    return shop.orders.exchange(order, return_id="R1", units=units, lines=new, **more, **shop.next())


def kinds(shop, order):
    return [event["event_kind"] for event in shop.view(order)["events"]]


def test_a_return_is_requested_with_reasons_then_opened_or_declined(shop, order):
    asked = shop.orders.request_return(
        order, return_id="R1", units={"a": 2}, reasons={"a": "too_small"}, **shop.next()
    )
    assert asked["return_status"] == "requested"
    with pytest.raises(
        IllegalMove, match="R1 is requested and cannot become received: it may become open, dec"
    ):
        receive(shop, a={"restocked": 1})
    with pytest.raises(InvalidCommand, match="line a .* has 1 units that can come back"):
        ask(shop, order, "R2", a=2)
    assert shop.orders.approve_return("R1", **shop.next())["return_status"] == "open"
    with pytest.raises(
        IllegalMove, match="R1 is open and cannot become declined: it may become closed, canceled"
    ):
        shop.orders.decline_return("R1", reason="worn", **shop.next())
    shop.orders.request_return(order, return_id="R2", units={"a": 1}, **shop.next())
    shop.orders.decline_return("R2", reason="worn", **shop.next())
    assert ask(shop, order, "R3", a=1)["return_status"] == "open"
    view = shop.view(order)["returns"]
    assert view[0]["lines"][0]["reason"] == "too_small"
    assert (view[1]["return_status"], view[1]["reason"]) == ("declined", "worn")
    with pytest.raises(InvalidCommand, match="no return reason 'boredom'; known: unwanted, too_small"):
        shop.orders.request_return(
            order, return_id="R4", units={"b": 1}, reasons={"b": "boredom"}, **shop.next()
        )


def test_the_return_window_closes_for_the_buyer_not_for_us(shop, order):
    late = NOON + timedelta(days=31)
    with pytest.raises(
        InvalidCommand, match=r"its goods could come back until 2011-03-31 .30 days after 2011-03"
    ):
        shop.orders.request_return(order, return_id="R1", units={"a": 1}, at=late, key="late")
    assert shop.orders.return_(order, return_id="R1", units={"a": 1}, at=late, key="late")


def test_one_receipt_puts_each_unit_where_it_belongs_and_the_rest_may_follow(shop, order):
    ask(shop, order, a=3, b=2)
    part = receive(shop, a={"restocked": 1, "damaged": 1}, b={"quality_control": 1})
    assert part["return_status"] == "open"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 2, "available": 1, "damaged": 1}
    assert shop.balance("POT", "LEICESTER") == {"on_hand": 1, "quality_control": 1}
    with pytest.raises(InvalidCommand, match=r"expects 1 units of line a .in all a: 1, b: 1., found 2"):
        receive(shop, a={"restocked": 2})
    with pytest.raises(InvalidCommand, match=r"expects 0 units of line c .in all a: 1, b: 1., found 1"):
        receive(shop, c={"restocked": 1})
    with pytest.raises(InvalidCommand, match="no disposition 'eaten'"):
        receive(shop, a={"eaten": 1})
    shop.orders.mark_missing("R1", line_ids=["a"], **shop.next())
    rest = receive(shop, a={"disposed": 1}, b={"kept_by_customer": 1})
    assert rest["return_status"] == "closed"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 2, "available": 1, "damaged": 1}
    lines = shop.view(order)["returns"][0]["lines"]
    assert [(line["line_id"], line["quantity"], line["disposition"]) for line in lines] == [
        ("a", 1, "disposed"),
        ("b", 1, "kept_by_customer"),
        ("a", 1, "restocked"),
        ("a", 1, "damaged"),
        ("b", 1, "quality_control"),
    ]
    assert [line["returned"] for line in shop.view(order)["lines"]] == [3, 2, 0]


def test_a_return_that_is_closed_short_has_missing_units_that_can_be_asked_for_again(shop, order):
    ask(shop, order, a=3)
    receive(shop, a={"restocked": 1})
    with pytest.raises(
        InvalidCommand, match="R1 is open with 1 units received and cannot be canceled: close it"
    ):
        shop.orders.cancel_return("R1", reason="changed mind", **shop.next())
    assert shop.orders.close_return("R1", **shop.next())["return_status"] == "closed"
    assert [line["state"] for line in shop.view(order)["returns"][0]["lines"]] == ["missing", "dispositioned"]
    with pytest.raises(InvalidCommand, match="R1 expects nothing more; it is closed"):
        receive(shop, a={"restocked": 1})
    with pytest.raises(IllegalMove, match="return R1 is closed and cannot become closed: that is final"):
        shop.orders.close_return("R1", **shop.next())
    assert ask(shop, order, "R2", a=2)["return_status"] == "open"


def test_returned_units_go_to_whoever_waits(shop, order):
    waiting = shop.place("2", ("CUP", 1, "5"), may_wait=True)
    ask(shop, order, a=2)
    receive(shop, a={"damaged": 1, "restocked": 1})
    assert shop.view(waiting)["lines"][0]["allocated"] == 1


def test_a_return_is_refunded_once_less_its_fees(shop, order):
    """3.10 over 15.00 and 16.00 is 1.50 and 1.60: a cup is worth 4.50, a pot 7.20."""
    ask(shop, order, a=2, b=1)
    part = receive(shop, a={"restocked": 2})
    assert part["suggested_refund"] == "9"
    given = refund(shop, "F1", restocking_fee="1", return_shipping="0.50")
    assert (given["refunded"], given["deducted"], given["suggested_refund"]) == ("7.5", "1.5", "0")
    with pytest.raises(
        InvalidCommand, match="return R1 is open and nothing more is due for it: 2 units were"
    ):
        refund(shop, "F2")
    receive(shop, b={"damaged": 1})
    with pytest.raises(InvalidCommand, match="fees taken off .* may be 0 up to 7.2, found 8"):
        refund(shop, "F2", restocking_fee="8")
    rest = refund(shop, "F2", status="pending")
    assert (rest["refunded"], rest["return_status"]) == ("7.2", "closed")
    with pytest.raises(InvalidCommand, match="nothing more is due"):
        refund(shop, "F3")
    shop.orders.settle_payment(order, reference="F2", status="error", **shop.next())
    assert refund(shop, "F3")["refunded"] == "7.2"
    view = shop.view(order)
    assert (str(view["refunded"]), view["payment_status"]) == ("14.7", "partially_refunded")


def test_units_refunded_by_themselves_are_not_refunded_again_when_they_come_back(shop, order):
    shop.orders.refund(order, refund_id="F1", units={"a": 2}, **shop.next())
    ask(shop, order, a=3)
    assert receive(shop, a={"restocked": 3})["suggested_refund"] == "4.5"


def test_an_even_exchange_costs_nothing_and_ships_when_the_goods_came(shop, order):
    """A cup worth 4.50 for a bowl of 4.50."""
    shop.receive("BOWL", "LEICESTER", 1)
    done = swap(shop, order, ("BOWL", 1, "4.50"), units={"a": 1})
    assert (done["order_status"], done["value"], done["to_collect"], done["to_refund"]) == (
        "open", "4.5", "0", "0",
    )  # fmt: skip
    assert shop.view(order)["total"] == shop.view(order)["captured"]
    assert shop.balance("BOWL", "LEICESTER") == {"on_hand": 1, "committed": 1}
    with pytest.raises(IllegalMove, match="is on_hold and cannot become closed"):
        shop.ship(order, "P2")
    received = receive(shop, a={"restocked": 1})
    assert received["suggested_refund"] == "0"
    shop.ship(order, "P2")
    view = shop.view(order)
    assert (view["order_status"], view["payment_status"]) == ("closed", "paid")
    assert view["exchanges"] == [{"return_id": "R1", "exchange_status": "completed"}]


def test_a_dearer_exchange_is_collected_before_the_order_closes(shop, order):
    """A cup worth 4.50 for a bowl of 6.00: 1.50 to pay."""
    shop.receive("BOWL", "LEICESTER", 1)
    done = swap(shop, order, ("BOWL", 1, "6"), units={"a": 1}, ships_first=True)
    assert (done["to_collect"], done["payment_status"]) == ("1.5", "partially_paid")
    shop.ship(order, "P2")
    assert shop.view(order)["order_status"] == "open"
    assert shop.pay(order, "1.50")["order_status"] == "closed"
    receive(shop, a={"restocked": 1})
    with pytest.raises(InvalidCommand, match="nothing more is due"):
        refund(shop, "F1")


def test_a_cheaper_exchange_is_refunded_when_the_goods_came(shop, order):
    """Two cups worth 9.00 for a bowl of 4.00: 5.00 back."""
    shop.receive("BOWL", "LEICESTER", 1)
    assert swap(shop, order, ("BOWL", 1, "4"), units={"a": 2})["to_refund"] == "5"
    with pytest.raises(InvalidCommand, match="R1 is open and nothing more is due"):
        refund(shop, "F1")
    assert receive(shop, a={"restocked": 2})["suggested_refund"] == "5"
    assert refund(shop, "F1")["refunded"] == "5"
    shop.ship(order, "P2")
    view = shop.view(order)
    assert (view["order_status"], str(view["outstanding"]), str(view["refundable"])) == (
        "closed",
        "0",
        "22.9",
    )
    given = shop.orders.refund(order, refund_id="F2", units={"x1": 1}, **shop.next())
    assert given["by_line"] == {"x1": "4"}  # the bowl bears nothing of the discount of the first lines


def test_an_exchange_whose_goods_never_come_is_undone(shop, order):
    shop.receive("BOWL", "LEICESTER", 1)
    swap(shop, order, ("BOWL", 1, "4.50"), units={"a": 1})
    shop.orders.cancel_return("R1", reason="changed mind", **shop.next())
    view = shop.view(order)
    assert (view["order_status"], view["payment_status"], str(view["outstanding"])) == ("closed", "paid", "0")
    assert shop.balance("BOWL", "LEICESTER") == {"on_hand": 1, "available": 1}
    assert view["exchanges"][0]["exchange_status"] == "undone"
    assert shop.orders.refund(order, refund_id="F1", units={"a": 1}, **shop.next())["refunded"] == "4.5"


def test_what_was_sent_first_for_goods_that_never_come_is_to_be_paid(shop, order):
    shop.receive("BOWL", "LEICESTER", 1)
    swap(shop, order, ("BOWL", 1, "4.50"), units={"a": 1}, ships_first=True)
    shop.ship(order, "P2")
    assert shop.view(order)["order_status"] == "closed"
    shop.orders.close_return("R1", **shop.next())
    view = shop.view(order)
    assert (view["order_status"], str(view["outstanding"])) == ("open", "4.5")
    assert shop.pay(order, "4.50")["order_status"] == "closed"


def test_an_exchange_that_came_short_is_credited_for_what_came(shop, order):
    """Two cups were to come for a bowl of 9.00, one came: 4.50 is credited, 4.50 is to be paid."""
    shop.receive("BOWL", "LEICESTER", 1)
    swap(shop, order, ("BOWL", 1, "9"), units={"a": 2})
    receive(shop, a={"restocked": 1})
    assert shop.view(order)["fulfillment_orders"][1]["state"] == "on_hold"
    shop.orders.close_return("R1", **shop.next())
    view = shop.view(order)
    assert (str(view["outstanding"]), view["holds"][0]["released_at"] is not None) == ("4.5", True)
    assert str(view["lines"][0]["refunded"]) == "4.5"


def test_what_was_sent_first_for_goods_that_came_short_is_to_be_paid(shop, order):
    """Two cups were to come for a bowl of 9.00 that was sent, one came: 4.50 is to be paid."""
    shop.receive("BOWL", "LEICESTER", 1)
    swap(shop, order, ("BOWL", 1, "9"), units={"a": 2}, ships_first=True)
    shop.ship(order, "P2")
    receive(shop, a={"restocked": 1})
    assert shop.view(order)["order_status"] == "closed"
    assert shop.orders.close_return("R1", **shop.next())["order_status"] == "open"
    assert str(shop.view(order)["outstanding"]) == "4.5"
    assert shop.pay(order, "4.50")["order_status"] == "closed"


def test_an_exchange_without_stock_is_refused_whole(shop, order):
    with pytest.raises(OutOfStock, match="BOWL: 1 wanted, 0 available"):
        swap(shop, order, ("BOWL", 1, "4.50"), units={"a": 1})
    view = shop.view(order)
    assert (view["order_status"], view["returns"], view["holds"]) == ("closed", [], [])
    assert swap(shop, order, ("BOWL", 1, "4.50"), units={"a": 1}, may_wait=True)["order_status"] == "open"
    shop.receive("BOWL", "LEICESTER", 1)
    assert shop.view(order)["lines"][3]["allocated"] == 1


def test_a_lost_parcel_is_sent_again_at_no_price(shop, order):
    opened = shop.orders.open_claim(
        order, claim_id="C1", kind="lost_parcel", shipment_id="P1", note="no scan since", **shop.next()
    )
    assert (opened["order_status"], opened["claim_status"]) == ("open", "open")
    assert shop.view(order)["shipments"][0]["state"] == "failure"
    assert shop.view(order)["claims"][0]["units"] == {"a": 3, "b": 2}
    with pytest.raises(OutOfStock, match="CUP: 3 wanted, 0 available; POT: 2 wanted, 0 available"):
        shop.orders.reship_claim("C1", **shop.next())
    sent = shop.orders.reship_claim("C1", may_wait=True, **shop.next())
    assert (sent["claim_status"], sent["line_ids"]) == ("reshipped", ["C1/a", "C1/b"])
    shop.receive("CUP", "LEICESTER", 3)
    shop.receive("POT", "LEICESTER", 2)
    shop.ship(order, "P2")
    view = shop.view(order)
    assert (view["order_status"], view["payment_status"], view["total"]) == (
        "closed",
        "paid",
        view["captured"],
    )
    with pytest.raises(IllegalMove, match="claim C1 is reshipped and cannot become refunded: that is final"):
        shop.orders.refund_claim("C1", refund_id="F1", **shop.next())


def test_goods_damaged_on_arrival_are_refunded_at_what_they_were_worth(shop, order):
    shop.orders.open_claim(order, claim_id="C1", kind="damaged_on_arrival", units={"b": 1}, **shop.next())
    done = shop.orders.refund_claim("C1", refund_id="F1", **shop.next())
    assert (done["refunded"], done["claim_status"], done["order_status"]) == ("7.2", "refunded", "closed")
    with pytest.raises(
        InvalidCommand, match=r"b of order shopify:1 .closed. has 1 units to claim for .2 shipped"
    ):
        shop.orders.open_claim(order, claim_id="C2", kind="wrong_item", units={"b": 2}, **shop.next())
    shop.orders.open_claim(order, claim_id="C2", kind="wrong_item", units={"b": 1}, **shop.next())
    with pytest.raises(RefundTooLarge, match="line b .* up to 7.2, found 8"):
        shop.orders.refund_claim("C2", refund_id="F2", amounts={"b": 8}, **shop.next())
    assert shop.orders.deny_claim("C2", reason="photo shows a pot", **shop.next())["order_status"] == "closed"
    shop.orders.open_claim(order, claim_id="C3", kind="missing_units", units={"b": 1}, **shop.next())
    assert shop.orders.withdraw_claim("C3", reason="found", **shop.next())["claim_status"] == "withdrawn"
    assert [claim["outcome"] for claim in shop.view(order)["claims"]] == ["F1", "photo shows a pot", "found"]
    assert kinds(shop, order)[-6:] == [
        "claim_denied", "closed", "reopened", "claim_opened", "claim_withdrawn", "closed",
    ]  # fmt: skip


def test_claims_name_what_is_there(shop, order):
    claim = {"claim_id": "C1", "kind": "wrong_item"}
    with pytest.raises(UnknownClaim, match="no claim 'C1'"):
        shop.orders.deny_claim("C1", reason="x", **shop.next())
    with pytest.raises(InvalidCommand, match="no claim kind 'envy'; known: lost_parcel"):
        shop.orders.open_claim(order, claim_id="C1", kind="envy", units={"a": 1}, **shop.next())
    with pytest.raises(InvalidCommand, match=r"order shopify:1 .closed. has no shipment 'P9'"):
        shop.orders.open_claim(order, **claim, shipment_id="P9", **shop.next())
    with pytest.raises(InvalidCommand, match="claim C1 needs units of order shopify:1 or a shipment of it"):
        shop.orders.open_claim(order, **claim, **shop.next())
    shop.orders.open_claim(order, **claim, units={"a": 1}, **shop.next())
    with pytest.raises(InvalidCommand, match="claim C1 already stands"):
        shop.orders.open_claim(order, **claim, units={"a": 1}, **shop.next())
