"""What more stock buys: order rules replayed over past weeks, each week with the forecast it would have had.

The forecasts are those of the whole shop's cheapest coherent method (`models.hierarchy`, fast profile), made
anew as of every week; how far off they may be is learnt from the eight weeks before. Products are ordered
every review period, in whole weeks, with their supplier's mean lead time and calendar, packs, minimum,
pallets and bounds of the shelf; sales that meet an empty shelf are lost. Price breaks are not taken. Every
stock pool is replayed on its own part of forecast and demand, and what came of it is summed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from models import history, panel, pool_weeks, pools
from models.errors import PlanError
from models.hierarchy.forecast import Forecaster
from models.lead_times import LeadTimes, nearest
from models.panel import Panel
from models.pool_demand import PoolDemand
from models.pool_weeks import PoolWeeks
from models.reconciled import panel_series
from models.replenishment import agreed
from models.replenishment.policies import BaseStock, LeastCost, Policy
from models.replenishment.replay import CURVE_LEVELS, Outcome, Window, replay
from models.replenishment.rounding import Terms
from models.replenishment.shelf import Costs
from models.spread import courses, dispersion

WEEKS = 26
LEAST_PAST_WEEKS = 26
ERROR_WEEKS = 8
DRAWS = 64
LEVELS = tuple(level for level in CURVE_LEVELS if level < 0.99)  # 64 draws tell no finer
LONGEST_LEAD = 12
LONGEST_REVIEW = 8
SOLD_WEEKS = 52
YEAR_WEEKS = 52
CURVE, CLASSES, LEAST_COST, TODAY = KINDS = ("service_level", "by_class", "least_cost", "today")
NAMES = {
    CURVE: "service level", CLASSES: "service level by class", LEAST_COST: "least cost", TODAY: "as it was",
}  # fmt: skip
COLUMNS = {
    "stock_pool": pl.String, "rule": pl.String, "kind": pl.String, "service_level": pl.Float64,
    "is_chosen": pl.Boolean, "fill_rate": pl.Float64, "stock_value": pl.Float64, "holding_cost": pl.Float64,
    "lost_margin": pl.Float64, "orders": pl.Int64, "units_ordered": pl.Float64, "products": pl.Int64,
    "first_week": pl.Date, "weeks": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class Goods:
    """Of the products replayed: their row in the panel, and their place among all that are replayed; `lead`
    and `review` in weeks, `most_cover` and `shelf_life` in days, inf for no bound.
    """

    rows: np.ndarray
    place: np.ndarray
    unit_cost: np.ndarray
    unit_margin: np.ndarray
    pack: np.ndarray
    least: np.ndarray
    abc: np.ndarray
    lead: np.ndarray
    review: np.ndarray
    pallet: np.ndarray
    most_stock: np.ndarray
    most_cover: np.ndarray
    shelf_life: np.ndarray

    def of(self, members: np.ndarray) -> Goods:
        return Goods(*(values[members] for values in vars(self).values()))


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
    shop has less than half a year before the window, or no product with a cost, a price and sales. Raises
    `PlanError`, `HistoryError`.

    `policy`: the shop's ('service_level' by class, or 'least_cost'), marked as chosen. `terms` are those of
    today; `inventory` and `receipts` know their location_id.
    """
    if weeks < 1:
        raise PlanError(f"a window needs at least 1 week, found {weeks}")
    cutoff = as_of.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    days = history.validate(demand_daily, availability_day=availability_day)
    whole = panel.build(days, cutoff=cutoff)
    start = whole.width - weeks
    if start < LEAST_PAST_WEEKS:
        return pl.DataFrame(schema=COLUMNS)
    traded = []
    for part in pool_weeks.of_pools(
        whole, pool_demand, sold_from=start - SOLD_WEEKS, shares_from=start - ERROR_WEEKS
    ):
        here = pools.here(part.pool, pool_demand.pools)
        lead_times = LeadTimes(nearest(receipts.filter(here), receipts), suppliers, size=99)
        rules = _Rules(agreed.at(part.pool.locations, terms), review_days, lead_times)
        goods = _goods(whole, part, product, rules, until=start)
        if len(goods.rows):
            traded.append((part, goods, inventory.filter(here)))
    if not traded:
        return pl.DataFrame(schema=COLUMNS)
    steps = max(int((goods.lead + goods.review).max()) for _part, goods, _inventory in traded)
    said = _Said(whole, start=start, steps=steps)
    rules_of = _rules_of(service_levels, holding_rate)
    replayed = []
    for number, (part, goods, held) in enumerate(traded):
        outlook = _Outlook(whole, part, goods.rows, said=said, seed=seed + number)
        plays = [_played(outlook, goods, make, holding_rate=holding_rate) for _kind, _level, make in rules_of]
        replayed.append(_Replayed(goods, plays, _today(whole, part, goods, held, start=start)))
    names = ["", *(part.pool.pool_id for part, _goods_of, _held in traded)]
    together = [replayed, *([one] for one in replayed)]
    if len(pool_demand.pools) == 1:
        names, together = names[:1], together[:1]
    rows = [
        {"stock_pool": name, "first_week": whole.week(start), "weeks": weeks} | row
        for name, ones in zip(names, together, strict=True)
        for row in _rows(ones, rules_of, policy=policy)
    ]
    return pl.DataFrame(rows, schema=COLUMNS)


