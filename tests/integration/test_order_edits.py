"""Editing after placement: all changes or none, priced, with the stock they need; drafts; reopened orders."""

from datetime import timedelta
from decimal import Decimal

import pytest

from oms_ops.changes import AddLine, Address, RemoveLine, SetCountry, SetPromise, SetQuantity, ShipTo
from oms_ops.errors import IllegalMove, InvalidCommand, OutOfStock
from tests.support.order_book import NOON, new_order, whole_book

HOME = Address("Ann Lee", "1 High St", "Leeds", "United Kingdom", postcode="LS1 1AA")


def edit(shop, order, *changes, **more):
    return shop.orders.edit(order, changes=changes, **more, **shop.next())


def units(shop, order, number=0):
    line = shop.view(order)["lines"][number]
    return tuple(line[name] for name in ("quantity", "canceled", "backordered", "allocated", "shipped"))


@pytest.fixture
def order(shop):
    """Two cups at 5 and post at 3; ten cups and four pots in Leicester."""
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("POT", "LEICESTER", 4)
    return shop.place("1", ("CUP", 2, "5"), ("POST", 1, "3", "shipping"))


def test_an_edit_of_many_changes_is_priced_and_claims_what_it_adds(shop, order):
    shop.pay(order, 13)
    answer = edit(shop, order, SetQuantity("a", 3), AddLine("x", "POT", 2, "4"))
    assert (answer["difference"], answer["to_collect"], answer["to_refund"]) == ("13", "13", "0")
    assert answer["payment_status"] == "partially_paid"
    assert units(shop, order) == (3, 0, 0, 3, 0)
    assert units(shop, order, 2) == (2, 0, 0, 2, 0)
    shop.ship(order, "S1")
    assert shop.view(order)["order_status"] == "open"
    assert shop.pay(order, 13)["order_status"] == "closed"


def test_an_edit_down_says_what_is_to_be_given_back_and_frees_the_newest_stock(shop, order):
    shop.pay(order, 13)
    waits = shop.place("2", ("CUP", 9), may_wait=True)
    answer = edit(shop, order, SetQuantity("a", 1))
    assert (answer["difference"], answer["to_collect"], answer["to_refund"]) == ("-5", "0", "5")
    assert units(shop, order) == (2, 1, 0, 1, 0)
    assert units(shop, waits) == (9, 0, 0, 9, 0)
    assert (answer["voided"], answer["refunded"]) == ("0", "5")
    view = shop.view(order)
    assert (view["to_refund"], view["refunded"], view["lines"][0]["refunded"]) == (0, 5, 5)


def test_what_is_to_be_given_back_may_be_left_to_a_later_refund(shop, order):
    shop.pay(order, 13)
    answer = edit(shop, order, SetQuantity("a", 1), gives_back=False)
    assert answer["to_refund"] == "5" and "refunded" not in answer
    assert shop.view(order)["to_refund"] == Decimal(5)
    shop.orders.refund(order, refund_id="F1", amounts={"a": "5"}, **shop.next())
    assert shop.view(order)["to_refund"] == 0


def test_an_edit_down_voids_what_was_authorized_too_much_and_keeps_what_is_still_owed(shop, order):
    shop.pay(order, 13, kind="authorization")
    answer = edit(shop, order, SetQuantity("a", 1))
    assert (answer["difference"], answer["voided"], answer["refunded"]) == ("-5", "5", "0")
    assert shop.pay(order, 8, kind="capture")["payment_status"] == "paid"


def test_an_edit_down_of_an_order_paid_in_part_collects_less_and_gives_nothing_back(shop, order):
    shop.pay(order, 5)
    answer = edit(shop, order, SetQuantity("a", 1))
    assert (answer["difference"], answer["to_collect"], answer["refunded"]) == ("-5", "3", "0")


def test_a_removed_line_that_was_not_paid_is_simply_not_collected(shop, order):
    answer = edit(shop, order, RemoveLine("b"), AddLine("x", "POT", 1, "4"))
    assert (answer["difference"], answer["to_collect"], answer["to_refund"]) == ("1", "14", "0")
    with pytest.raises(InvalidCommand, match="line b of order shopify:1 has nothing left to remove"):
        edit(shop, order, RemoveLine("b"))


def test_a_discount_after_placement_is_an_adjustment_line(shop, order):
    assert edit(shop, order, AddLine("d", "DISCOUNT", 1, "-2.50", "adjustment"))["to_collect"] == "10.5"
    with pytest.raises(InvalidCommand, match="price of 0 or more, found 1 at -1"):
        edit(shop, order, AddLine("e", "POT", 1, "-1"))
    with pytest.raises(InvalidCommand, match="cannot owe less than 0, found -9.5"):
        edit(shop, order, AddLine("e", "DISCOUNT", 1, "-20", "adjustment"))


