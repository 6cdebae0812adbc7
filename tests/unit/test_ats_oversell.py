"""Buffers from a budget: small cases by hand, the law of the sum, and a simulation as the second opinion."""

import math
import random

import pytest

from oms_ops.oversell import MEASURES, Demand, buffer_for
from warehouse.settings import OVERSELL_MEASURES

DAY = 86_400


def buffer(budget, measure, *, per_day, seconds=DAY, variance=None):
    demand = Demand(per_day, per_day if variance is None else variance)
    return buffer_for(budget, measure=measure, lag_seconds=seconds, demand=demand)


def test_the_settings_allow_just_the_measures_there_are():
    assert OVERSELL_MEASURES == MEASURES


def test_the_chance_of_an_oversold_unit_by_hand():
    """Poisson of 1: P(D > 0) = 0.632, P(D > 1) = 0.264, P(D > 2) = 0.080, P(D > 3) = 0.019."""
    assert buffer(0.64, "probability", per_day=1).units == 0
    assert buffer(0.27, "probability", per_day=1).units == 1
    assert buffer(0.09, "probability", per_day=1).units == 2
    found = buffer(0.02, "probability", per_day=1)
    assert (found.units, round(found.risk, 6)) == (3, round(1 - 8 / 3 / math.e, 6))


def test_expected_units_by_hand():
    """Poisson of 1: E max(0, D - 1) = 1/e = 0.3679, E max(0, D - 2) = 1/e - (1 - 2/e) = 0.1036."""
    assert buffer(0.37, "share", per_day=1).units == 1
    found = buffer(0.11, "share", per_day=1)
    assert (found.units, round(found.expected_oversold, 6)) == (2, round(3 / math.e - 1, 6))


def test_a_share_is_of_the_units_sold_and_a_days_units_are_of_all_its_lags():
    """144 a day in lags of ten minutes: again 1 in a lag, and 144 lags a day."""
    assert buffer(0.37, "share", per_day=144, seconds=600).units == 1
    assert buffer(0.37 * 144, "per_day", per_day=144, seconds=600).units == 1
    assert buffer(0.37, "per_day", per_day=144, seconds=600).units > 3


def test_no_sales_or_no_lag_need_no_buffer():
    assert buffer(0.001, "share", per_day=0).units == 0
    assert buffer(0.001, "share", per_day=50, seconds=0).units == 0


def test_days_that_vary_more_than_a_poissons_need_a_larger_buffer_by_hand():
    """Mean 1 and variance 2 is the geometric law: P(D > b) = 2 ** -(b + 1), E max(0, D - b) = 2 ** -b."""
    assert buffer(0.13, "probability", per_day=1, variance=2).units == 2
    found = buffer(0.001, "share", per_day=1, variance=2)
    assert (found.units, round(found.expected_oversold, 9)) == (10, round(2**-10, 9))
    assert "negative binomial x2" in found.explanation


def test_the_explanation_names_budget_lag_demand_and_law():
    assert buffer(0.001, "share", per_day=144, seconds=600).explanation == (
        "at most 0.001 of the units sold, lag p95 600 s, 144 sold a day, 1 in a lag, Poisson: "
        "5 units, 0.0006889 expected"
    )


def oversold(units, *, mean, size):
    """E max(0, D - units) summed up directly; `size` of the negative binomial, None for a Poisson."""
    total, mass = 0.0, math.exp(-mean) if size is None else (size / (size + mean)) ** size
    for k in range(5_000):
        total += max(0, k - units) * mass
        mass *= mean / (k + 1) if size is None else (k + size) / (k + 1) * mean / (size + mean)
    return total


@pytest.mark.parametrize(("per_day", "variance"), [(3, 3), (40, 40), (12, 60), (500, 500), (300, 900)])
def test_it_is_the_smallest_buffer_that_will_do(per_day, variance):
    units = buffer(0.001, "share", per_day=per_day, variance=variance).units
    size = None if variance == per_day else per_day / (variance / per_day - 1)
    assert oversold(units, mean=per_day, size=size) / per_day <= 0.001
    assert oversold(units - 1, mean=per_day, size=size) / per_day > 0.001


def test_a_demand_of_thousands_in_a_lag_has_a_buffer_too():
    assert 2_000 < buffer(0.001, "share", per_day=2_000).units < 2_200


def test_a_simulated_channel_oversells_no_more_than_the_budget_allows():
    rng = random.Random(3)
    found = buffer(0.01, "share", per_day=5)
    sold = oversold = 0
    for _ in range(20_000):
        clock, units = rng.expovariate(5), 0
        while clock < 1:
            units, clock = units + 1, clock + rng.expovariate(5)
        sold, oversold = sold + units, oversold + max(0, units - found.units)
    assert 0 < oversold / sold < 0.01
    assert oversold / sold == pytest.approx(found.risk, rel=0.25)
