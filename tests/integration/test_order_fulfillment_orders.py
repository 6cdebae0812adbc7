"""Fulfillment orders: scheduled, held, rejected, found short, split, merged, moved, given up."""

from datetime import timedelta

import pytest

from oms_ops.errors import IllegalMove, InvalidCommand, OutOfStock
from tests.support.order_book import NOON


def work(shop, order, number=1):
    return shop.view(order)["fulfillment_orders"][number - 1]


def states(shop, order):
    return [each["state"] for each in shop.view(order)["fulfillment_orders"]]


def line(shop, order, number=0):
    found = shop.view(order)["lines"][number]
    return {name: found[name] for name in ("canceled", "backordered", "allocated", "shipped") if found[name]}


@pytest.fixture
def cups(shop):
    """An order of five cups, all of them in Leicester, where there are five more."""
    shop.receive("CUP", "LEICESTER", 10)
    return shop.place("1", ("CUP", 5))


def test_scheduled_work_is_not_begun_before_its_date_and_opens_when_it_is_due(shop, cups):
    date = NOON + timedelta(days=3)
    shop.orders.schedule_fulfillment(cups, 1, fulfill_at=date, **shop.next())
    assert shop.view(cups)["fulfillment_status"] == "scheduled"
    assert shop.balance("CUP", "LEICESTER")["committed"] == 5
    with pytest.raises(IllegalMove, match="1 of shopify:1 is scheduled and cannot become in_progress"):
        shop.orders.pick(cups, 1, **shop.next())
    with pytest.raises(IllegalMove, match="is scheduled and cannot become closed: it may become open"):
        shop.ship(cups, "S1")
    assert shop.orders.release_due(at=date - timedelta(minutes=1)).orders == 0
    assert shop.orders.release_due(at=date).done == {"released": [cups]}
    assert shop.orders.release_due(at=date).orders == 0
    assert states(shop, cups) == ["open"]
    with pytest.raises(InvalidCommand, match="needs a date that is still to come"):
        shop.orders.schedule_fulfillment(cups, 1, fulfill_at=NOON, **shop.next())


def test_scheduled_work_can_be_wanted_sooner(shop, cups):
    shop.orders.schedule_fulfillment(cups, 1, fulfill_at=NOON + timedelta(days=3), **shop.next())
    assert shop.orders.open_fulfillment(cups, 1, **shop.next())["state"] == "open"
    with pytest.raises(IllegalMove, match="is open and cannot become open"):
        shop.orders.open_fulfillment(cups, 1, **shop.next())
    shop.ship(cups, "S1")


def test_one_fulfillment_order_is_held_for_several_reasons_and_the_other_goes_on(shop):
    shop.receive("CUP", "LEICESTER", 1)
    shop.receive("CUP", "LONDON", 1)
    order = shop.place("1", ("CUP", 2))
    for reason in ("incorrect_address", "other"):
        shop.orders.hold_fulfillment(order, 1, reason=reason, **shop.next())
    assert states(shop, order) == ["on_hold", "open"]
    assert work(shop, order)["holds"] == ["incorrect_address", "other"]
    with pytest.raises(InvalidCommand, match="fulfillment order 1 of shopify:1 is already held for other"):
        shop.orders.hold_fulfillment(order, 1, reason="other", **shop.next())
    with pytest.raises(IllegalMove, match="1 of shopify:1 is on_hold and cannot become closed"):
        shop.ship(order, "S1", units={1: 1})
    shop.ship(order, "S2", units={2: 1})
    shop.orders.release_fulfillment(order, 1, reason="other", **shop.next())
    assert states(shop, order) == ["on_hold", "closed"]
    free = shop.orders.release_fulfillment(order, 1, reason="incorrect_address", **shop.next())
    assert free["state"] == "open"
    shop.ship(order, "S3")
    assert states(shop, order) == ["closed", "closed"]