def test_an_edit_that_lacks_stock_changes_nothing_and_lists_every_shortage(shop, order):
    before = whole_book(shop.book)
    with pytest.raises(OutOfStock) as refused:
        edit(shop, order, RemoveLine("b"), SetQuantity("a", 12), AddLine("x", "LID", 1, "1"))
    assert refused.value.shortages == {"CUP": (10, 8), "LID": (1, 0)}
    assert whole_book(shop.book) == before
    edit(shop, order, SetQuantity("a", 12), may_wait=True)
    assert units(shop, order) == (12, 0, 2, 10, 0)
    shop.receive("CUP", "LONDON", 2)
    assert units(shop, order) == (12, 0, 0, 12, 0)


def test_units_given_up_in_an_edit_serve_the_same_edit_first(shop, order):
    edit(shop, order, SetQuantity("a", 10))
    waits = shop.place("2", ("CUP", 1), may_wait=True)
    edit(shop, order, SetQuantity("a", 8), AddLine("x", "CUP", 1, "6"))
    assert units(shop, order) == (10, 2, 0, 8, 0)
    assert units(shop, order, 2) == (1, 0, 0, 1, 0)
    assert units(shop, waits) == (1, 0, 0, 1, 0)


def test_a_preview_answers_and_refuses_as_the_edit_would_and_writes_nothing(shop, order):
    before = whole_book(shop.book)
    changes = [SetQuantity("a", 4)]
    shown = shop.orders.edit(order, changes=changes, at=NOON, preview=True)
    assert (shown["preview"], shown["difference"], shown["to_collect"]) == (True, "10", "23")
    with pytest.raises(OutOfStock):
        shop.orders.edit(order, changes=[SetQuantity("a", 99)], at=NOON, preview=True)
    assert whole_book(shop.book) == before
    done = edit(shop, order, *changes)
    assert done == shown | {"preview": False}


