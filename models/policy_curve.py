"""What more stock buys: order rules replayed over past weeks, each week with the forecast it would have had.

The forecasts are those of the whole shop's cheapest coherent method (`models.hierarchy`, fast profile), made
anew as of every week; how far off they may be is learnt from what they missed before. Products are ordered
every review period, in whole weeks, with their supplier's mean lead time and calendar, packs, minimum,
pallets and bounds of the shelf; sales that meet an empty shelf are lost. Price breaks are not taken. Every
stock pool is replayed on its own part of forecast and demand, and what came of it is summed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from models import history, panel, pool_weeks, pools
from models.curve_goods import SOLD_WEEKS, Goods, Ordering, bounds, costs, goods_of, levels
from models.curve_outlook import LEARNT_FROM, Outlook, Said
from models.errors import PlanError
from models.forecast import categories
from models.lead_times import LeadTimes, nearest
from models.panel import Panel
from models.pool_demand import PoolDemand
from models.pool_weeks import PoolWeeks
from models.replenishment import agreed
from models.replenishment.policies import BaseStock, LeastCost, Policy
from models.replenishment.replay import CURVE_LEVELS, Outcome, Window, replay

WEEKS = 26
LEAST_PAST_WEEKS = 26
LEVELS = tuple(level for level in CURVE_LEVELS if level < 0.99)  # 64 draws tell no finer
CURVE, CLASSES, BEST, LEAST_COST, TODAY = KINDS = (
    "service_level", "by_class", "best_by_class", "least_cost", "today",
)  # fmt: skip
NAMES = {
    CURVE: "service level", CLASSES: "service level by class", BEST: "best level by class",
    LEAST_COST: "least cost", TODAY: "as it was",
}  # fmt: skip
COLUMNS = {
    "stock_pool": pl.String, "rule": pl.String, "kind": pl.String, "service_level": pl.Float64,
    "is_chosen": pl.Boolean, "fill_rate": pl.Float64, "stock_value": pl.Float64, "holding_cost": pl.Float64,
    "lost_margin": pl.Float64, "orders": pl.Int64, "units_ordered": pl.Float64, "products": pl.Int64,
    "first_week": pl.Date, "weeks": pl.Int64,
}  # fmt: skip


@threadpool_limits.wrap(limits=1, user_api="blas")
def measure(
    *,
    demand_daily: pl.DataFrame,
    availability_day: pl.DataFrame | None,
    pool_demand: PoolDemand,
    product: pl.DataFrame,
    inventory: pl.DataFrame,
    receipts: pl.DataFrame,
    suppliers: pl.DataFrame,
    as_of: datetime,
    zone: str,
    service_levels: dict[str, float],
    policy: str,
    holding_rate: float,
    review_days: int = 7,
    terms: Sequence[agreed.Agreed] = (),
    weeks: int = WEEKS,
    seed: int = 0,
) -> pl.DataFrame:
    """Rows of marts.policy_curve: all stock pools together, then each where there are several. None where the
    shop has less than half a year before the window, or no product with a cost, a price and sales that has
    not ended. Raises `PlanError`, `HistoryError`.

    `policy`: the shop's ('service_level' by class, or 'least_cost'), marked as chosen. `terms` are those of
    today; `inventory` and `receipts` know their location_id.
    """
    if weeks < 1:
        raise PlanError(f"a window needs at least 1 week, found {weeks}")
    cutoff = as_of.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    days = history.validate(demand_daily, availability_day=availability_day)
    whole = panel.build(days, cutoff=cutoff, category=categories(product), ended=history.ends(product))
    product = history.on_sale(product, day=cutoff + timedelta(days=1))
    start = whole.width - weeks
    if start < LEAST_PAST_WEEKS:
        return pl.DataFrame(schema=COLUMNS)
    parts = pool_weeks.of_pools(
        whole, pool_demand, sold_from=start - SOLD_WEEKS, shares_from=start - max(LEARNT_FROM)
    )
    traded = []
    for part in parts:
        here = pools.here(part.pool, pool_demand.pools)
        lead_times = LeadTimes(nearest(receipts.filter(here), receipts), suppliers, size=99)
        ordering = Ordering(agreed.at(part.pool.locations, terms), review_days, lead_times)
        goods = goods_of(whole, part, product, ordering, until=start)
        if len(goods.rows):
            traded.append(_Traded(part, goods, inventory.filter(here)))
    if not traded:
        return pl.DataFrame(schema=COLUMNS)
    rules = _rules(service_levels, holding_rate)
    replayed = _replayed(whole, traded, rules, start=start, holding_rate=holding_rate, seed=seed)
    shown = {"": list(replayed.values())}
    if len(pool_demand.pools) > 1:
        shown |= {name: [one] for name, one in replayed.items()}
    rows = [
        {"stock_pool": name, "first_week": whole.week(start), "weeks": weeks} | row
        for name, ones in shown.items()
        for row in _rows(ones, rules, policy=policy)
    ]
    return pl.DataFrame(rows, schema=COLUMNS)


Rule = tuple[str, float | None, Callable[[Goods], Policy]]


def _rules(service_levels: dict[str, float], holding_rate: float) -> list[Rule]:
    """Each rule's kind, level, and the policy it is for some goods."""
    return [
        *((CURVE, level, lambda _of, level=level: BaseStock(level)) for level in LEVELS),
        (CLASSES, None, lambda of: BaseStock(levels(of, service_levels))),
        (LEAST_COST, None, lambda of: LeastCost(costs(of, holding_rate * of.review))),
    ]