def test_work_is_free_when_neither_it_nor_its_order_is_held_and_scheduled_until_its_date(shop, cups):
    shop.orders.schedule_fulfillment(cups, 1, fulfill_at=NOON + timedelta(days=3), **shop.next())
    shop.orders.hold(cups, reason="other", **shop.next())
    shop.orders.hold_fulfillment(cups, 1, reason="other", **shop.next())
    shop.orders.release(cups, reason="other", **shop.next())
    assert states(shop, cups) == ["on_hold"]
    assert shop.orders.release_fulfillment(cups, 1, reason="other", **shop.next())["state"] == "scheduled"


def test_units_that_come_in_join_no_held_and_no_begun_work(shop):
    shop.receive("CUP", "LEICESTER", 1)
    order = shop.place("1", ("CUP", 2), may_wait=True)
    shop.orders.hold_fulfillment(order, 1, reason="other", **shop.next())
    shop.receive("CUP", "LEICESTER", 1)
    assert states(shop, order) == ["on_hold", "open"]


def test_picking_goes_by_units_of_an_allocation_and_never_beyond_it(shop, cups):
    shop.orders.pick(cups, 1, units={1: 2}, **shop.next())
    with pytest.raises(InvalidCommand, match="with 2 of 5 units picked, found 4 more"):
        shop.orders.pick(cups, 1, units={1: 4}, **shop.next())
    with pytest.raises(InvalidCommand, match="its open allocations are 1 with 5 units, found 1 units of 7"):
        shop.orders.pick(cups, 1, units={7: 1}, **shop.next())
    shop.orders.pick(cups, 1, **shop.next())
    assert shop.view(cups)["allocations"][0]["picked"] == 5
    events = shop.view(cups)["events"]
    assert [each["detail"]["units"] for each in events if each["event_kind"] == "picked"] == [2, 3]
    shop.ship(cups, "S1", units={1: 4})
    assert shop.view(cups)["allocations"][0]["picked"] == 1


def test_rejected_work_is_open_again_with_nothing_picked(shop, cups):
    with pytest.raises(IllegalMove, match="is open and cannot be rejected"):
        shop.orders.reject(cups, 1, **shop.next())
    shop.orders.pick(cups, 1, **shop.next())
    assert shop.orders.reject(cups, 1, reason="no staff", **shop.next())["state"] == "open"
    assert shop.view(cups)["allocations"][0]["picked"] == 0
    assert shop.view(cups)["events"][-1]["detail"] == {"fulfillment_no": 1, "reason": "no staff"}
    shop.orders.pick(cups, 1, **shop.next())


def test_a_short_pick_writes_off_what_was_not_there_and_claims_it_elsewhere(shop, cups):
    shop.receive("CUP", "LONDON", 1)
    shop.orders.pick(cups, 1, units={1: 3}, **shop.next())
    answer = shop.orders.short_pick(cups, 1, found={1: 3}, reason="not on the shelf", **shop.next())
    assert (answer["state"], answer["units_waiting"]) == ("incomplete", 1)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 8, "available": 5, "committed": 3}
    assert shop.balance("CUP", "LONDON") == {"on_hand": 1, "committed": 1}
    assert line(shop, cups) == {"allocated": 4, "backordered": 1}
    assert shop.view(cups)["fulfillment_status"] == "in_progress"
    shop.orders.pack(cups, 1, **shop.next())
    shop.ship(cups, "S1", units={1: 3})
    assert states(shop, cups) == ["closed", "open"]


def test_a_short_pick_may_leave_the_missing_units_waiting_or_cancel_them(shop, cups):
    shop.pay(cups, 5)
    shop.orders.pick(cups, 1, **shop.next())
    shop.orders.short_pick(cups, 1, found={1: 0}, reason="flood", then="cancel", **shop.next())
    assert line(shop, cups) == {"canceled": 5}
    view = shop.view(cups)
    assert (view["order_status"], view["cancel_reason"]) == ("canceled", "inventory")
    assert states(shop, cups) == ["closed"]
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 5}
    second = shop.place("2", ("CUP", 5))
    shop.orders.pick(second, 1, **shop.next())
    shop.orders.short_pick(second, 1, found={1: 4}, reason="broken", then="wait", **shop.next())
    assert line(shop, second) == {"allocated": 4, "backordered": 1}
    shop.receive("CUP", "LEICESTER", 1)
    assert line(shop, second) == {"allocated": 5}