def test_shipped_units_stay_and_the_rest_may_be_removed(shop, order):
    edit(shop, order, SetQuantity("a", 5))
    shop.pay(order, 28)
    shop.ship(order, "S1", units={1: 2})
    with pytest.raises(InvalidCommand, match="5 units of which 2 shipped: it may have 2 or more, found 1"):
        edit(shop, order, SetQuantity("a", 1))
    answer = edit(shop, order, RemoveLine("a"))
    assert (answer["order_status"], answer["to_refund"]) == ("closed", "15")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ([], "needs at least one change"),
        ([SetQuantity("a", 3), RemoveLine("a")], "changes line a twice"),
        ([SetQuantity("z", 3)], "has no line 'z'; it has a, b"),
        ([AddLine("a", "POT", 1, "1")], "already has a line 'a'"),
        ([AddLine("x", "POT", 0, "1")], "quantity above 0"),
        ([SetCountry(" ")], "needs a country"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(shop, order, changes, complaint):
    with pytest.raises(InvalidCommand, match=complaint):
        edit(shop, order, *changes)


def test_a_canceled_order_is_not_edited(shop, order):
    shop.orders.cancel(order, reason="staff", **shop.next())
    with pytest.raises(IllegalMove, match="order shopify:1 is canceled and cannot be edited: that is final"):
        edit(shop, order, SetQuantity("a", 3))


def test_an_edit_that_takes_everything_off_cancels_the_order_and_its_charges(shop, order):
    answer = edit(shop, order, RemoveLine("a"))
    assert (answer["order_status"], answer["difference"], answer["to_collect"]) == ("canceled", "-13", "0")
    view = shop.view(order)
    assert (view["owed"], view["to_collect"], view["payment_status"]) == (0, 0, "voided")


def test_the_address_is_known_once_and_repeated_nowhere(shop, order):
    edit(shop, order, ShipTo(HOME))
    edit(shop, order, ShipTo(Address("Ann Lee", "2 Rue X", "Lille", "France")))
    view = shop.view(order)
    assert view["country"] == "France"
    assert (view["ship_to"]["line1"], view["ship_to"]["postcode"]) == ("2 Rue X", None)
    rows = whole_book(shop.book)
    assert "Ann Lee" in str(rows["shipping_address"])
    assert not any("Ann Lee" in str(found) for name, found in rows.items() if name != "shipping_address")
    with pytest.raises(InvalidCommand, match="an address needs a line1, a city"):
        Address("Ann", "", " ", "France")


def test_an_order_is_placed_with_its_address_and_no_command_repeats_it(shop):
    shop.receive("CUP", "LEICESTER", 1)
    shop.place("1", ("CUP", 1), ship_to=HOME)
    assert shop.view("shopify:1")["ship_to"]["city"] == "Leeds"
    rows = whole_book(shop.book)
    assert not any("High St" in str(found) for name, found in rows.items() if name != "shipping_address")


def test_work_is_claimed_anew_for_another_country_only_if_asked(shop):
    shop.receive("CUP", "LONDON", 2)
    order = shop.place("1", ("CUP", 2))
    shop.receive("CUP", "LEICESTER", 2)
    edit(shop, order, SetCountry("France"))
    assert shop.view(order)["fulfillment_orders"][0]["location_id"] == "LONDON"
    edit(shop, order, SetCountry("Germany", reroute=True))
    assert [work["state"] for work in shop.view(order)["fulfillment_orders"]] == ["canceled", "open"]
    assert units(shop, order) == (2, 0, 0, 2, 0)


def test_promised_dates_are_changed(shop, order):
    edit(shop, order, SetPromise(deliver_by=NOON + timedelta(days=9)))
    view = shop.view(order)
    assert view["promised_deliver_by"] == NOON + timedelta(days=9)
    assert view["promised_ship_by"] is not None


def test_a_closed_order_takes_a_replacement_at_no_price(shop, order):
    shop.pay(order, 13)
    shop.ship(order, "S1")
    shop.orders.reopen(order, reason="broken on arrival", **shop.next())
    shop.orders.close(order, **shop.next())
    answer = edit(shop, order, AddLine("r", "CUP", 1, "0"))
    assert (answer["order_status"], answer["difference"]) == ("open", "0")
    with pytest.raises(IllegalMove, match="is open with 1 units to ship and 0 to collect"):
        shop.orders.close(order, **shop.next())
    shop.ship(order, "S2")
    assert shop.view(order)["order_status"] == "closed"
    with pytest.raises(IllegalMove, match="is closed and cannot become closed: it may become open"):
        shop.orders.close(order, **shop.next())


def test_charges_are_canceled_by_line_too(shop, order):
    shop.orders.cancel(order, reason="staff", units={"b": 1}, **shop.next())
    assert shop.view(order)["owed"] == Decimal(10)
    shop.orders.cancel(order, reason="customer", units={"a": 2}, **shop.next())
    assert shop.view(order)["order_status"] == "canceled"


def test_a_draft_holds_no_stock_until_it_is_opened(shop):
    shop.receive("CUP", "LEICESTER", 3)
    drafted = shop.orders.draft(new_order("1", ("CUP", 2)), **shop.next())
    assert drafted["order_status"] == "draft"
    order = drafted["order_id"]
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 3, "available": 3}
    assert shop.orders.where_is(order) == "Order shopify:1 is a draft: it is not placed yet."
    edit(shop, order, SetQuantity("a", 5))
    edit(shop, order, SetQuantity("a", 3), AddLine("x", "POT", 1, "2"))
    edit(shop, order, RemoveLine("x"))
    shop.place("2", ("CUP", 1))
    with pytest.raises(OutOfStock, match="CUP: 3 wanted, 2 available"):
        shop.orders.open_draft(order, **shop.next())
    shop.receive("CUP", "LEICESTER", 1)
    assert shop.orders.open_draft(order, **shop.next())["order_status"] == "open"
    assert units(shop, order) == (5, 2, 0, 3, 0)
    assert shop.view(order)["placed_at"] == NOON + timedelta(minutes=shop.calls)
    with pytest.raises(IllegalMove, match="order shopify:1 is open: only a draft is opened"):
        shop.orders.open_draft(order, **shop.next())
    with pytest.raises(IllegalMove, match="order shopify:1 is open: only a closed order is reopened"):
        shop.orders.reopen(order, reason="claim", **shop.next())


def test_an_opened_draft_stands_behind_those_placed_while_it_was_made_up(shop):
    draft = shop.orders.draft(new_order("1", ("CUP", 1)), **shop.next())["order_id"]
    placed = shop.place("2", ("CUP", 1), may_wait=True)
    shop.orders.open_draft(draft, may_wait=True, **shop.next())
    later = shop.place("3", ("CUP", 1), may_wait=True)
    for first in (placed, draft, later):
        shop.receive("CUP", "LEICESTER", 1)
        assert units(shop, first) == (1, 0, 0, 1, 0)


def test_a_draft_is_canceled(shop):
    draft = shop.orders.draft(new_order("1", ("CUP", 1)), **shop.next())["order_id"]
    with pytest.raises(IllegalMove, match="order shopify:1 is draft and cannot become held"):
        shop.orders.hold(draft, reason="other", **shop.next())
    assert shop.orders.cancel(draft, reason="staff", **shop.next())["order_status"] == "canceled"
    with pytest.raises(IllegalMove, match="is canceled: only a draft is opened"):
        shop.orders.open_draft(draft, **shop.next())
