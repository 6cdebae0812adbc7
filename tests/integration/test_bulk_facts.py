"""What each kind of fact does to orders, stock and money, by numbers computed by hand."""

import pytest

from oms_ops import bulk
from tests.support.order_book import Stream


@pytest.fixture
def said():
    stream = Stream()
    stream.count("CUP", "LEICESTER", 10)
    return stream


def apply(shop, said):
    return bulk.apply(shop.book, said.chunks(), settings=shop.settings)


def statuses(shop, name):
    view = shop.view(f"shopify:{name}")
    return view["order_status"], view["payment_status"], view["fulfillment_status"]


def test_an_order_is_paid_when_it_is_told_ships_and_closes(shop, said):
    said.order("1", ("CUP", 4, "2.50"), ("POST", 1, "3.00", "shipping"))
    said.shipment("S1", "1")
    said.delivery("S1", "1")
    report = apply(shop, said)
    assert (report.facts, report.orders, report.lines, report.ignored) == (4, 1, 2, 0)
    assert (report.events, report.movements, report.last_apply_seq) == (6, 3, 4)
    assert statuses(shop, "1") == ("closed", "paid", "fulfilled")
    view = shop.view("shopify:1")
    assert [(row["kind"], str(row["amount"])) for row in view["payments"]] == [("sale", "13")]
    assert view["payments"][0]["occurred_at"] == view["placed_at"]
    assert view["shipments"][0]["state"] == "delivered"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 6, "available": 6}


def test_a_count_replaces_and_a_second_one_is_not_added(shop, said):
    said.count("CUP", "LEICESTER", 7)
    said.count("CUP", "LEICESTER", 12)
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 12, "available": 12}


def test_a_count_replaces_what_is_on_hand_allocated_units_included(shop, said):
    said.order("1", ("CUP", 4))
    said.count("CUP", "LEICESTER", 9)
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 9, "available": 5, "committed": 4}


def test_test_orders_and_gift_cards_are_recorded_and_claim_no_stock(shop, said):
    said.order("1", ("CUP", 4), is_test=True)
    said.order("2", ("GIFT10", 2, "10", "gift_card"))
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 10}
    assert statuses(shop, "1") == statuses(shop, "2") == ("closed", "paid", "fulfilled")


def test_an_order_waits_for_what_is_missing_and_ships_in_two_parcels(shop, said):
    said.order("1", ("CUP", 13))
    said.shipment("S1", "1")
    said.receipt("CUP", "LONDON", 5)
    said.shipment("S2", "1")
    said.delivery("S1", "1")
    apply(shop, said)
    view = shop.view("shopify:1")
    assert (view["order_status"], view["fulfillment_status"]) == ("closed", "fulfilled")
    assert [(parcel["location_id"], parcel["state"]) for parcel in view["shipments"]] == [
        ("LEICESTER", "delivered"), ("LONDON", "confirmed"),
    ]  # fmt: skip
    assert shop.balance("CUP", "LONDON") == {"on_hand": 2, "available": 2}
    waited = [event for event in view["events"] if event["event_kind"] == "backordered"]
    assert waited[0]["detail"] == {"units": 3, "skus": {"CUP": 3}}


def test_a_cancellation_before_shipping_frees_the_stock(shop, said):
    said.order("1", ("CUP", 8))
    said.order("2", ("CUP", 5))
    said.cancellation("1", "fraud")
    said.refund("F1", "1", ("a", "CUP", 8, "cancel"))
    apply(shop, said)
    assert statuses(shop, "1") == ("canceled", "refunded", "unfulfilled")
    assert shop.view("shopify:1")["cancel_reason"] == "fraud"
    assert shop.view("shopify:2")["lines"][0]["allocated"] == 5
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 5, "committed": 5}


def test_a_refund_that_cancels_everything_before_its_cancellation_comes_is_the_same(shop, said):
    said.order("1", ("CUP", 8))
    said.refund("F1", "1", ("a", "CUP", 8, "cancel"))
    said.cancellation("1", "fraud")
    apply(shop, said)
    assert statuses(shop, "1") == ("canceled", "refunded", "unfulfilled")
    assert shop.view("shopify:1")["cancel_reason"] == "fraud"
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 10}


def test_a_cancellation_after_part_has_shipped_cancels_the_rest(shop, said):
    said.order("1", ("CUP", 13))
    said.shipment("S1", "1")
    said.cancellation("1")
    said.cancellation("1")
    apply(shop, said)
    assert statuses(shop, "1") == ("closed", "paid", "fulfilled")
    line = shop.view("shopify:1")["lines"][0]
    assert (line["shipped"], line["canceled"], line["backordered"]) == (10, 3, 0)


def test_units_canceled_by_refund_are_the_waiting_ones_first(shop, said):
    said.order("1", ("CUP", 13))
    said.refund("F1", "1", ("a", "CUP", 5, "cancel"))
    apply(shop, said)
    line = shop.view("shopify:1")["lines"][0]
    assert (line["canceled"], line["backordered"], line["allocated"]) == (5, 0, 8)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 2, "committed": 8}
    assert statuses(shop, "1") == ("open", "partially_refunded", "unfulfilled")


