"""One order's best locations: as good as trying everything, by hand where a person can, and quick."""

from __future__ import annotations

import random
from time import perf_counter

import pytest

from oms_ops.routing.choose import choose, worth
from oms_ops.routing.problem import Offer, Problem, cost
from oms_ops.routing.rates import Rate, find_rate, price_e4, steps
from tests.support.routing_cases import best_worth, is_allowed, random_problem

TABLE = ((1000, 30_000), (5000, 50_000))


def offer(name: str, table=TABLE, **stock: int) -> Offer:
    return Offer(name, stock, table, table)


def problem(offers, *, split_e4: int = 0, **more) -> Problem:
    return Problem((("A", 2), ("B", 1)), {"A": 400, "B": 900}, tuple(offers), split_e4, **more)


def test_one_parcel_at_the_heavier_price_beats_two_light_ones():
    """1.7 kg in one parcel 5.00; A from one place and B from another 3.00 + 3.00."""
    found = choose(problem([offer("L1", A=2), offer("L2", B=1), offer("L3", A=2, B=1)]))
    assert (found.key, found.units) == ((0, 50_000), {"L3": {"A": 2, "B": 1}})
    assert found.runner_up == ((0, 60_000), {"L1": {"A": 2}, "L2": {"B": 1}})


def test_two_light_parcels_beat_a_heavy_one_until_the_split_costs_something():
    dear = ((1000, 30_000), (5000, 90_000))
    offers = [offer("L1", A=2), offer("L2", B=1), offer("L3", dear, A=2, B=1)]
    assert choose(problem(offers)).units == {"L1": {"A": 2}, "L2": {"B": 1}}
    assert choose(problem(offers, split_e4=30_000)).units == {"L3": {"A": 2, "B": 1}}


def test_more_units_go_before_less_cost():
    found = choose(problem([offer("L1", A=2), offer("L2", B=1)]))
    assert found.key == (0, 60_000)
    assert choose(problem([offer("L1", A=2), offer("L2", B=1)], max_parcels=1)).key == (1, 30_000)


def test_a_parcel_below_the_least_units_is_not_sent_beside_another():
    offers = [offer("L1", A=2), offer("L2", A=1, B=1)]
    assert choose(problem(offers, min_units=2)).units == {"L1": {"A": 2}}
    assert choose(problem(offers, min_units=1)).key[0] == 0


def test_of_equal_plans_the_first_location_is_taken():
    found = choose(problem([offer("L2", A=2, B=1), offer("L1", A=2, B=1)]))
    assert found.units == {"L2": {"A": 2, "B": 1}}


def test_nothing_is_chosen_where_nobody_has_anything():
    found = choose(problem([]))
    assert (found.key, found.units, found.runner_up, found.is_exact) == ((3, 0), {}, None, True)


def test_a_parcel_beyond_the_heaviest_band_is_sent_as_several():
    assert [price_e4(TABLE, grams) for grams in (0, 1000, 1001, 5000, 5001, 6001, 10_000, 10_001)] == [
        30_000, 30_000, 50_000, 50_000, 80_000, 100_000, 100_000, 130_000,
    ]  # fmt: skip
    assert steps(TABLE, 900, 6000) == [(1000, 30_000), (5000, 50_000), (6000, 80_000)]


def test_the_most_particular_rate_counts():
    rates = (
        Rate("*", "*", ((1, 1),)), Rate("N", "*", ((1, 2),)), Rate("*", "S", ((1, 3),)),
        Rate("N", "S", ((1, 4),)), Rate("*", "*", ((1, 5),), shipping_method="express"),
    )  # fmt: skip
    asked = [("N", "S", ""), ("N", "X", ""), ("X", "S", ""), ("X", None, ""), ("N", "S", "express")]
    found = [find_rate(rates, origin, to, shipping_method=method) for origin, to, method in asked]
    assert [rate.bands[0][1] for rate in found] == [4, 2, 3, 1, 5]
    assert find_rate(rates[3:4], "N", "X", shipping_method="") is None


@pytest.mark.parametrize("start", range(0, 600, 100))
def test_the_choice_is_the_best_of_all_plans_and_allowed(start):
    for seed in range(start, start + 100):
        tried = random_problem(random.Random(seed))
        found = choose(tried)
        assert is_allowed(tried, found.units), seed
        assert worth(tried, found.units) == found.key == best_worth(tried), seed
        assert found.is_exact, seed
        if found.runner_up:
            key, units = found.runner_up
            assert is_allowed(tried, units) and worth(tried, units) == key >= found.key, seed


def big_problem(rng: random.Random, *, lines: int, locations: int) -> Problem:
    wanted = tuple((f"S{number}", rng.randint(1, 4)) for number in range(lines))
    bands = ((1000, 30_000), (2000, 38_000), (5000, 50_000), (10_000, 72_000), (30_000, 110_000))
    offers = []
    for number in range(locations):
        factor = rng.choice((90, 100, 110, 130))
        table = tuple((grams, price * factor // 100) for grams, price in bands)
        stock = {sku: min(units, rng.randint(1, 9)) for sku, units in wanted if rng.random() < 0.9}
        offers.append(Offer(f"L{number}", stock, table, table, 0, rng.choice((0, 20_000))))
    grams = {sku: rng.choice((120, 250, 333, 410, 990)) for sku, _ in wanted}
    return Problem(wanted, grams, tuple(offers), 20_000)


def test_an_order_of_ten_lines_and_ten_locations_takes_milliseconds_and_is_proven_best():
    rng, seconds, proven = random.Random(5), [], 0
    for _ in range(20):
        tried = big_problem(rng, lines=10, locations=10)
        started = perf_counter()
        found = choose(tried)
        seconds.append(perf_counter() - started)
        proven += found.is_exact
        assert cost(tried, found.units).total_e4 == found.key[1]
    assert sorted(seconds)[10] < 0.02  # about 2 ms where nothing else runs
    assert proven == 20


def test_a_search_cut_short_says_so_and_names_a_bound():
    tried = big_problem(random.Random(1), lines=20, locations=10)
    found = choose(tried, limit=12)
    assert not found.is_exact
    assert found.bound < found.key
    assert choose(tried, limit=100_000).key >= found.bound
