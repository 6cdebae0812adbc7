"""A shop that buys once a week for a fixed amount of money: what a way of choosing earns on weeks that
came.

Every way sees the same stock, the same forecasts and the same supplier terms; money not spent is kept for
the next week.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from models.replenishment.basket import choose
from models.replenishment.policies import BaseStock, MinMax, Outlook
from models.replenishment.projected import projected_stock
from models.replenishment.rounding import Terms, allowed
from models.replenishment.shelf import Costs, pass_period
from models.replenishment.steps import Goods, menu
from models.spread import courses, dispersion

LEAD_WEEKS = 3
TRAILING_WEEKS = 13
START_COVER = 4.0
DRAWS = 128
HOLDING_RATE = 0.25
SERVICE = 0.95
LOT_WEEKS = 4.0
WEEKLY = """
SELECT sku, date_trunc('week', business_date)::DATE AS week, sum(units)::DOUBLE AS units
FROM marts.demand_daily GROUP BY ALL
"""
PRODUCTS = """
SELECT sku, unit_cost::DOUBLE, (mean_price - unit_cost)::DOUBLE, pack_size::DOUBLE, min_order_quantity::DOUBLE
FROM marts.product WHERE product_kind = 'product' AND unit_cost > 0 AND mean_price > unit_cost ORDER BY sku
"""


@dataclass(frozen=True)
class Shop:
    """`demand` (items, weeks), the last `weeks` of which are played."""

    demand: np.ndarray
    unit_cost: np.ndarray
    unit_margin: np.ndarray
    pack: np.ndarray
    least: np.ndarray


@dataclass(frozen=True)
class Moment:
    """What a way of choosing may know in a week: stock, what comes, courses of demand from this week on."""

    stock: np.ndarray
    coming: np.ndarray
    courses: np.ndarray
    money: float


Way = Callable[[Shop, Moment], np.ndarray]


def read(home: Path) -> Shop:
    """The weekly demand, costs, prices and terms of a finished home."""
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as con:
        rows, products = con.execute(WEEKLY).fetchall(), con.execute(PRODUCTS).fetchall()
    place = {row[0]: number for number, row in enumerate(products)}
    first, last = min(row[1] for row in rows), max(row[1] for row in rows)
    demand = np.zeros((len(products), (last - first).days // 7))  # the last week is not over
    for sku, week, units in rows:
        number = (week - first).days // 7
        if sku in place and number < demand.shape[1]:
            demand[place[sku], number] = max(units, 0.0)
    terms = np.array([row[1:] for row in products])
    return _sold_lately(Shop(demand, *terms.T))


def made_up(*, items: int = 400, weeks: int = 120, seed: int = 0) -> Shop:
    """Lognormal rates, costs and margins as wide as the sample's, counts that cluster, packs of 1 to 24."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(1.5, 1.3, items)
    level = np.exp(np.cumsum(rng.normal(0, 0.05, (items, weeks)), axis=1))
    demand = rng.poisson(rate[:, None] * level * rng.gamma(1.0, 1.0, (items, weeks)))
    cost = rng.lognormal(0.0, 0.9, items)
    pack = rng.choice([1.0, 6.0, 12.0, 24.0], items)
    return Shop(
        demand.astype(float),
        cost,
        cost * rng.uniform(0.3, 2.0, items),
        pack,
        pack * rng.choice([1, 2, 4], items),
    )


def _sold_lately(shop: Shop) -> Shop:
    keep = shop.demand[:, -40:].sum(axis=1) > 0
    return Shop(
        *(values[keep] for values in (shop.demand, shop.unit_cost, shop.unit_margin, shop.pack, shop.least))
    )


