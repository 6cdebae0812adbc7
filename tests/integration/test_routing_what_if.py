"""Past orders routed again under other rules: cost, splits, lateness, units left, by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms_ops.errors import InvalidCommand, InvalidRules
from oms_ops.service import ReservationService
from oms_ops.what_if import what_if
from tests.support.order_book import NOON, new_order, whole_book
from tests.support.routed_shop import RATES, ZONES, by_location, routed

MAP = {"shipping_zone": ZONES, "shipping_rate": RATES, "sku_weight": {"default_kg": 0.5}}
DAYS = {"since": NOON, "until": NOON + timedelta(days=10)}


def rules(*found: dict) -> dict:
    return MAP | {"routing": [{"name": "cheapest", "rule": list(found)}]}


CHEAPEST = rules({"name": "any", "unfilled": "wait"})


@pytest.fixture
def shop(shop):
    return routed(shop, MAP)


def test_the_cheapest_rule_would_have_sent_the_northern_order_from_the_north(shop):
    """By priority both orders leave LONDON: 9.00 to the north, 3.00 to the south."""
    shop.receive("A", "LONDON", 5)
    shop.receive("A", "GLASGOW", 5)
    north = shop.place("1", ("A", 2), postcode="G1")
    shop.place("2", ("A", 1))
    shop.ship(north, "S1")
    before = whole_book(shop.book)
    found = what_if(shop.book, shop.settings, CHEAPEST, **DAYS)
    assert whole_book(shop.book) == before
    assert found["orders"] == 2
    assert (found["now"]["shipping"], found["other"]["shipping"]) == (12.0, 6.0)
    assert found["difference"]["shipping"] == -6.0
    assert found["now"]["by_rule"] == {"by priority": 2}
    assert found["other"]["by_rule"] == {"cheapest: any": 2}
    assert (found["other"]["filled_units"], found["other"]["unfilled_units"]) == (3, 0)


def test_splits_and_days_late_are_counted_beyond_the_promise(shop):
    """One unit at each end, promised within 5 days; across takes 3 and the warehouse 4 more: 2 days late."""
    routed(shop, MAP, places={"GLASGOW": {"handling_days": 4}})
    shop.receive("A", "LONDON", 1)
    shop.receive("A", "GLASGOW", 1)
    shop.place("1", ("A", 2))
    whole = rules({"name": "whole", "partial": False, "max_parcels": 1, "unfilled": "manual"})
    found = what_if(shop.book, shop.settings, whole, **DAYS)
    now, other = found["now"], found["other"]
    assert (now["parcels"], now["split_orders"], now["shipping"]) == (2, 1, 12.0)
    assert (now["late_orders"], now["late_days"]) == (1, 2)
    assert (other["parcels"], other["orders_for_a_person"], other["unfilled_units"]) == (0, 1, 2)
    assert found["difference"]["late_days"] == -2


def test_what_the_replayed_orders_took_is_there_again_and_what_others_took_is_not(shop):
    shop.receive("A", "LONDON", 5)
    old = shop.place("old", ("A", 2))
    since = NOON + timedelta(hours=1)
    shop.calls = 60
    shop.place("1", ("A", 3))
    shop.orders.cancel(old, reason="customer", **shop.next())
    late = shop.place("2", ("A", 2))
    assert by_location(shop, late) == {"LONDON": 2}
    found = what_if(shop.book, shop.settings, CHEAPEST, since=since, until=DAYS["until"])
    assert (found["orders"], found["now"]["filled_units"], found["now"]["unfilled_units"]) == (2, 5, 0)


def test_orders_that_waited_are_filled_when_the_goods_came(shop):
    shop.place("1", ("A", 2), may_wait=True)
    shop.calls += 6 * 24 * 60 - 1
    shop.receive("A", "LONDON", 2)
    found = what_if(shop.book, shop.settings, CHEAPEST, **DAYS)
    assert found["now"]["filled_units"] == 2
    assert (found["now"]["late_orders"], found["now"]["late_days"]) == (1, 2)  # 6 + 1 days for 5 promised


def test_units_set_aside_by_a_checkout_are_the_orders_own(shop):
    shop.receive("A", "LONDON", 2)
    held = ReservationService(shop.book, shop.settings)
    expires_at = NOON + timedelta(days=1)
    held.reserve("R1", channel_id="shopify", items={"A": 2}, expires_at=expires_at, **shop.next())
    held.convert("R1", new_order("1", ("A", 2)), **shop.next())
    found = what_if(shop.book, shop.settings, CHEAPEST, **DAYS)
    assert (found["now"]["filled_units"], found["other"]["filled_units"]) == (2, 2)


def test_hands_and_the_age_of_stock_count_in_the_past_as_they_did(shop):
    routed(shop, MAP, places={"LONDON": {"orders_per_day": 1}})
    shop.receive("A", "LONDON", 5)
    shop.calls += 2 * 24 * 60
    shop.receive("A", "GLASGOW", 5)
    for name in "123":
        shop.place(name, ("A", 1))
    old = rules(
        {"name": "old", "min_stock_age_days": 1, "unfilled": "next"}, {"name": "any", "unfilled": "wait"}
    )
    found = what_if(shop.book, shop.settings, old, **DAYS)["other"]
    assert found["by_rule"] == {"cheapest: any": 2, "cheapest: old": 1}
    assert found["shipping"] == 3.0 + 9.0 + 9.0


def test_an_empty_period_and_rules_that_cannot_be_used_are_refused(shop):
    with pytest.raises(InvalidCommand, match="is empty"):
        what_if(shop.book, shop.settings, CHEAPEST, since=NOON, until=NOON)
    with pytest.raises(InvalidRules, match="other.toml: .* needs at least one"):
        what_if(shop.book, shop.settings, rules(), source="other.toml", **DAYS)
