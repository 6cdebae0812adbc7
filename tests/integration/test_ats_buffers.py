"""Thresholds from an oversell budget, and dated promises, from a real book."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oms_ops import bulk
from oms_ops import facts as f
from oms_ops.errors import InvalidCommand
from oms_ops.publishing import (
    acknowledge,
    history,
    policy_history,
    promises,
    publish,
    push,
    refresh_buffers,
    set_policy,
)
from tests.support.kits import make_kit
from tests.support.order_book import NOON, Stream

DAY = timedelta(days=1)
SHOPIFY = "shopify"


def with_budget(shop, budget=0.37, **more):
    """Shopify states a budget; its fixed threshold is 7."""
    return replace(
        shop.settings,
        channels=tuple(
            replace(row, oversell_budget=budget, threshold=7, **more) if row.channel_id == SHOPIFY else row
            for row in shop.settings.channels
        ),
    )


def sold_a_day(shop, *, units, days):
    """So many CUPs each day up to NOON, in orders of one or of all of them."""
    stream = Stream()
    stream.count("CUP", "LEICESTER", 10_000)
    for day in range(days):
        placed_at = int((NOON - DAY * (day + 0.5)).timestamp()) * 1_000_000
        fact = stream.order(str(day), ("CUP", units))
        stream.facts[-1] = fact._replace(placed_at=placed_at)
    bulk.apply(shop.book, stream.chunks(), settings=shop.settings)


def lagging(shop, *, seconds, times=20):
    """So many values acknowledged so late: two of them the first time, CUP and POT, then one each time."""
    shop.stock.receive("POT", "LEICESTER", quantity=100, **shop.next())
    for number in range(times - 1):
        shop.stock.receive("POT", "LEICESTER", quantity=1, **shop.next())
        moment = NOON - timedelta(hours=1) + timedelta(seconds=number)
        publish(shop.book, shop.settings, now=moment)
        push(shop.book, shop.settings, now=moment)
        acknowledge(
            shop.book, shop.settings, SHOPIFY, at=moment + timedelta(seconds=seconds), key=f"a{number}"
        )


def refresh(shop, key="refresh", now=NOON):
    return refresh_buffers(shop.book, shop.settings, now=now, key=key)


def threshold(shop, sku="CUP"):
    publish(shop.book, shop.settings, now=NOON)
    return history(shop.book, sku, channel_id=SHOPIFY)[-1]["terms"]["threshold"]


def test_an_unmeasured_lag_leaves_the_fixed_threshold_and_says_so(shop):
    shop.settings = with_budget(shop)
    sold_a_day(shop, units=144, days=28)
    lagging(shop, seconds=600, times=19)
    assert refresh(shop) == {
        "shopify": {
            "changed": 0,
            "note": "sync lag not measured (19 acknowledgements, 20 needed): the fixed threshold 7 holds",
        }
    }
    assert threshold(shop) == 7


def test_a_measured_lag_and_the_demand_meanwhile_set_the_threshold(shop):
    """144 a day on each of 28 days, ten minutes late: Poisson of 1 in a lag; 37 % of 1 needs 1 unit."""
    shop.settings = with_budget(shop)
    sold_a_day(shop, units=144, days=28)
    lagging(shop, seconds=600)
    found = refresh(shop)["shopify"]
    assert found == {"changed": 1, "note": "lag p95 600 s over 20 acknowledgements"}
    assert (threshold(shop), threshold(shop, "POT")) == (1, 7)
    (decision,) = policy_history(shop.book, place=SHOPIFY)
    assert decision["author"] == "oversell budget"
    assert decision["reason"].startswith(
        "at most 0.37 of the units sold, lag p95 600 s, 144 sold a day, 1 in a lag, Poisson: 1 units"
    )
    assert decision["reason"] in history(shop.book, "CUP", channel_id=SHOPIFY)[-1]["terms"]["explanation"]
    assert refresh(shop, key="again")["shopify"]["changed"] == 0


def test_days_that_vary_need_more_than_days_that_do_not(shop):
    shop.settings = with_budget(shop, budget=0.001)
    sold_a_day(shop, units=144 * 14, days=2)
    lagging(shop, seconds=600)
    refresh(shop)
    assert threshold(shop) > 5
    assert "negative binomial" in policy_history(shop.book, place=SHOPIFY)[0]["reason"]


def test_a_persons_threshold_is_not_replaced_and_one_from_the_budget_ends_with_it(shop):
    shop.settings = with_budget(shop)
    sold_a_day(shop, units=144, days=28)
    lagging(shop, seconds=600)
    refresh(shop)
    said = {"place": SHOPIFY, "term": "threshold", "sku": "CUP", "author": "ana", "reason": "gift season"}
    set_policy(shop.book, shop.settings, **said, value=30, **shop.next())
    assert refresh(shop, key="second")["shopify"]["changed"] == 0
    assert threshold(shop) == 30
    set_policy(shop.book, shop.settings, **said, value=None, **shop.next())
    assert refresh(shop, key="third")["shopify"]["changed"] == 1
    assert threshold(shop) == 1
    refresh(shop, key="a month later", now=NOON + 60 * DAY)
    assert threshold(shop) == 7


def due(stream, name, place, quantity, days):
    expected_at = None if days is None else int((NOON + DAY * days).timestamp()) * 1_000_000
    stream._add(
        f.PurchaseOrderFact, purchase_order_line_id=name, supplier_id="SUP", sku="CUP", location_id=place,
        quantity=quantity, expected_at=expected_at,
    )  # fmt: skip


def test_promises_follow_what_is_free_what_comes_to_the_network_and_what_waits(shop):
    """2 at Leicester; 6 come on day 10, 40 on day 90; 5 to Glasgow, where the Europe shop does not sell."""
    stream = Stream()
    stream.count("CUP", "LEICESTER", 2)
    due(stream, "P1/1", "LONDON", 6, 10)
    due(stream, "P2/1", "LONDON", 40, 90)
    due(stream, "P3/1", "GLASGOW", 5, 20)
    due(stream, "P4/1", "LONDON", 9, None)
    stream.order("1", ("CUP", 5))
    bulk.apply(shop.book, stream.chunks(), settings=shop.settings)
    found = promises(shop.book, shop.settings, "CUP", channel_id=SHOPIFY, now=NOON)
    assert [found.on(NOON + day * DAY) for day in (0, 10, 20, 90)] == [0, 3, 8, 48]
    assert found.first_at(4) == NOON + 20 * DAY
    assert found.first_at(49) is None
    assert [flow.source for flow in found.promise.ignored] == ["P4/1"]
    europe = promises(shop.book, shop.settings, "CUP", channel_id="woocommerce", now=NOON)
    assert [europe.on(NOON + day * DAY) for day in (0, 10, 20, 90)] == [0, 2, 2, 42]
    unknown = promises(shop.book, shop.settings, "CAP", channel_id=SHOPIFY, now=NOON)
    assert (unknown.free, unknown.on(NOON), unknown.first_at(1)) == (0, 0, None)


def test_an_order_promised_for_later_leaves_what_comes_before_it_to_others_only_as_far_as_it_can(shop):
    """3 wait for day 15; 6 come on day 10 and 1 on day 20: 3 may be promised from day 10, 4 from day 20."""
    stream = Stream()
    due(stream, "P1/1", "LONDON", 6, 10)
    due(stream, "P2/1", "LONDON", 1, 20)
    fact = stream.order("1", ("CUP", 3))
    day_15 = int((NOON + 15 * DAY).timestamp()) * 1_000_000
    stream.facts[-1] = fact._replace(promised_ship_by=day_15)
    bulk.apply(shop.book, stream.chunks(), settings=shop.settings)
    found = promises(shop.book, shop.settings, "CUP", channel_id=SHOPIFY, now=NOON)
    assert [found.on(NOON + day * DAY) for day in (9, 10, 15, 20)] == [0, 3, 3, 4]


def test_a_kit_is_promised_by_its_components_and_counts_against_them(shop):
    make_kit(shop, "SET", {"CUP": 4})
    stream = Stream()
    stream.count("CUP", "LEICESTER", 10)
    stream.order("1", ("SET", 2))
    bulk.apply(shop.book, stream.chunks(), settings=shop.settings)
    assert promises(shop.book, shop.settings, "CUP", channel_id=SHOPIFY, now=NOON).on(NOON) == 2
    with pytest.raises(InvalidCommand, match="SET is a kit; .* components: CUP"):
        promises(shop.book, shop.settings, "SET", channel_id=SHOPIFY, now=NOON)
