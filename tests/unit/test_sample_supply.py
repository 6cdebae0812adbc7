"""The simulated supply: there before it is needed, gone in a gap, late only where a batch is."""

from __future__ import annotations

import numpy as np
import pytest

from sample.supply import DAY, HOUR, NEVER, Sku, Supplier, batches, ready_at, split, suppliers

START = 14_610 * DAY  # 2010-01-01
OPENING = START - 2 * DAY + 6 * HOUR
SEED = 7


def sku_of(events: list[tuple[int, int]], *, pack_size: int = 1, sells_in_europe: bool = True) -> Sku:
    """Events are (day of the year, change), each at noon."""
    at = np.array([START + day * DAY + 12 * HOUR for day, _ in events], dtype=np.int64)
    change = np.array([change for _, change in events], dtype=np.int64)
    return Sku("A1", pack_size, pack_size, sells_in_europe, Supplier(1, 10, 0.1), at, change)


def plan(sku: Sku, *, last_day: int = 400):
    days = np.arange(14_610, 14_610 + last_day)
    return batches(sku, seed=SEED, opening=OPENING, clock=START + last_day * DAY, open_days=days)


def stock_just_before(sku: Sku, found, at: int) -> int:
    came = 0
    for batch in found:
        first = batch.quantity if batch.rest_at is None else batch.quantity * 7 // 10
        came += first * (batch.arrives_at < at)
        came += (batch.quantity - first) * ((batch.rest_at or 0) < at)
    return came + int(sku.change[sku.at < at].sum())


def test_units_are_there_before_each_sale_unless_their_batch_is_late():
    rng = np.random.default_rng(3)
    sku = sku_of([(day, -int(rng.integers(1, 30))) for day in range(0, 380, 2)])
    found = plan(sku)
    short = [
        at
        for at, change in zip(sku.at, sku.change, strict=True)
        if stock_just_before(sku, found, at) < -change
    ]
    late = [batch for batch in found if batch.is_late]
    assert len(found) > 5
    assert all(any(batch.arrives_at > at > batch.arrives_at - 5 * DAY for batch in late) for at in short)


def test_the_shelf_is_empty_through_an_unusual_gap_and_filled_the_day_before_the_next_sale():
    sku = sku_of([(day, -10) for day in [*range(100), *range(130, 200)]])
    found = plan(sku)
    for day in (100, 110, 128):
        assert stock_just_before(sku, found, START + day * DAY + 23 * HOUR) == 0
    assert stock_just_before(sku, found, START + 130 * DAY) >= 10


def test_goods_that_came_back_are_not_bought_again():
    bought = sum(batch.quantity for batch in plan(sku_of([(0, -100), (40, -100)])) if batch.is_opening)
    again = sku_of([(0, -100), (5, 100), (40, -100)])
    total = sum(batch.quantity for batch in plan(again))
    assert bought >= 100
    assert total < 200


def test_purchases_come_in_packs_and_in_no_less_than_the_minimum():
    sku = sku_of([(day, -7) for day in range(0, 300, 30)], pack_size=12)
    assert {batch.quantity % 12 for batch in plan(sku)} == {0}
    assert min(batch.quantity for batch in plan(sku)) >= 12


def test_a_purchase_is_ordered_before_it_arrives():
    found = plan(sku_of([(day, -5) for day in range(0, 380, 3)]))
    assert all(batch.ordered_at < batch.arrives_at for batch in found if not batch.is_opening)
    assert found[0].is_opening


def test_the_same_seed_buys_the_same():
    sku = sku_of([(day, -5) for day in range(0, 380, 3)])
    assert plan(sku) == plan(sku)
    assert suppliers(1) == suppliers(1) != suppliers(2)


def test_an_event_is_ready_when_the_units_up_to_it_have_come_first_come_first_served():
    at = np.array([10, 20, 30, 40], dtype=np.int64)
    change = np.array([-5, -5, 2, -3], dtype=np.int64)
    ready = ready_at(at, change, [(5, 6), (25, 3), (50, 2)])
    assert ready.tolist() == [10, 30, 30, 50]  # 5 of 6 at 5; 10 need the 3 and 2 more; 13 need all


def test_an_event_nothing_will_ever_fill_is_never_ready():
    assert ready_at(np.array([10]), np.array([-5]), [(5, 4)]).tolist() == [NEVER]


@pytest.mark.parametrize("quantity", [1, 11, 12, 60, 997])
def test_a_batch_is_split_without_losing_a_unit(quantity):
    for sells_in_europe in (True, False):
        places = split(quantity, sku_of([], sells_in_europe=sells_in_europe), rng=np.random.default_rng(1))
        assert sum(places.values()) == quantity
        assert min(places.values()) > 0


def test_what_the_europe_shop_sells_is_never_stocked_in_glasgow():
    assert "GLASGOW" not in split(1000, sku_of([], sells_in_europe=True), rng=np.random.default_rng(1))
    assert "GLASGOW" in split(1000, sku_of([], sells_in_europe=False), rng=np.random.default_rng(1))