@dataclass(frozen=True)
class _Traded:
    """What a stock pool trades in, and what lies there."""

    part: PoolWeeks
    goods: Goods
    inventory: pl.DataFrame


class _Play(NamedTuple):
    """What a rule came to for products of one class, lead time and review period, and units asked for."""

    abc: str
    asked: float
    outcome: Outcome


@dataclass(frozen=True)
class _Replayed:
    """A stock pool's `goods`; `plays`: by rule, what it came to of some of them; `really`: units sold, units
    asked for, value held.
    """

    goods: Goods
    plays: list[list[_Play]]
    really: tuple[float, float, float]


def _replayed(
    whole: Panel,
    traded: Sequence[_Traded],
    rules: Sequence[Rule],
    *,
    start: int,
    holding_rate: float,
    seed: int,
) -> dict[str, _Replayed]:
    """By stock pool."""
    steps = max(int((one.goods.lead + one.goods.review).max()) for one in traded)
    said = Said(whole, start=start, steps=steps)
    found = {}
    for number, one in enumerate(traded):
        outlook = Outlook(whole, one.part, one.goods.rows, said=said, seed=seed + number)
        plays = [_played(outlook, one.goods, make, holding_rate=holding_rate) for *_name, make in rules]
        really = _really(whole, one, start=start)
        found[one.part.pool.pool_id] = _Replayed(one.goods, plays, really)
    return found


def _rows(replayed: Sequence[_Replayed], rules: Sequence[Rule], *, policy: str) -> Iterator[dict]:
    """The pools' outcomes summed, rule by rule; what really was last."""
    products = {"products": len(set(np.concatenate([one.goods.rows for one in replayed]).tolist()))}
    for number, (kind, level, _make) in enumerate(rules):
        chosen = policy == LEAST_COST if kind == LEAST_COST else kind == CLASSES and policy != LEAST_COST
        name = NAMES[kind] if level is None else f"{NAMES[kind]} {level:.0%}"
        plays = [play for one in replayed for play in one.plays[number]]
        about = {"rule": name, "kind": kind, "service_level": level, "is_chosen": chosen}
        yield about | _summed(plays) | products
    yield _best(replayed) | products
    sold, asked, held = (sum(values) for values in zip(*(one.really for one in replayed), strict=True))
    yield {
        "rule": NAMES[TODAY], "kind": TODAY, "service_level": None, "is_chosen": False,
        "fill_rate": sold / asked if asked > 0 else None, "stock_value": held, "holding_cost": None,
        "lost_margin": None, "orders": None, "units_ordered": None,
    } | products  # fmt: skip


