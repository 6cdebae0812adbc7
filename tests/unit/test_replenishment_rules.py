"""Stock, order rules, supplier terms and replay, with numbers a person can work out."""

from __future__ import annotations

from datetime import date
from statistics import NormalDist

import numpy as np
import pytest

from models.errors import PlanError
from models.replenishment import projected
from models.replenishment.policies import BaseStock, LeastCost, Lots, MinMax, Outlook
from models.replenishment.replay import Window, curve, replay
from models.replenishment.rounding import Terms, allowed, price_break
from models.replenishment.shelf import Costs, pass_period
from models.replenishment.supplier_calendar import SupplierCalendar

COSTS = Costs(holding=0.2, shortage=1.0)


def steady(demand: float, *, periods: int = 3, draws: int = 50) -> np.ndarray:
    return np.full((periods, 1, draws), demand, dtype=np.float32)


def outlook(stock: float, coming: tuple[float, ...], demand: float) -> Outlook:
    return Outlook(np.array([stock]), np.array([coming]), steady(demand, periods=len(coming) + 1))


def test_a_period_without_backorders_loses_what_is_not_there():
    found = pass_period(np.array([2.0]), np.array([3.0]), np.array([9.0]), costs=COSTS)
    assert (found.sold[0], found.missed[0], found.left[0]) == (5, 4, 0)
    assert (found.holding[0], found.shortage[0]) == (0, 4.0)


def test_a_period_with_backorders_owes_it_and_pays_for_it_until_it_is_paid_off():
    first = pass_period(np.array([2.0]), np.array([3.0]), np.array([9.0]), costs=COSTS, backorders=True)
    assert (first.left[0], first.missed[0], first.shortage[0]) == (-4, 4, 4.0)
    second = pass_period(first.left, np.array([10.0]), np.array([1.0]), costs=COSTS, backorders=True)
    assert (second.left[0], second.missed[0], second.shortage[0]) == (5, 0, 0.0)
    assert second.holding[0] == pytest.approx(1.0)


def test_missed_sales_on_the_way_need_no_replacing_but_backorders_do():
    # 4 on the shelf, nothing coming, 10 asked for a period, two periods before the order arrives.
    stock, coming, demand = np.array([4.0]), np.array([[0.0, 0.0]]), steady(10)
    assert projected.order(stock, coming, demand, costs=COSTS)[0] == 10
    assert projected.order(stock, coming, demand, costs=COSTS, backorders=True)[0] == 26


def test_the_level_is_the_newsvendors_quantile():
    demand = np.arange(1000, dtype=np.float32)[None]
    assert projected.quantile_around(demand, 5 / 6)[0] == pytest.approx(833, abs=1)


@pytest.mark.parametrize("ratio", [0.5, 5 / 6, 0.95, 0.98, 0.99, 0.995])
def test_the_level_is_the_normal_quantile_however_near_to_one(ratio):
    normal = NormalDist(100, 20)
    draws = np.array([[normal.inv_cdf((place + 0.5) / 512) for place in range(512)]])
    level = projected.quantile_around(draws, ratio)[0]
    assert normal.cdf(level) == pytest.approx(ratio, abs=0.0015)


def test_what_is_too_much_is_kept_until_it_is_sold():
    # One of ten asked for ten, the others for nothing: a unit lies ten periods, the tenth a hundred.
    draws = np.sort(np.tile([0.0] * 9 + [10.0], (2, 10)).astype(np.float32), axis=1)
    nothing, once = np.zeros(2), np.ones(2)
    keep = Costs(holding=np.array([0.001, 0.002]), shortage=1.0)
    share = projected.worth_serving(draws, left=nothing, sold=once, costs=keep)
    # 0.1 gained where it is asked for, 0.9 · 10 · 0.001 lost where not; near the last course both are less.
    assert share[0] > share[1] > 0.9
    rank = (np.arange(100) + 0.5) / 100
    pays = (1 - rank) >= 0.002 * np.where(rank > 0.9, 10, 1) * rank
    assert share[1] == pytest.approx(pays.mean())
    assert projected.worth_serving(draws, left=nothing, sold=nothing, costs=keep).tolist() == [0, 0]


def test_a_unit_behind_old_stock_is_kept_longer():
    draws = np.sort(np.random.default_rng(3).poisson(4.0, (1, 512)).astype(np.float32), axis=1)
    few, many = (
        projected.worth_serving(draws - left, left=np.array([left]), sold=np.array([4.0]), costs=COSTS)[0]
        for left in (0.0, 8.0)
    )
    assert few == many  # the need is what the stock leaves of the same demand
    costly = projected.worth_serving(draws, left=np.array([8.0]), sold=np.array([4.0]), costs=COSTS)[0]
    assert costly < few


def test_what_comes_later_helps_only_later():
    early = projected.projected_stock(np.array([0.0]), np.array([[10.0, 0.0]]), steady(10, periods=2))
    late = projected.projected_stock(np.array([0.0]), np.array([[0.0, 10.0]]), steady(10, periods=2))
    assert (early[0, 0], late[0, 0]) == (0, 0)
    assert (
        projected.projected_stock(np.array([0.0]), np.array([[0.0, 14.0]]), steady(10, periods=2))[0, 0] == 4
    )


def test_each_rule_on_one_position():
    here = outlook(5, (5, 0), 10)  # position 10, 30 asked for until the order's period ends
    assert BaseStock(0.9).wanted(here)[0] == 20
    assert MinMax(0.9, lot=15).wanted(here)[0] == 35
    assert Lots(0.9, lot=12).wanted(here)[0] == 24
    assert LeastCost(COSTS).wanted(here)[0] == 10
    full = outlook(40, (0, 0), 10)
    assert [rule.wanted(full)[0] for rule in (BaseStock(0.9), MinMax(0.9, 15), Lots(0.9, 12))] == [0, 0, 0]