def test_a_short_pick_is_of_work_in_progress_and_of_units_that_are_missing(shop, cups):
    short = {"reason": "not there", "then": "wait"}
    with pytest.raises(InvalidCommand, match="nothing is short of fulfillment order 1 of shopify:1"):
        shop.orders.short_pick(cups, 1, found={1: 5}, **short, **shop.next())
    shop.orders.hold_fulfillment(cups, 1, reason="other", **shop.next())
    with pytest.raises(IllegalMove, match="1 of shopify:1 is on_hold and cannot become incomplete"):
        shop.orders.short_pick(cups, 1, found={1: 4}, **short, **shop.next())
    shop.orders.release_fulfillment(cups, 1, reason="other", **shop.next())
    shop.orders.pick(cups, 1, **shop.next())
    with pytest.raises(InvalidCommand, match="found 6 units of 1"):
        shop.orders.short_pick(cups, 1, found={1: 6}, **short, **shop.next())
    with pytest.raises(InvalidCommand, match="needs a reason"):
        shop.orders.short_pick(cups, 1, found={1: 4}, reason="", **shop.next())
    with pytest.raises(InvalidCommand, match="wait, reroute, cancel, found 'vanish'"):
        shop.orders.short_pick(cups, 1, found={1: 4}, reason="x", then="vanish", **shop.next())


def test_split_work_is_shipped_apart_and_no_stock_moves(shop, cups):
    before = shop.balance("CUP", "LEICESTER")
    child = shop.orders.split_fulfillment(cups, 1, units={1: 2}, **shop.next())
    assert child["fulfillment_no"] == 2
    assert work(shop, cups, 2)["parent_no"] == 1
    assert shop.balance("CUP", "LEICESTER") == before
    claims = [(claim["fulfillment_no"], claim["quantity"]) for claim in shop.view(cups)["allocations"]]
    assert claims == [(1, 3), (2, 2)]
    shop.ship(cups, "S1", units={2: 2})
    assert states(shop, cups) == ["open", "closed"]
    with pytest.raises(InvalidCommand, match="cannot be split into itself and nothing"):
        shop.orders.split_fulfillment(cups, 1, units={1: 3}, **shop.next())
    with pytest.raises(InvalidCommand, match="name allocations and units of fulfillment order 1"):
        shop.orders.split_fulfillment(cups, 1, units={}, **shop.next())
    shop.orders.split_fulfillment(cups, 1, units={1: 1}, **shop.next())
    shop.orders.pick(cups, 3, **shop.next())
    with pytest.raises(IllegalMove, match="3 of shopify:1 is in_progress and cannot be split: it may become"):
        shop.orders.split_fulfillment(cups, 3, units={3: 1}, **shop.next())


def test_merged_work_is_one_again_held_for_what_either_was(shop, cups):
    shop.orders.split_fulfillment(cups, 1, units={1: 2}, **shop.next())
    shop.orders.hold_fulfillment(cups, 2, reason="other", **shop.next())
    with pytest.raises(InvalidCommand, match="found 1 open at LEICESTER, 2 on_hold at LEICESTER"):
        shop.orders.merge_fulfillments(cups, (1, 2), **shop.next())
    shop.orders.hold_fulfillment(cups, 1, reason="incorrect_address", **shop.next())
    shop.orders.merge_fulfillments(cups, (1, 2), **shop.next())
    assert states(shop, cups) == ["canceled", "canceled", "on_hold"]
    merged = work(shop, cups, 3)
    assert (merged["parent_no"], merged["holds"]) == (1, ["incorrect_address", "other"])
    for reason in merged["holds"]:
        shop.orders.release_fulfillment(cups, 3, reason=reason, **shop.next())
    assert shop.ship(cups, "S1")["units_shipped"] == 5
    with pytest.raises(InvalidCommand, match="merged where two or more"):
        second = shop.place("2", ("CUP", 1))
        shop.orders.merge_fulfillments(second, (1, 1), **shop.next())


