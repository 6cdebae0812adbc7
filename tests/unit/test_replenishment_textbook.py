"""Textbook levels: by hand, by exhaustive search, and against stockpyl where it is installed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import poisson

from models.replenishment import textbook
from models.replenishment.shelf import Costs


def pmf(mean: float) -> np.ndarray:
    reach = int(mean + 12 * np.sqrt(mean)) + 10
    found = poisson.pmf(np.arange(reach), mean)
    return found / found.sum()


def test_the_economic_lot_of_harris():
    # 1,200 a year, 8 an order, 0.3 a unit and year: the root of 2 · 8 · 1200 / 0.3
    assert textbook.economic_lot(1200, ordering=8, holding=0.3) == pytest.approx(252.98, abs=0.01)


def test_the_base_stock_is_the_smallest_level_with_the_wanted_chance():
    assert textbook.base_stock(np.array([0.5, 0.3, 0.15, 0.05]), ratio=0.8) == 1
    assert textbook.base_stock(np.array([0.5, 0.3, 0.15, 0.05]), ratio=0.81) == 2


def test_a_period_costs_what_is_left_and_what_is_short():
    # level 1, demand 0, 1 or 2 with chance 1/4, 1/2, 1/4: one left in a quarter, one short in a quarter
    found = textbook.period_costs(
        np.array([1]), np.array([0.25, 0.5, 0.25]), costs=Costs(holding=1, shortage=3)
    )
    assert found[0] == pytest.approx(0.25 * 1 + 0.25 * 3)


def stationary_cost(low: int, high: int, demand: np.ndarray, costs: Costs) -> float:
    """By the Markov chain of the position after ordering, states low + 1 … high: an independent oracle."""
    states = np.arange(low + 1, high + 1)
    moves = np.zeros((len(states), len(states)))
    orders = np.zeros(len(states))
    for row, state in enumerate(states):
        for units, chance in enumerate(demand):
            after = state - units
            if after <= low:
                moves[row, -1] += chance
                orders[row] += chance
            else:
                moves[row, after - low - 1] += chance
    balance = np.vstack([moves.T - np.eye(len(states)), np.ones(len(states))])
    weight = np.linalg.lstsq(balance, np.r_[np.zeros(len(states)), 1.0], rcond=None)[0]
    return float(weight @ (textbook.period_costs(states, demand, costs=costs) + costs.ordering * orders))


@pytest.mark.parametrize(("mean", "ordering", "shortage"), [(2, 5, 4), (6, 20, 9), (4, 1, 10), (10, 64, 9)])
def test_min_max_levels_are_the_best_of_all(mean, ordering, shortage):
    demand, costs = pmf(mean), Costs(holding=1, shortage=shortage, ordering=ordering)
    found = textbook.min_max(demand, costs=costs)
    assert found.cost == pytest.approx(stationary_cost(found.reorder_point, found.order_up_to, demand, costs))
    best = min(
        stationary_cost(low, high, demand, costs)
        for low in range(max(found.reorder_point - 4, -3), found.reorder_point + 5)
        for high in range(low + 1, found.order_up_to + 6)
    )
    assert found.cost == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("lot", [1, 5, 12])
def test_the_reorder_point_for_lots_is_the_best_of_all(lot):
    demand, lead = pmf(4), pmf(12)
    costs = Costs(holding=1, shortage=9, ordering=0)
    found = textbook.lots(demand, lot=lot, costs=costs, lead_demand=lead)

    def uniform(point: int) -> float:
        return textbook.period_costs(np.arange(point + 1, point + lot + 1), lead, costs=costs).mean()

    assert found.cost == pytest.approx(min(uniform(point) for point in range(-5, 40)))
    if lot == 1:
        assert found.order_up_to == textbook.base_stock(lead, ratio=0.9)


@pytest.mark.parametrize(("mean", "ordering", "shortage"), [(6, 8, 4), (10, 64, 9), (3, 20, 19)])
def test_min_max_agrees_with_stockpyl(mean, ordering, shortage):
    ss = pytest.importorskip("stockpyl.ss", reason="stockpyl is not installed")
    low, high, cost = ss.s_s_discrete_exact(
        holding_cost=1, stockout_cost=shortage, fixed_cost=ordering, use_poisson=True, demand_mean=mean
    )
    found = textbook.min_max(pmf(mean), costs=Costs(holding=1, shortage=shortage, ordering=ordering))
    assert (found.reorder_point, found.order_up_to) == (low, high)
    assert found.cost == pytest.approx(cost, rel=1e-4)


def test_base_stock_and_economic_lot_agree_with_stockpyl():
    newsvendor = pytest.importorskip("stockpyl.newsvendor", reason="stockpyl is not installed")
    eoq = pytest.importorskip("stockpyl.eoq", reason="stockpyl is not installed")
    for mean in (1, 7, 30):
        level, _cost = newsvendor.newsvendor_poisson(holding_cost=1, stockout_cost=5, demand_mean=mean)
        assert textbook.base_stock(pmf(mean), ratio=5 / 6) == level
    lot, _cost = eoq.economic_order_quantity(fixed_cost=8, holding_cost=0.225, demand_rate=1300)
    assert textbook.economic_lot(1300, ordering=8, holding=0.225) == pytest.approx(lot)