def test_shipped_units_come_back_into_stock_where_returns_go(shop, said):
    said.count("CUP", "LONDON", 20)
    said.order("1", ("CUP", 15))
    said.shipment("S1", "1")
    said.refund("F1", "1", ("a", "CUP", 4, "return"))
    apply(shop, said)
    assert shop.balance("CUP", "LONDON") == {"on_hand": 5, "available": 5}
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 14, "available": 14}
    returned = shop.view("shopify:1")["returns"][0]
    assert (returned["return_id"], returned["return_status"]) == ("F1", "closed")
    assert returned["lines"][0]["disposition"] == "restocked"
    assert statuses(shop, "1") == ("closed", "partially_refunded", "fulfilled")


def test_a_return_of_units_that_never_shipped_cancels_them(shop, said):
    said.order("1", ("CUP", 4))
    said.refund("F1", "1", ("a", "CUP", 3, "return"))
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 9, "committed": 1}
    line = shop.view("shopify:1")["lines"][0]
    assert (line["canceled"], line["returned"]) == (3, 0)


def test_a_cancel_of_units_that_have_shipped_brings_them_back(shop, said):
    said.order("1", ("CUP", 4))
    said.shipment("S1", "1")
    said.refund("F1", "1", ("a", "CUP", 3, "cancel"))
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 9, "available": 9}
    assert shop.view("shopify:1")["lines"][0]["returned"] == 3


def test_money_alone_moves_no_stock(shop, said):
    said.order("1", ("CUP", 4))
    said.shipment("S1", "1")
    said.refund("F1", "1", ("a", "CUP", 1, "no_restock", "0.50"))
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 6, "available": 6}
    assert str(shop.view("shopify:1")["refunded"]) == "0.5"


def test_the_book_follows_a_refund_beyond_what_was_paid_and_says_by_how_much(shop, said):
    said.order("1", ("CUP", 4))
    said.shipment("S1", "1")
    said.refund("F1", "1", ("a", "CUP", 4, "no_restock", "1.25"))
    apply(shop, said)
    event = shop.view("shopify:1")["events"][-1]
    assert event["detail"] == {"refund_id": "F1", "amount": 5.0, "over_captured": 1.0}
    assert statuses(shop, "1")[1] == "refunded"


def test_more_coming_back_than_was_sold_is_stock_all_the_same_and_is_said(shop, said):
    said.order("1", ("CUP", 4))
    said.shipment("S1", "1")
    said.refund("F1", "1", ("a", "CUP", 6, "return"))
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 12, "available": 12}
    assert shop.view("shopify:1")["lines"][0]["returned"] == 4
    refunded = next(e for e in shop.view("shopify:1")["events"] if e["event_kind"] == "refunded")
    assert refunded["detail"]["stray_units"] == 2


def test_goods_of_no_order_we_know_come_back_by_reference(shop, said):
    said.refund("F1", None, (None, "CUP", 2, "return"), (None, "CUP", 1, "no_restock"))
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 12, "available": 12}


def test_goods_that_come_back_serve_who_waits(shop, said):
    said.order("1", ("CUP", 10))
    said.order("2", ("CUP", 3))
    said.shipment("S1", "1")
    said.refund("F1", "1", ("a", "CUP", 2, "return"))
    apply(shop, said)
    line = shop.view("shopify:2")["lines"][0]
    assert (line["allocated"], line["backordered"]) == (2, 1)


def test_two_refunds_of_one_line_each_take_their_own_units(shop, said):
    said.order("1", ("CUP", 6))
    said.refund("F1", "1", ("a", "CUP", 2, "cancel"))
    said.shipment("S1", "1")
    said.refund("F2", "1", ("a", "CUP", 3, "return"))
    apply(shop, said)
    line = shop.view("shopify:1")["lines"][0]
    assert (line["canceled"], line["shipped"], line["returned"]) == (2, 4, 3)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 9, "available": 9}


def test_two_lines_of_one_refund_may_name_the_same_order_line(shop, said):
    said.order("1", ("CUP", 6))
    said.refund("F1", "1", ("a", "CUP", 2, "cancel"), ("a", "CUP", 4, "cancel"))
    apply(shop, said)
    assert statuses(shop, "1") == ("canceled", "refunded", "unfulfilled")
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": 10, "available": 10}


def test_a_parcel_with_nothing_in_it_is_noted_and_nothing_else(shop, said):
    said.order("1", ("LID", 4))
    said.shipment("S1", "1")
    said.delivery("S1", "1")
    apply(shop, said)
    kinds = [event["event_kind"] for event in shop.view("shopify:1")["events"]]
    assert kinds == ["placed", "backordered", "paid", "shipment_ignored", "delivery_ignored"]


def test_a_parcel_on_its_way_ends_the_hold_on_its_order(shop, said):
    said.order("1", ("CUP", 4))
    apply(shop, said)
    shop.orders.hold("shopify:1", reason="other", **shop.next())
    said.shipment("S1", "1")
    apply(shop, said)
    assert statuses(shop, "1") == ("closed", "paid", "fulfilled")


def test_a_write_off_takes_what_is_said_with_its_reason(shop, said):
    said.adjustment("CUP", "LEICESTER", -12, "wet")
    apply(shop, said)
    assert shop.balance("CUP", "LEICESTER") == {"on_hand": -2, "available": -2}