def test_an_ordering_cost_puts_small_orders_off():
    here = outlook(28, (0, 0), 10)
    assert LeastCost(COSTS).wanted(here)[0] == 2
    assert LeastCost(Costs(0.2, 1.0, ordering=5)).wanted(here)[0] == 0
    # Where ten would be missed, an order pays, and covers the economic lot: the root of 2 · 5 · 10 / 0.2.
    assert LeastCost(Costs(0.2, 1.0, ordering=5)).wanted(outlook(0, (0, 0), 10))[0] == 22


@pytest.mark.parametrize(
    ("wanted", "position", "terms", "quantity", "bound"),
    [
        (10, 0, {}, 10, "none"),
        (10, 0, {"pack": 6}, 12, "pack_size"),
        (10, 0, {"pack": 6, "least": 20}, 24, "min_order_quantity"),
        (46, 0, {"pallet": 48}, 48, "pallet_size"),
        (30, 0, {"pallet": 48}, 30, "none"),
        (50, 70, {"most_stock": 100, "pack": 12}, 24, "max_stock"),
        (50, 70, {"most_stock": 100, "least": 40}, 0, "max_stock"),
        (50, 0, {"life_demand": 30}, 30, "shelf_life"),
        (46, 0, {"pallet": 48, "most_stock": 47}, 46, "none"),
        (46, 0, {"pallet": 48, "life_demand": 47}, 46, "none"),
        (46, 0, {"pallet": 48, "until_end": 47}, 46, "none"),
        (46, 0, {"pallet": 48, "most_stock": 48}, 48, "pallet_size"),
        (0, 0, {"least": 40}, 0, "none"),
    ],
)
def test_an_order_is_what_the_supplier_sells_and_the_shelf_takes(wanted, position, terms, quantity, bound):
    given = {name: np.array([float(value)]) for name, value in terms.items()}
    found, why = allowed(np.array([float(wanted)]), np.array([float(position)]), Terms.plain(1, **given))
    assert (found[0], why[0]) == (quantity, bound)


def test_a_price_break_is_taken_when_it_saves_more_than_holding_the_surplus():
    breaks = [(1, 10.0), (100, 9.0)]
    # 90 wanted, 50 asked for a period: 10 more, held (90 + 5) / 50 periods each; saves 90 of 900.
    assert price_break(90, breaks=breaks, demand=50, holding_rate=0.01) == (100, 9.0)
    assert price_break(5, breaks=breaks, demand=1, holding_rate=0.01) == (5, 10.0)
    with pytest.raises(PlanError, match="price breaks"):
        price_break(5, breaks=[], demand=1, holding_rate=0.01)


def test_orders_wait_for_the_suppliers_day_and_goods_for_a_day_that_receives():
    calendar = SupplierCalendar(
        order_weekdays=(1,), receipt_weekdays=(0, 1, 2, 3, 4), closed={date(2024, 1, 9)}
    )
    monday = date(2024, 1, 1)
    assert calendar.next_order_day(monday) == date(2024, 1, 2)
    # A week after the 2nd is closed, the 16th is the next Tuesday.
    assert calendar.orders_between(monday, 7) == (1, 15)
    # Four days after Tuesday the 2nd is a Saturday: Monday.
    assert calendar.arrival_days(date(2024, 1, 2), np.array([3.0, 3.5])).tolist() == [3, 6]
    with pytest.raises(PlanError, match="takes orders"):
        SupplierCalendar(order_weekdays=()).next_order_day(monday)


def test_a_replay_counts_from_the_first_orders_arrival_on():
    # Lead of one period, ten asked for in each of three; the policy holds nine in ten of certain demand:
    # all of it.
    window = Window(
        demand=np.array([[10.0, 10.0, 10.0]]),
        courses=lambda period: steady(10, periods=2),
        stock=np.array([10.0]),
        coming=np.array([[5.0]]),
        unit_cost=np.array([3.0]),
        costs=COSTS,
    )
    found = replay(window, BaseStock(0.9))
    # Start: 10 + 5 on the shelf, 5 ordered (20 less 15); 5 left and 5 arrive, all sold; ordered 10; again
    # all sold.
    assert (found.fill_rate, found.stock_units, found.cost) == (1.0, 0.0, 0.0)
    assert (found.orders, found.units_ordered) == (2, 20.0)


def test_a_period_of_unknown_demand_does_not_count():
    window = Window(
        demand=np.array([[10.0, np.nan, 10.0]]),
        courses=lambda period: steady(0, periods=2),
        stock=np.array([10.0]),
        coming=np.array([[5.0]]),
        unit_cost=np.array([3.0]),
        costs=COSTS,
    )
    found = replay(window, BaseStock(0.9))
    assert found.fill_rate == pytest.approx(5 / 10)
    assert (found.shortage_cost, found.holding_cost) == (5.0, 0.0)


def test_more_service_costs_more_stock():
    rng = np.random.default_rng(5)
    draws = rng.poisson(6, (3, 40, 400)).astype(np.float32)
    window = Window(
        demand=rng.poisson(6, (40, 30)).astype(float),
        courses=lambda period: draws,
        stock=np.full(40, 12.0),
        coming=np.full((40, 2), 6.0),
        unit_cost=np.ones(40),
        costs=COSTS,
    )
    found = curve(window, BaseStock)
    assert found["fill_rate"].is_sorted() and found["stock_units"].is_sorted()
    assert found["fill_rate"][0] < 0.95 < found["fill_rate"][-1]
    cheap = replay(window, LeastCost(COSTS)).cost
    assert cheap <= found["cost"].min() * 1.02
