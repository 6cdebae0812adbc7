"""The basket: what steps are worth, by hand; what a budget takes; minimums, breaks, and the optimum of
small cases.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from benchmarks.basket_exact import case, optimum
from models.errors import PlanError
from models.replenishment.basket import choose
from models.replenishment.steps import Goods, hull, menu


def goods(**given) -> Goods:
    count = len(next(iter(given.values()))) if given else 1
    usual = {
        "unit_cost": np.full(count, 10.0),
        "unit_margin": np.full(count, 5.0),
        "holding": np.full(count, 1.0),
        "pack": np.ones(count),
        "least": np.zeros(count),
        "most": np.full(count, np.inf),
        "supplier": np.zeros(count, dtype=int),
    }
    return Goods(**usual | given)


def needs(*rows) -> np.ndarray:
    return np.array(rows, dtype=float)


def test_a_step_earns_the_margin_where_it_is_needed_and_costs_its_holding_where_not():
    found = menu(goods(), needs([0, 1, 2, 3]))
    # 1st unit: needed in 3 of 4 courses: 5 · 3/4 - 1 · 1/4 = 3.5; 2nd: 2 of 4: 2; 3rd: 1 of 4: 0.5
    assert found.quantity.tolist() == [[0, 1, 2, 3]]
    assert found.gain.tolist() == [[0, 3.5, 5.5, 6.0]]
    assert found.cost.tolist() == [[0, 10, 20, 30]]


def test_stock_beyond_the_need_leaves_nothing_to_earn():
    found = menu(goods(), needs([-9, -5, -2, 0]))
    assert choose(found).quantity.tolist() == [0]


def test_the_first_step_is_the_minimum_order_the_next_are_packs():
    found = menu(goods(pack=np.array([2.0]), least=np.array([4.0])), needs([6, 6, 6, 6]))
    assert found.quantity.tolist() == [[0, 4, 6]]


def test_a_minimum_order_that_will_mostly_lie_is_not_worth_its_first_units():
    # one unit is needed for sure, 11 lie: 5 - 11 < 0
    found = menu(goods(least=np.array([12.0])), needs([1, 1, 1, 1]))
    assert choose(found).quantity.tolist() == [0]


def test_steps_below_the_concave_hull_are_skipped():
    # a price break at 4 units makes 4 better per money than 1, 2 or 3
    found = menu(goods(breaks={0: [(4.0, 6.0)]}), needs([4, 4, 4, 4]))
    on, slope = hull(found)
    assert found.gain.tolist() == [[0, 5, 10, 15, 36]]
    assert on.tolist() == [[True, False, False, False, True]]
    assert slope[0, 4] == 36 / 24


def test_a_price_break_saves_only_on_what_would_be_bought_without_it():
    # four are needed and bought at 10; 96 more to reach the break at 6 are held: 4 · (5 + 4) - 96
    found = menu(goods(breaks={0: [(100.0, 6.0)]}), needs([4, 4, 4, 4]))
    assert found.gain.tolist() == [[0, 5, 10, 15, 20, -60]]


def test_the_budget_goes_to_what_returns_most_and_the_next_best_is_named():
    found = menu(goods(unit_margin=np.array([5.0, 8.0, 2.0])), needs([1, 1], [2, 2], [1, 1]))
    basket = choose(found, budget=30)
    assert basket.quantity.tolist() == [1, 2, 0]
    assert (basket.spent, basket.expected_gain) == (30, 21)
    assert (basket.last.items, basket.last.per_money) == ((0,), 0.5)
    assert (basket.forgone.items, basket.forgone.cost, basket.forgone.gain) == ((2,), 10, 2)


def test_the_edge_is_chosen_anew_where_the_best_ratio_would_waste_money():
    # by ratio: item 0 (6 for 10 of money), then 5 idle; together worth less than item 1 (8 for 15)
    found = menu(
        goods(unit_cost=np.array([10.0, 15.0]), unit_margin=np.array([6.0, 8.0]), holding=np.zeros(2)),
        needs([1, 1], [1, 1]),
    )
    assert choose(found, budget=15).quantity.tolist() == [0, 1]


def test_no_money_buys_nothing_and_names_the_best_step_forgone():
    basket = choose(menu(goods(), needs([1, 1])), budget=0)
    assert basket.quantity.tolist() == [0]
    assert basket.last is None and basket.forgone.items == (0,)


def test_without_a_budget_all_that_pays_is_bought_and_nothing_is_forgone():
    basket = choose(menu(goods(), needs([0, 1, 2, 3])))
    assert basket.quantity.tolist() == [3] and basket.forgone is None


def test_a_suppliers_minimum_is_reached_or_nothing_is_ordered_there():
    found = menu(goods(supplier=np.array([0, 0, 1])), needs([1, 1], [1, 1], [1, 1]))
    assert choose(found, minimums=np.array([20.0, 0.0])).quantity.tolist() == [1, 1, 1]
    assert choose(found, minimums=np.array([21.0, 0.0])).quantity.tolist() == [0, 0, 1]
    assert choose(found, budget=15, minimums=np.array([20.0, 0.0])).quantity.tolist() == [0, 0, 1]


def test_a_minimum_may_be_filled_with_units_that_will_lie_while_the_order_still_pays():
    # two units are needed (10 earned), a third lies (1 lost): 9 in all
    found = menu(goods(offer=np.array([3.0])), needs([2, 2]))
    basket = choose(found, minimums=np.array([30.0]))
    assert basket.quantity.tolist() == [3] and basket.expected_gain == 9


def test_a_supplier_left_out_is_named_as_one_step():
    found = menu(goods(supplier=np.array([0, 0])), needs([1, 1], [1, 1]))
    forgone = choose(found, budget=10, minimums=np.array([20.0])).forgone
    assert (forgone.items, forgone.cost, forgone.gain) == ((0, 1), 20, 10)


@pytest.mark.parametrize("with_minimums", [False, True])
@pytest.mark.parametrize("items", [7, 25])
def test_within_one_percent_of_the_exact_optimum(items, with_minimums):
    rng = np.random.default_rng(items)
    for _ in range(4):
        found, budget, minimums = case(
            rng, items=items, suppliers=3, with_breaks=True, with_minimums=with_minimums
        )
        basket = choose(found, budget=budget, minimums=minimums)
        by_supplier = np.bincount(found.supplier, weights=basket.cost, minlength=3)
        assert basket.spent <= budget + 1e-6
        assert ((by_supplier == 0) | (by_supplier >= minimums - 1e-6)).all()
        assert basket.expected_gain >= 0.99 * optimum(found, budget=budget, minimums=minimums)


@pytest.mark.parametrize(
    ("budget", "minimums"), [(-1.0, None), (float("nan"), None), (1.0, np.array([-1.0])), (1.0, np.array([]))]
)
def test_senseless_money_is_refused(budget, minimums):
    with pytest.raises(PlanError):
        choose(menu(goods(), needs([1, 1])), budget=budget, minimums=minimums)


@pytest.mark.parametrize("budget", [np.inf, 1e12, 1e5, 60.0])
def test_however_large_the_budget_minimums_are_filled_as_well_as_can_be(budget):
    rng, minimums = np.random.default_rng(7), np.array([40.0, 0.0, 25.0])
    for _ in range(120):
        count = int(rng.integers(2, 5))
        offered = menu(
            goods(
                unit_cost=rng.uniform(0.5, 10, count), unit_margin=rng.uniform(0, 8, count),
                holding=rng.uniform(0, 1, count), pack=rng.choice([1.0, 3.0, 6.0], count),
                least=rng.choice([0.0, 5.0, 10.0], count), supplier=rng.integers(0, 3, count),
                offer=np.full(count, 9.0),
            ),
            np.sort(rng.poisson(rng.uniform(0, 12, (count, 1)), (count, 64)).astype(float), axis=1),
            most_steps=5,
        )  # fmt: skip
        found = choose(offered, budget=budget, minimums=minimums)
        assert found.expected_gain == pytest.approx(brute_force(offered, budget, minimums), abs=1e-6)


def brute_force(offered, budget: float, minimums: np.ndarray) -> float:
    rows = np.arange(len(offered.cost))
    grid = np.array(list(product(*(np.flatnonzero(np.isfinite(row)) for row in offered.cost))))
    cost, gain = offered.cost[rows, grid], offered.gain[rows, grid].sum(axis=1)
    fits = cost.sum(axis=1) <= budget + 1e-9
    for supplier, least in enumerate(minimums):
        money = np.where(offered.supplier == supplier, cost, 0.0).sum(axis=1)
        fits &= (money <= 1e-9) | (money >= least - 1e-9)
    return float(gain[fits].max())