def play(shop: Shop, way: Way, *, start: int, weeks: int, share: float, seed: int = 0) -> dict[str, float]:
    """Margin of what was sold less the cost of holding, over weeks from `start`; `share`: money a week,
    of the mean weekly cost of the demand in the weeks before.
    """
    before = shop.demand[:, start - TRAILING_WEEKS : start].mean(axis=1)
    weekly, money = share * float(before @ shop.unit_cost), 0.0
    stock, coming = np.floor(before * START_COVER), np.zeros((len(before), LEAD_WEEKS))
    holding = shop.unit_cost * HOLDING_RATE / 52
    costs = Costs(holding=holding, shortage=shop.unit_margin)
    earned = spent = sold = asked = 0.0
    for week in range(start, start + weeks):
        money += weekly
        moment = Moment(stock, coming, _courses(shop, week, seed), money)
        quantity = way(shop, moment)
        bill = float(quantity @ shop.unit_cost)
        assert bill <= money + 1e-6, (way, bill, money)
        passed = pass_period(stock, coming[:, 0], shop.demand[:, week], costs=costs)
        stock, coming = passed.left, np.column_stack([coming[:, 1:], quantity])
        money, spent = money - bill, spent + bill
        earned += float(passed.sold @ shop.unit_margin - passed.holding.sum())
        sold, asked = sold + passed.sold.sum(), asked + shop.demand[:, week].sum()
    return {
        "margin": earned,
        "spent": spent,
        "fill_rate": float(sold / asked),
        "stock_at_end": float(stock @ shop.unit_cost),
    }


def basket(horizon: int = 1) -> Way:
    """Steps by expected margin per money over `horizon` weeks from arrival."""

    def way(shop: Shop, moment: Moment) -> np.ndarray:
        left = projected_stock(moment.stock, moment.coming, moment.courses[:LEAD_WEEKS])
        need = moment.courses[LEAD_WEEKS : LEAD_WEEKS + horizon].sum(axis=0) - left
        goods = Goods(
            unit_cost=shop.unit_cost, unit_margin=shop.unit_margin,
            holding=shop.unit_cost * HOLDING_RATE * horizon / 52, pack=shop.pack, least=shop.least,
            most=np.full(len(need), np.inf), supplier=np.zeros(len(need), dtype=int),
        )  # fmt: skip
        return choose(menu(goods, np.sort(need, axis=1)), budget=moment.money).quantity

    return way


def reorder_point(shop: Shop, moment: Moment) -> np.ndarray:
    """(s,S): s from the service level, S four weeks' demand above it."""
    rule = MinMax(SERVICE, LOT_WEEKS * _weekly(moment))
    return _affordable(shop, moment, rule.wanted(_outlook(moment)))


def min_max(shop: Shop, moment: Moment) -> np.ndarray:
    """Below lead time plus two weeks of mean demand up to four weeks more."""
    position, weekly = _outlook(moment).position, _weekly(moment)
    least = weekly * (LEAD_WEEKS + 2)
    return _affordable(shop, moment, np.where(position <= least, least + LOT_WEEKS * weekly - position, 0.0))


def service_level(shop: Shop, moment: Moment) -> np.ndarray:
    """(R,S): every week up to the service level's quantile."""
    return _affordable(shop, moment, BaseStock(SERVICE).wanted(_outlook(moment)))


def _affordable(shop: Shop, moment: Moment, wanted: np.ndarray) -> np.ndarray:
    """Whole orders, the shortest cover first, while the money lasts."""
    position = _outlook(moment).position
    quantity, _bound = allowed(wanted, position, Terms.plain(len(wanted), pack=shop.pack, least=shop.least))
    cover = np.where(quantity > 0, position / np.maximum(_weekly(moment), 1e-9), np.inf)
    left, bought = moment.money, np.zeros(len(wanted))
    for item in np.argsort(cover, kind="stable"):
        bill = quantity[item] * shop.unit_cost[item]
        if 0 < bill <= left:
            bought[item], left = quantity[item], left - bill
    return bought


def _outlook(moment: Moment) -> Outlook:
    return Outlook(moment.stock, moment.coming, moment.courses[: LEAD_WEEKS + 1])


def _weekly(moment: Moment) -> np.ndarray:
    return moment.courses[: LEAD_WEEKS + 1].mean(axis=(0, 2), dtype=np.float64)


def _courses(shop: Shop, week: int, seed: int) -> np.ndarray:
    """The same for every way: the mean of the last weeks, scattered as it was in the weeks before."""
    known = shop.demand[:, :week]
    mean = known[:, -TRAILING_WEEKS:].mean(axis=1)
    past = np.stack([known[:, at - TRAILING_WEEKS : at].mean(axis=1) for at in range(week - 8, week)])
    actual = np.stack([known[:, at] for at in range(week - 8, week)])
    phi = dispersion(past[:, :, None], actual[:, :, None])
    rng = np.random.default_rng([seed, week])
    return courses(np.repeat(mean[:, None], LEAD_WEEKS + 8, axis=1), phi, draws=DRAWS, rng=rng)