Rule = tuple[str, float | None, Callable[[Goods], Policy]]


def _rules_of(service_levels: dict[str, float], holding_rate: float) -> list[Rule]:
    """Each rule's kind, level, and the policy it is for some goods."""
    return [
        *((CURVE, level, lambda _of, level=level: BaseStock(level)) for level in LEVELS),
        (CLASSES, None, lambda of: BaseStock(_levels(of, service_levels))),
        (LEAST_COST, None, lambda of: LeastCost(_costs(of, holding_rate))),
    ]


@dataclass(frozen=True)
class _Replayed:
    """A stock pool's `goods`; `plays`: by rule, units asked for of some of them and what it came to;
    `really`: units sold, units asked for, value held.
    """

    goods: Goods
    plays: list[list[tuple[float, Outcome]]]
    really: tuple[float, float, float]


def _rows(replayed: Sequence[_Replayed], rules_of: Sequence[Rule], *, policy: str) -> Iterator[dict]:
    """The pools' outcomes summed, rule by rule; what really was last."""
    products = {"products": len(set(np.concatenate([one.goods.rows for one in replayed]).tolist()))}
    for number, (kind, level, _make) in enumerate(rules_of):
        chosen = policy == LEAST_COST if kind == LEAST_COST else kind == CLASSES and policy != LEAST_COST
        name = NAMES[kind] if level is None else f"{NAMES[kind]} {level:.0%}"
        plays = [play for one in replayed for play in one.plays[number]]
        about = {"rule": name, "kind": kind, "service_level": level, "is_chosen": chosen}
        yield about | _summed(plays) | products
    sold, asked, held = (sum(values) for values in zip(*(one.really for one in replayed), strict=True))
    yield {
        "rule": NAMES[TODAY], "kind": TODAY, "service_level": None, "is_chosen": False,
        "fill_rate": sold / asked if asked > 0 else None, "stock_value": held, "holding_cost": None,
        "lost_margin": None, "orders": None, "units_ordered": None,
    } | products  # fmt: skip


@dataclass(frozen=True)
class _Rules:
    terms: Sequence[agreed.Agreed]
    review_days: int
    lead_times: LeadTimes


@dataclass(frozen=True)
class _Traded:
    today: date
    skus: Sequence[str]
    supplier_id: Sequence[str | None]


def _goods(whole: Panel, part: PoolWeeks, product: pl.DataFrame, rules: _Rules, *, until: int) -> Goods:
    """Products with a cost and a margin that the pool sold in the year before the window."""
    place = {sku: row for row, sku in enumerate(whole.skus)}
    sold = part.units[:, max(until - SOLD_WEEKS, 0) : max(until, 0)].sum(axis=1) > 0
    kept = product.filter(
        (pl.col("unit_cost") > 0) & (pl.col("mean_price") > pl.col("unit_cost")) & pl.col("sku").is_in(place)
    ).sort("sku")
    kept = kept.filter(pl.Series([bool(sold[place[sku]]) for sku in kept["sku"]], dtype=pl.Boolean))
    number = {name: kept[name].cast(pl.Float64).to_numpy() for name in ("unit_cost", "mean_price")}
    traded = _Traded(whole.week(max(until, 0)), kept["sku"].to_list(), kept["supplier_id"].to_list())
    bound = agreed.of_skus(traded, rules.terms, review_days=rules.review_days)
    mean = np.array([rules.lead_times.of(name).mean for name in traded.supplier_id], dtype=float)
    days, review = agreed.on_calendar(bound, traded, np.ceil(mean - 1e-9)[:, None])
    return Goods(
        rows=np.array([place[sku] for sku in kept["sku"]], dtype=int),
        place=np.arange(kept.height),
        unit_cost=number["unit_cost"],
        unit_margin=number["mean_price"] - number["unit_cost"],
        pack=np.maximum(kept["pack_size"].cast(pl.Float64).fill_null(1.0).to_numpy(), 1.0),
        least=kept["min_order_quantity"].cast(pl.Float64).fill_null(0.0).to_numpy(),
        abc=kept["abc_class"].fill_null("C").to_numpy(),
        lead=np.clip(np.ceil(days[:, 0] / 7), 1, LONGEST_LEAD).astype(int),
        review=np.clip(np.ceil(review / 7), 1, LONGEST_REVIEW).astype(int),
        pallet=bound.pallet,
        most_stock=bound.most_stock,
        most_cover=bound.most_cover,
        shelf_life=bound.shelf_life,
    )


