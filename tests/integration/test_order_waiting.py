"""Waiting for stock within a cap, preorders until their date, and deadlines that cancel."""

import multiprocessing
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from oms_ops import bulk
from oms_ops.changes import AddLine, SetQuantity
from oms_ops.errors import InvalidCommand, OutOfStock, OverBackorderCap
from oms_ops.service import OrderService
from oms_ops.store import open_book, supply
from tests.support.order_book import NOON, Shop, Stream, new_order

CONTEXT = multiprocessing.get_context("spawn")

SPRING = NOON + timedelta(days=60)


def policy(shop, sku, **terms):
    return shop.orders.set_sku_policy(sku, **terms, **shop.next())


def line(shop, order, number=0):
    found = shop.view(order)["lines"][number]
    return {name: found[name] for name in ("canceled", "backordered", "allocated") if found[name]}


def with_channel(shop, **changes):
    """The order commands where the web shop has other settings."""
    channels = tuple(
        replace(channel, **changes) if channel.channel_id == "shopify" else channel
        for channel in shop.settings.channels
    )
    return OrderService(shop.book, replace(shop.settings, channels=channels))


def test_no_more_units_wait_than_the_cap_and_the_refusal_names_it(shop):
    policy(shop, "CUP", backorder_cap=3)
    shop.receive("CUP", "LEICESTER", 1)
    first = shop.place("1", ("CUP", 3), may_wait=True)
    with pytest.raises(OverBackorderCap) as refused:
        shop.place("2", ("CUP", 2), ("POT", 1), may_wait=True)
    assert refused.value.over == {"CUP": (2, 2, 3)}
    assert refused.value.shortages == {"CUP": (2, 1)}
    assert "CUP: 2 units would wait beside 2 of other orders, its cap is 3" in str(refused.value)
    second = shop.place("2", ("CUP", 1), ("POT", 1), may_wait=True)
    with pytest.raises(OverBackorderCap):
        shop.orders.edit(first, changes=[SetQuantity("a", 4)], may_wait=True, **shop.next())
    shop.orders.edit(second, changes=[AddLine("x", "LID", 1, "1")], may_wait=True, **shop.next())
    shop.orders.edit(second, changes=[SetQuantity("b", 2)], may_wait=True, **shop.next())
    shop.receive("CUP", "LEICESTER", 2)
    assert line(shop, first) == {"allocated": 3}
    shop.orders.edit(second, changes=[SetQuantity("a", 3)], may_wait=True, **shop.next())
    with pytest.raises(OverBackorderCap):
        shop.orders.edit(second, changes=[SetQuantity("a", 4)], may_wait=True, **shop.next())


def test_a_cap_of_zero_lets_nothing_wait_and_the_last_policy_counts(shop):
    policy(shop, "CUP", backorder_cap=0)
    with pytest.raises(OverBackorderCap, match="its cap is 0"):
        shop.place("1", ("CUP", 1), may_wait=True)
    policy(shop, "CUP")
    shop.place("1", ("CUP", 9), may_wait=True)
    with pytest.raises(InvalidCommand, match="0 or more, found -1"):
        policy(shop, "CUP", backorder_cap=-1)


def test_what_a_channel_sold_is_a_fact_beyond_any_cap(shop):
    policy(shop, "CUP", backorder_cap=0)
    told = Stream()
    told.order("7", ("CUP", 2))
    bulk.apply(shop.book, told.chunks(), settings=shop.settings)
    assert line(shop, "shopify:7") == {"backordered": 2}
    shop.orders.edit("shopify:7", changes=[AddLine("x", "POT", 1, "0")], may_wait=True, **shop.next())


def test_a_preorder_is_accepted_without_stock_up_to_its_cap_and_says_when_it_ships(shop):
    policy(shop, "NEW", backorder_cap=3, preorder_ships_at=SPRING)
    order = shop.place("1", ("NEW", 2))
    view = shop.view(order)
    assert (view["fulfillment_status"], view["lines"][0]["ships_not_before"]) == ("scheduled", SPRING)
    assert view["promised_ship_by"] == SPRING + timedelta(days=2)
    assert shop.orders.where_is(order) == f"Order shopify:1 is open: 2 units from {SPRING:%Y-%m-%d} on."
    with pytest.raises(OverBackorderCap, match="NEW: 2 units would wait beside 2 of other orders"):
        shop.place("2", ("NEW", 2))


