"""Parcels: labels first, several for one order, reports that come out of order, parcels that never left."""

from datetime import timedelta

import pytest

from oms_ops import lifecycle
from oms_ops.errors import IllegalMove, InvalidCommand
from tests.support.order_book import NOON


def track(shop, shipment, status, hour, **more):
    occurred_at = NOON + timedelta(hours=hour)
    return shop.orders.track(shipment, status, occurred_at=occurred_at, **more, **shop.next())


def parcel(shop, order, number=0):
    return shop.view(order)["shipments"][number]


@pytest.fixture
def cups(shop):
    shop.receive("CUP", "LEICESTER", 5)
    order = shop.place("1", ("CUP", 5))
    shop.pay(order, 5)
    return order


def test_the_latest_report_stands_whatever_order_reports_come_in(shop, cups):
    shop.ship(cups, "S1", carrier="DPD")
    assert track(shop, "S1", "out_for_delivery", 30)["is_news"]
    late = track(shop, "S1", "in_transit", 20)
    assert (late["is_news"], late["shipment_status"]) == (False, "out_for_delivery")
    assert shop.view(cups)["events"][-1]["event_kind"] == "shipment_report_ignored"
    track(shop, "S1", "delayed", 40, tracking_number="T1")
    assert parcel(shop, cups)["tracking_number"] == "T1"
    assert track(shop, "S1", "delivered", 35)["shipment_status"] == "delivered"
    assert parcel(shop, cups)["delivered_at"] == NOON + timedelta(hours=35)
    with pytest.raises(IllegalMove, match="S1 is delivered and cannot become in_transit: that is final"):
        track(shop, "S1", "in_transit", 50)
    with pytest.raises(InvalidCommand, match="no shipment status 'lost'; known: label_purchased"):
        track(shop, "S1", "lost", 50)
    with pytest.raises(InvalidCommand, match="no shipment 'S9'"):
        track(shop, "S9", "delayed", 50)


@pytest.mark.parametrize("status", sorted(set(lifecycle.MOVES["shipment"]) - {"confirmed", "canceled"}))
def test_every_status_of_the_table_can_be_reported(shop, cups, status):
    shop.ship(cups, "S1")
    assert track(shop, "S1", status, 1)["shipment_status"] == status
    assert not track(shop, "S1", status, 2)["is_news"]


def test_a_label_comes_first_and_the_parcel_ships_when_it_leaves(shop, cups):
    shop.ship(cups, "S1", state="label_purchased")
    assert parcel(shop, cups)["state"] == "label_purchased"
    track(shop, "S1", "label_printed", 1)
    track(shop, "S1", "in_transit", 9)
    assert parcel(shop, cups)["shipped_at"] == NOON + timedelta(hours=9)
    with pytest.raises(InvalidCommand, match="begins as confirmed, label_purchased, label_printed, found"):
        shop.ship(cups, "S2", state="delivered")


def test_a_parcel_that_never_left_puts_its_units_back_on_their_shelf(shop, cups):
    shop.ship(cups, "S1", state="label_purchased")
    assert shop.view(cups)["order_status"] == "closed"
    shop.orders.cancel_shipment("S1", **shop.next())
    view = shop.view(cups)
    assert (view["order_status"], view["fulfillment_status"]) == ("open", "unfulfilled")
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "committed": 5}
    assert [(work["state"], work["parent_no"]) for work in view["fulfillment_orders"]] == [
        ("closed", None), ("open", 1),
    ]  # fmt: skip
    assert [claim["state"] for claim in view["allocations"]] == ["released", "allocated"]
    assert [event["event_kind"] for event in view["events"]][-2:] == ["reopened", "shipment_canceled"]
    shop.ship(cups, "S2")
    assert shop.view(cups)["order_status"] == "closed"
    assert shop.balance("CUP", "LEICESTER") == {}
    with pytest.raises(IllegalMove, match="shipment S1 is canceled and cannot become canceled"):
        shop.orders.cancel_shipment("S1", **shop.next())


def test_one_of_several_parcels_of_work_in_progress_is_canceled(shop, cups):
    shop.ship(cups, "S1", units={1: 2})
    shop.ship(cups, "S2", units={1: 1})
    track(shop, "S2", "canceled", 1)
    line = shop.view(cups)["lines"][0]
    assert (line["shipped"], line["allocated"]) == (2, 3)
    assert [work["state"] for work in shop.view(cups)["fulfillment_orders"]] == ["in_progress"]
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 3, "committed": 3}
    assert shop.ship(cups, "S3")["units_shipped"] == 3


def test_a_parcel_that_has_left_or_came_back_is_not_canceled(shop, cups):
    shop.ship(cups, "S1", units={1: 2})
    shop.orders.return_(cups, return_id="R1", units={"a": 1}, **shop.next())
    with pytest.raises(IllegalMove, match="has 2 units shipped of which 1 came back or are awaited"):
        shop.orders.cancel_shipment("S1", **shop.next())
    track(shop, "S1", "in_transit", 1)
    with pytest.raises(IllegalMove, match="shipment S1 is in_transit and cannot become canceled"):
        shop.orders.cancel_shipment("S1", **shop.next())


def test_a_shipment_from_two_locations_is_two_parcels_under_one_name(shop):
    shop.receive("CUP", "LEICESTER", 1)
    shop.receive("CUP", "LONDON", 1)
    order = shop.place("1", ("CUP", 2))
    shop.ship(order, "S1", state="label_printed")
    assert [found["location_id"] for found in shop.view(order)["shipments"]] == ["LEICESTER", "LONDON"]
    shop.orders.cancel_shipment("S1", **shop.next())
    assert shop.balance("CUP", "LEICESTER") == shop.balance("CUP", "LONDON") == {"on_hand": 1, "committed": 1}


def test_where_an_order_is_said_in_one_sentence(shop):
    shop.receive("CUP", "LEICESTER", 3)
    shop.receive("POT", "LONDON", 1)
    order = shop.place("1", ("CUP", 3), ("POT", 2), ("POST", 1, "3", "shipping"), may_wait=True)
    shop.ship(order, "S1", units={1: 2}, carrier="DPD", tracking_number="T1")
    track(shop, "S1", "in_transit", 1)
    shop.orders.hold_fulfillment(order, 2, reason="other", **shop.next())
    assert shop.orders.where_is(order) == (
        "Order shopify:1 is open: 2 units on the way by DPD (T1); "
        "1 unit being picked and packed at LEICESTER; 1 unit on hold at LONDON; "
        "1 unit waiting for stock. It is held for other."
    )
    where = shop.view(order)["lines"][0]["where"]
    assert [(place["units"], place["state"]) for place in where] == [(2, "shipped"), (1, "allocated")]
    assert where[0]["tracking_number"] == "T1"
    lost = shop.place("2", ("LID", 1), may_wait=True)
    shop.orders.cancel(lost, reason="customer", **shop.next())
    assert shop.orders.where_is(lost) == "Order shopify:2 is canceled (customer)."
    gift = shop.place("3", ("GIFT", 1, "5", "gift_card"))
    assert shop.orders.where_is(gift) == "Order shopify:3 is open: it has nothing to ship."