class _Said:
    """The shop's weekly means (skus, steps) as of every week of the window and the eight before it."""

    def __init__(self, whole: Panel, *, start: int, steps: int) -> None:
        self.start, self.first = start, start - ERROR_WEEKS
        forecaster = Forecaster(panel_series(whole, horizon=steps))
        self.weeks = [
            forecaster.fast(edge * 7).reshape(len(whole.skus), steps, 7).sum(axis=2)
            for edge in range(self.first, whole.width)
        ]

    def part(self, part: PoolWeeks, rows: np.ndarray) -> list[np.ndarray]:
        """A stock pool's, of some rows: by the share of them that was known as of each week."""
        return [
            weeks[rows] * part.share[rows, self.first + number, None]
            for number, weeks in enumerate(self.weeks)
        ]


class _Outlook:
    """The courses of a pool's demand as of every week of the window, and what came."""

    def __init__(self, whole: Panel, part: PoolWeeks, rows: np.ndarray, *, said: _Said, seed: int) -> None:
        self.start, self.width, self._seed = said.start, whole.width, seed
        self.came = np.where(np.isnan(part.adjusted), part.units, part.adjusted)[rows]
        self._said = said.part(part, rows)
        self._known = np.where(whole.exposure >= history.FULL, part.units, np.nan)[rows]
        self._drawn: dict[int, np.ndarray] = {}

    def of(self, period: int) -> np.ndarray:
        """(steps, skus, draws) as of the window's week `period`."""
        if period not in self._drawn:
            edge = self.start + period
            past = np.stack(self._said[period : period + ERROR_WEEKS])[:, :, :1]
            came = self._known[:, edge - ERROR_WEEKS : edge].T[:, :, None]
            rng = np.random.default_rng([self._seed, period])
            mean = np.maximum(np.nan_to_num(self._said[period + ERROR_WEEKS]), 0.0)
            self._drawn[period] = courses(mean, dispersion(past, came), draws=DRAWS, rng=rng).astype(
                np.uint16
            )
        return self._drawn[period]

    def mean(self, place: np.ndarray) -> np.ndarray:
        """A week's units as forecast for the window's first."""
        return np.maximum(self._said[ERROR_WEEKS][place].mean(axis=1), 0.0)


def _played(
    outlook: _Outlook, goods: Goods, make: Callable[[Goods], Policy], *, holding_rate: float
) -> list[tuple[float, Outcome]]:
    """Units asked for and what the rule came to, of products of one lead time and review period together."""
    found: list[tuple[float, Outcome]] = []
    for lead, review in np.unique(np.stack([goods.lead, goods.review], axis=1), axis=0).tolist():
        of = goods.of((goods.lead == lead) & (goods.review == review))
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
            costs=_costs(of, holding_rate),
            terms=_terms(of, mean),
            review=review,
        )
        found.append((float(demand[:, lead:].sum()), replay(window, make(of))))
    return found


def _summed(found: Sequence[tuple[float, Outcome]]) -> dict[str, float | None]:
    asked = sum(units for units, _ in found)
    return {
        "fill_rate": sum(units * (one.fill_rate or 0.0) for units, one in found) / asked if asked else None,
        "stock_value": sum(one.stock_value for _, one in found),
        "holding_cost": sum(one.holding_cost for _, one in found),
        "lost_margin": sum(one.shortage_cost for _, one in found),
        "orders": sum(one.orders for _, one in found),
        "units_ordered": sum(one.units_ordered for _, one in found),
    }


def _courses(weeks: np.ndarray, lead: int) -> np.ndarray:
    """(lead + review, skus, draws) to (lead + 1, skus, draws): the review's weeks as one."""
    if len(weeks) == lead + 1:
        return weeks
    return np.concatenate([weeks[:lead], weeks[lead:].sum(axis=0, keepdims=True, dtype=np.float32)])


def _terms(of: Goods, mean: np.ndarray) -> Terms:
    """`mean`: (skus,) units of a week."""
    before = of.lead * mean

    def until(days: np.ndarray) -> np.ndarray:
        bounded = np.isfinite(days)
        return np.where(bounded, before + mean / 7 * np.where(bounded, days, 0.0), np.inf)

    most = np.minimum(of.most_stock + before, until(of.most_cover))
    return Terms(of.pack, of.least, of.pallet, most, until(of.shelf_life))


def _today(
    whole: Panel, part: PoolWeeks, goods: Goods, inventory: pl.DataFrame, *, start: int
) -> tuple[float, float, float]:
    """Of the same products: units really sold in the window, units asked for, and the value held now."""
    stock = dict(inventory.group_by("sku").agg(pl.col("available").cast(pl.Float64).sum()).iter_rows())
    held = np.array([max(stock.get(whole.skus[row], 0.0), 0.0) for row in goods.rows])
    sold = part.units[goods.rows, start:]
    asked = np.fmax(part.adjusted[goods.rows, start:], sold)
    return float(sold.sum()), float(asked.sum()), float(held @ goods.unit_cost)


def _levels(goods: Goods, service_levels: dict[str, float]) -> np.ndarray:
    return np.array([service_levels.get(name, service_levels["C"]) for name in goods.abc])


def _costs(goods: Goods, holding_rate: float) -> Costs:
    return Costs(holding=goods.unit_cost * holding_rate / YEAR_WEEKS, shortage=goods.unit_margin)
