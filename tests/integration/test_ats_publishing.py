"""ATS published: what changed, once each, and the same as computing everything."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from oms_ops.availability import availability
from oms_ops.errors import OmsError
from oms_ops.invariants import repair
from oms_ops.publishing import (
    history,
)
from tests.support.kits import make_kit
from tests.support.published_ats import AMAZON, SHOPIFY, computed, decide, publish_now, shown


def test_the_first_time_everything_is_published_with_its_terms_then_nothing_until_something_changes(shop):
    shop.receive("CUP", "LEICESTER", 10)
    shop.receive("CUP", "GLASGOW", 3)
    report = publish_now(shop)
    assert (report.computed, report.changed) == (4, 4)
    assert report.because == "nothing was published from this state yet"
    assert shown(shop) == {
        ("shopify", "CUP"): 13, ("amazon", "CUP"): 9, ("woocommerce", "CUP"): 8, ("wholesale", "CUP"): 13,
    }  # fmt: skip
    (row,) = history(shop.book, "CUP", channel_id=AMAZON)
    assert row["terms"]["explanation"] == (
        "10 at LEICESTER + 0 at LONDON + 3 at GLASGOW - 0 unrouted - 2 threshold = 11; x 0.9, at most 500 = 9"
    )
    assert row["terms"]["free_by_location"] == {"LEICESTER": 10, "LONDON": 0, "GLASGOW": 3}
    assert row["movement_seq"] == shop.book.last_movement_seq() == report.movement_seq
    again = publish_now(shop)
    assert (again.computed, again.changed, again.because) == (0, 0, "")


def test_only_the_skus_something_happened_to_are_computed_and_only_new_values_published(shop):
    for sku in ("CUP", "POT", "LID"):
        shop.receive(sku, "LEICESTER", 10)
    publish_now(shop)
    shop.place("1", ("POT", 4))
    report = publish_now(shop)
    assert (report.computed, report.changed, report.because) == (4, 4, "")
    assert [row["value"] for row in history(shop.book, "POT", channel_id=SHOPIFY)] == [10, 6]
    shop.pay("shopify:1", 4)
    report = publish_now(shop)
    assert (report.computed, report.changed) == (4, 0)


def test_units_that_wait_for_stock_are_taken_off_even_while_their_order_is_held(shop):
    shop.receive("CUP", "GLASGOW", 9)
    shop.place("1", ("CUP", 4), channel="woocommerce", may_wait=True)
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 5
    shop.orders.hold("woocommerce:1", reason="other", **shop.next())
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 5
    shop.orders.cancel("woocommerce:1", reason="customer", **shop.next())
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 9


def test_a_repaired_balance_is_published_though_nothing_moved(shop):
    shop.receive("CUP", "LEICESTER", 10)
    with shop.book.write() as con:
        con.exec_driver_sql("UPDATE stock_balance SET available = 90")
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 90
    repair(shop.book)
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "CUP"] == 10


def test_changed_settings_are_published_and_a_channel_that_is_gone_is_told_nothing_is_left(shop):
    shop.receive("CUP", "LEICESTER", 10)
    publish_now(shop)
    channels = tuple(replace(row, threshold=4) for row in shop.settings.channels if row.channel_id != AMAZON)
    shop.settings = replace(shop.settings, channels=channels)
    assert publish_now(shop).because == "settings or kits changed"
    assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[AMAZON, "CUP"]) == (6, 0)


def test_kits_are_published_with_their_components_and_what_waits_in_kits_is_taken_off_them(shop):
    shop.receive("CUP", "LEICESTER", 12)
    shop.receive("POT", "LEICESTER", 5)
    make_kit(shop, "SET", {"CUP": 4, "POT": 1})
    publish_now(shop)
    assert shown(shop)[SHOPIFY, "SET"] == 3
    shop.place("1", ("CUP", 1))
    report = publish_now(shop)
    assert (report.because, report.computed) == ("", 8)
    assert shown(shop)[SHOPIFY, "SET"] == 2
    decide(shop, SHOPIFY, "is_listed", 0, sku="CUP")
    publish_now(shop)
    assert (shown(shop)[SHOPIFY, "CUP"], shown(shop)[SHOPIFY, "SET"]) == (0, 2)
    shop.place("2", ("SET", 1), may_wait=True)
    publish_now(shop)
    assert {sku: shown(shop)["wholesale", sku] for sku in ("CUP", "POT", "SET")} == {
        "CUP": 7, "POT": 4, "SET": 1,
    }  # fmt: skip


def test_a_kit_that_is_built_ahead_sells_its_own_stock(shop):
    shop.receive("CUP", "LEICESTER", 12)
    shop.receive("SET", "LEICESTER", 2)
    make_kit(shop, "SET", {"CUP": 4}, is_stocked=True)
    publish_now(shop)
    assert (shown(shop)[SHOPIFY, "SET"], shown(shop)[SHOPIFY, "CUP"]) == (2, 12)


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_what_was_published_step_by_step_is_what_all_of_it_comes_to(shop, seed):
    """And never more than the network has, each location taken as at least nothing."""
    rng = random.Random(seed)
    skus, places = ("CUP", "POT", "LID", "TEA"), ("LEICESTER", "LONDON", "GLASGOW")
    if seed % 2:
        make_kit(shop, "SET", {"CUP": 2, "POT": 1})
        make_kit(shop, "HAMPER", {"SET": 1, "CUP": 1, "TEA": 3})
    sold = (*skus, "SET") if seed % 2 else skus
    names = []

    def receive():
        shop.receive(rng.choice(skus), rng.choice(places), rng.randint(1, 9))

    def adjust():
        units = rng.choice((-6, -2, 3))
        shop.stock.adjust(rng.choice(skus), rng.choice(places), quantity=units, reason="x", **shop.next())

    def place():
        channel, name = rng.choice((SHOPIFY, AMAZON, "woocommerce")), str(len(names))
        names.append(shop.place(name, (rng.choice(sold), rng.randint(1, 7)), channel=channel, may_wait=True))

    def cancel():
        shop.orders.cancel(rng.choice(names), reason="customer", **shop.next())

    def ship():
        shop.ship(rng.choice(names), f"S{shop.calls}")

    def policy():
        term, value = rng.choice((("threshold", 2), ("share", 0.6), ("max_quantity", 4), ("is_listed", 0)))
        decide(shop, rng.choice((SHOPIFY, AMAZON)), term, rng.choice((value, None)), sku=rng.choice(sold))

    def buffer():
        decide(shop, rng.choice(places), "facility_buffer", rng.choice((3, None)), sku=rng.choice(skus))

    partial = 0
    for _ in range(60):
        action = rng.choice((receive, receive, adjust, place, place, cancel, ship, policy, buffer))
        try:
            action()
        except (OmsError, IndexError):
            continue
        if rng.random() < 0.5:
            report = publish_now(shop)
            partial += bool(report.computed and not report.because)
            told = shown(shop)
            whole = computed(shop)
            assert {pair: value for pair, value in told.items() if value or pair in whole} == whole
            assert publish_now(shop, is_full=True).changed == 0
    assert partial > 10
    available = shop.available()
    for offer in availability(shop.book, shop.settings):
        if offer.sku in skus:
            network = shop.settings.channel(offer.channel_id).network
            assert offer.ats.value <= sum(max(0, available[offer.sku].get(place, 0)) for place in network)