def _best(replayed: Sequence[_Replayed]) -> dict:
    """The row of each class at the one level that would have cost least of it; known only afterwards."""
    chosen: dict[str, float] = {}
    plays: list[_Play] = []
    for abc in sorted({play.abc for one in replayed for play in one.plays[0]}):
        by_level = [
            [play for one in replayed for play in one.plays[number] if play.abc == abc]
            for number in range(len(LEVELS))
        ]
        spent = [sum(play.outcome.cost for play in group) for group in by_level]
        place = int(np.argmin(spent))
        chosen[abc] = LEVELS[place]
        plays += by_level[place]
    told = ", ".join(f"{abc} {level:.0%}" for abc, level in chosen.items())
    about = {"rule": f"{NAMES[BEST]}: {told}", "kind": BEST, "service_level": None, "is_chosen": False}
    return about | _summed(plays)


def _played(
    outlook: Outlook, goods: Goods, make: Callable[[Goods], Policy], *, holding_rate: float
) -> list[_Play]:
    found: list[_Play] = []
    alike = pl.DataFrame({"lead": goods.lead, "review": goods.review, "abc": goods.abc.astype(str)})
    for lead, review, abc in alike.unique().sort("lead", "review", "abc").iter_rows():
        of = goods.of((goods.lead == lead) & (goods.review == review) & (goods.abc == abc))
        weeks = outlook.width - outlook.start
        if weeks <= lead:
            continue
        mean = outlook.mean(of.place)
        demand = outlook.came[of.place, outlook.start :]
        window = Window(
            demand=demand,
            courses=lambda period, place=of.place, lead=lead, review=review: _courses(
                outlook.of(period)[: lead + review, place], lead
            ),
            stock=np.ceil(2 * mean),
            coming=np.repeat(np.round(mean)[:, None], lead, axis=1),
            unit_cost=of.unit_cost,
            costs=costs(of, holding_rate),
            terms=bounds(of, mean),
            review=review,
        )
        found.append(_Play(abc, float(demand[:, lead:].sum()), replay(window, make(of))))
    return found


def _summed(plays: Sequence[_Play]) -> dict[str, float | None]:
    asked, outcomes = sum(play.asked for play in plays), [play.outcome for play in plays]
    filled = sum(play.asked * (play.outcome.fill_rate or 0.0) for play in plays)
    return {
        "fill_rate": filled / asked if asked else None,
        "stock_value": sum(one.stock_value for one in outcomes),
        "holding_cost": sum(one.holding_cost for one in outcomes),
        "lost_margin": sum(one.shortage_cost for one in outcomes),
        "orders": sum(one.orders for one in outcomes),
        "units_ordered": sum(one.units_ordered for one in outcomes),
    }


def _courses(weeks: np.ndarray, lead: int) -> np.ndarray:
    """(lead + review, skus, draws) to (lead + 1, skus, draws): the review's weeks as one."""
    if len(weeks) == lead + 1:
        return weeks
    return np.concatenate([weeks[:lead], weeks[lead:].sum(axis=0, keepdims=True, dtype=np.float32)])


def _really(whole: Panel, traded: _Traded, *, start: int) -> tuple[float, float, float]:
    """Of the same products: units sold in the window, units asked for, and the value held now."""
    part, goods = traded.part, traded.goods
    units = traded.inventory.group_by("sku").agg(pl.col("available").cast(pl.Float64).sum())
    stock = dict(units.iter_rows())
    held = np.array([max(stock.get(whole.skus[row], 0.0), 0.0) for row in goods.rows])
    sold = part.units[goods.rows, start:]
    asked = np.fmax(part.adjusted[goods.rows, start:], sold)
    return float(sold.sum()), float(asked.sum()), float(held @ goods.unit_cost)