def test_a_preorder_takes_no_stock_before_its_date_and_then_in_order(shop):
    early = shop.place("1", ("NEW", 1), may_wait=True)
    policy(shop, "NEW", preorder_ships_at=SPRING)
    first = shop.place("2", ("NEW", 2))
    second = shop.place("3", ("NEW", 2))
    shop.receive("NEW", "LEICESTER", 4)
    assert [line(shop, order) for order in (early, first)] == [{"allocated": 1}, {"backordered": 2}]
    with shop.book.read() as con:
        assert supply.waiting(con) == {}
    assert shop.orders.release_due(at=SPRING - timedelta(days=1)).orders == 0
    assert shop.orders.release_due(at=SPRING, limit=1).done == {"released": [first]}
    assert shop.orders.release_due(at=SPRING).done == {"released": [second]}
    assert shop.orders.release_due(at=SPRING).orders == 0
    assert [line(shop, order) for order in (first, second)] == [
        {"allocated": 2}, {"backordered": 1, "allocated": 1},
    ]  # fmt: skip
    shop.receive("NEW", "LEICESTER", 1)
    assert line(shop, second) == {"allocated": 2}


def test_ordinary_stock_is_sold_beside_a_preorder_and_after_its_date_it_is_an_ordinary_sku(shop):
    policy(shop, "NEW", preorder_ships_at=SPRING)
    order = shop.place("1", ("CUP", 1), ("NEW", 1), may_wait=True)
    shop.receive("CUP", "LEICESTER", 1)
    assert line(shop, order) == {"allocated": 1}
    shop.ship(order, "S1")
    late = new_order("2", ("NEW", 1))
    with pytest.raises(OutOfStock):
        shop.orders.place(late, at=SPRING + timedelta(days=1), key="late")


def test_a_preorder_is_canceled_like_any_unit_that_waits(shop):
    policy(shop, "NEW", preorder_ships_at=SPRING)
    order = shop.place("1", ("NEW", 3))
    shop.orders.cancel(order, reason="customer", units={"a": 1}, **shop.next())
    assert line(shop, order) == {"canceled": 1, "backordered": 2}
    shop.orders.cancel(order, reason="customer", **shop.next())
    assert shop.orders.release_due(at=SPRING).orders == 0


def test_a_preorder_date_that_moves_moves_those_who_wait_for_it(shop):
    policy(shop, "NEW", preorder_ships_at=SPRING)
    order = shop.place("1", ("NEW", 1))
    assert policy(shop, "NEW", preorder_ships_at=SPRING + timedelta(days=7))["orders_moved"] == 1
    assert shop.view(order)["lines"][0]["ships_not_before"] == SPRING + timedelta(days=7)
    shop.receive("NEW", "LEICESTER", 1)
    policy(shop, "NEW")
    assert line(shop, order) == {"allocated": 1}


def test_channels_report_preorders_too(shop):
    policy(shop, "NEW", preorder_ships_at=SPRING)
    told = Stream()
    told.count("NEW", "LEICESTER", 5)
    told.order("7", ("NEW", 2))
    bulk.apply(shop.book, told.chunks(), settings=shop.settings)
    assert line(shop, "shopify:7") == {"backordered": 2}
    assert shop.orders.release_due(at=SPRING).orders == 1
    assert line(shop, "shopify:7") == {"allocated": 2}


def test_an_order_that_is_not_paid_in_time_is_canceled_and_its_stock_goes_on(shop):
    shop.receive("CUP", "LEICESTER", 3)
    orders = with_channel(shop, payment_expires_minutes=60)
    for name in "123":
        orders.place(new_order(name, ("CUP", 1)), **shop.next())
    waits = shop.place("4", ("CUP", 1), may_wait=True)
    shop.pay("shopify:2", 1, kind="authorization")
    shop.ship("shopify:3", "S3")
    assert orders.expire_due(at=NOON + timedelta(minutes=30)).orders == 0
    later = NOON + timedelta(hours=2)
    report = orders.expire_due(at=later)
    assert report.done == {"canceled": ["shopify:1"], "kept": ["shopify:2", "shopify:3"]}
    assert report.refused == {}
    assert orders.expire_due(at=later).orders == 0
    view = shop.view("shopify:1")
    assert (view["order_status"], view["cancel_reason"]) == ("canceled", "expired")
    assert line(shop, waits) == {"allocated": 1}
    assert shop.view("shopify:2")["events"][-1]["event_kind"] == "deadline_lifted"