def test_moved_work_takes_its_claim_along_in_one_step_and_frees_the_old_place(shop, cups):
    shop.receive("CUP", "LONDON", 5)
    shop.place("2", ("CUP", 10))
    waits = shop.place("3", ("CUP", 2), may_wait=True)
    with pytest.raises(OutOfStock, match="CUP: 5 wanted, 0 available"):
        shop.orders.move_fulfillment(cups, 1, location_id="LONDON", **shop.next())
    shop.receive("CUP", "GLASGOW", 7)
    assert line(shop, waits) == {"allocated": 2}
    moved = shop.orders.move_fulfillment(cups, 1, location_id="GLASGOW", **shop.next())
    assert (moved["fulfillment_no"], moved["state"]) == (2, "open")
    assert states(shop, cups) == ["canceled", "open"]
    assert shop.balance("CUP", "GLASGOW") == {"on_hand": 7, "committed": 7}
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 5, "committed": 5}
    assert work(shop, cups, 2) == {
        "fulfillment_no": 2, "parent_no": 1, "location_id": "GLASGOW", "state": "open", "fulfill_at": None,
        "holds": [],
    }  # fmt: skip


def test_part_of_work_moves_and_only_within_the_channels_network(shop):
    shop.receive("CUP", "LEICESTER", 3)
    order = shop.place("1", ("CUP", 3), channel="woocommerce")
    shop.receive("CUP", "LONDON", 3)
    with pytest.raises(InvalidCommand, match="at LEICESTER may move to LONDON, found GLASGOW"):
        shop.orders.move_fulfillment(order, 1, location_id="GLASGOW", **shop.next())
    shop.orders.move_fulfillment(order, 1, location_id="LONDON", units={1: 1}, **shop.next())
    assert states(shop, order) == ["open", "open"]
    assert shop.balance("CUP", "LONDON") == {"on_hand": 3, "available": 2, "committed": 1}
    shop.orders.pick(order, 1, **shop.next())
    with pytest.raises(IllegalMove, match="is in_progress and cannot be moved: it may become closed"):
        shop.orders.move_fulfillment(order, 1, location_id="LONDON", **shop.next())


def test_units_of_canceled_work_are_claimed_elsewhere_else_they_wait(shop, cups):
    shop.receive("CUP", "LONDON", 2)
    answer = shop.orders.cancel_fulfillment(cups, 1, **shop.next())
    assert (answer["state"], answer["units_waiting"]) == ("canceled", 3)
    assert states(shop, cups) == ["canceled", "open"]
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 10}
    shop.receive("CUP", "LEICESTER", 1)
    assert line(shop, cups) == {"allocated": 5}


def test_units_of_canceled_work_may_wait_or_be_canceled_and_others_get_the_stock(shop):
    shop.receive("CUP", "LEICESTER", 2)
    first = shop.place("1", ("CUP", 2))
    second = shop.place("2", ("CUP", 2), may_wait=True)
    shop.orders.cancel_fulfillment(first, 1, then="wait", **shop.next())
    assert line(shop, first) == {"backordered": 2}
    assert line(shop, second) == {"allocated": 2}
    shop.orders.cancel_fulfillment(second, 1, then="cancel", reason="customer", **shop.next())
    assert line(shop, second) == {"canceled": 2}
    assert shop.view(second)["cancel_reason"] == "customer"
    assert line(shop, first) == {"allocated": 2}
    with pytest.raises(IllegalMove, match="1 of shopify:2 is canceled and cannot become canceled"):
        shop.orders.cancel_fulfillment(second, 1, **shop.next())


def test_a_channels_shipment_frees_held_and_scheduled_work(shop, cups):
    from oms_ops import bulk
    from tests.support.order_book import Stream

    shop.orders.schedule_fulfillment(cups, 1, fulfill_at=NOON + timedelta(days=9), **shop.next())
    told = Stream()
    told.shipment("S1", "1")
    bulk.apply(shop.book, told.chunks(), settings=shop.settings)
    assert states(shop, cups) == ["closed"]
    assert line(shop, cups) == {"shipped": 5}