def test_expiry_goes_on_where_it_stopped(shop):
    orders = with_channel(shop, payment_expires_minutes=1)
    for name in "123":
        orders.place(new_order(name, ("CUP", 1)), may_wait=True, **shop.next())
    later = NOON + timedelta(days=1)
    done = [orders.expire_due(at=later, limit=2).done for _ in range(3)]
    assert done == [{"canceled": ["shopify:1", "shopify:2"]}, {"canceled": ["shopify:3"]}, {}]


def test_units_that_wait_too_long_are_canceled_and_the_rest_is_kept(shop):
    shop.receive("CUP", "LEICESTER", 1)
    orders = with_channel(shop, backorder_max_wait_days=10)
    for name, sku in (("1", "CUP"), ("2", "POT"), ("3", "LID")):
        orders.place(new_order(name, (sku, 2)), may_wait=True, **shop.next())
    shop.receive("LID", "LEICESTER", 2)
    assert orders.expire_due(at=NOON + timedelta(days=9)).orders == 0
    report = orders.expire_due(at=NOON + timedelta(days=11))
    assert report.done == {"units": ["shopify:1"], "canceled": ["shopify:2"], "kept": ["shopify:3"]}
    assert line(shop, "shopify:1") == {"canceled": 1, "allocated": 1}
    assert shop.view("shopify:2")["cancel_reason"] == "expired"


def test_units_an_edit_lets_wait_may_wait_as_long_and_preorders_from_their_date_on(shop):
    orders = with_channel(shop, backorder_max_wait_days=10)
    shop.receive("CUP", "LEICESTER", 1)
    orders.place(new_order("1", ("CUP", 1)), **shop.next())
    orders.edit("shopify:1", changes=[SetQuantity("a", 2)], may_wait=True, **shop.next())
    assert shop.view("shopify:1")["waits_until"] == NOON + timedelta(days=10, minutes=shop.calls)
    policy(shop, "NEW", preorder_ships_at=SPRING)
    orders.place(new_order("2", ("NEW", 1)), **shop.next())
    assert shop.view("shopify:2")["waits_until"] == SPRING + timedelta(days=10)


def test_an_order_and_a_draft_may_bring_a_deadline_of_their_own(shop):
    shop.receive("CUP", "LEICESTER", 2)
    order = shop.place("1", ("CUP", 1), expires_at=NOON + timedelta(hours=1))
    shop.orders.draft(new_order("2", ("CUP", 1), expires_at=NOON + timedelta(hours=1)), **shop.next())
    assert shop.view(order)["expires_at"] == NOON + timedelta(hours=1)
    report = shop.orders.expire_due(at=NOON + timedelta(hours=1))
    assert report.done == {"canceled": ["shopify:1", "shopify:2"]}


def test_a_held_order_keeps_its_place_in_line(shop):
    held = shop.place("1", ("CUP", 1), may_wait=True)
    shop.place("2", ("CUP", 1), may_wait=True)
    shop.orders.hold(held, reason="awaiting_payment", **shop.next())
    shop.receive("CUP", "LEICESTER", 1)
    assert line(shop, held) == {"allocated": 1}
    assert shop.view(held)["fulfillment_orders"][0]["state"] == "on_hold"


def _wait_for_one(settings, buyer: int, gate, results) -> None:
    with open_book(settings.order_book_url) as book:
        shop = Shop(book, settings)
        gate.wait()
        for number in range(4):
            name = f"{buyer}-{number}"
            order = new_order(name, ("CUP", 1))
            try:
                shop.orders.place(order, at=NOON, key=name, may_wait=True)
                results.put("waits")
            except OverBackorderCap:
                results.put("refused")


def test_processes_racing_for_the_last_place_in_line_fill_it_once(shop):
    policy(shop, "CUP", backorder_cap=5)
    gate, results = CONTEXT.Barrier(2), CONTEXT.Queue()
    racers = [
        CONTEXT.Process(target=_wait_for_one, args=(shop.settings, buyer, gate, results)) for buyer in (1, 2)
    ]
    for racer in racers:
        racer.start()
    said = Counter(results.get(timeout=120) for _ in range(8))
    for racer in racers:
        racer.join(60)
    assert said == {"waits": 5, "refused": 3}
