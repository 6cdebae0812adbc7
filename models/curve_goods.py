"""The products a curve is replayed on in one stock pool: what they cost, how and how long they are ordered.

The replay is in `policy_curve`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.lead_times import LeadTimes
from models.panel import Panel
from models.pool_weeks import PoolWeeks
from models.replenishment import agreed
from models.replenishment.rounding import Terms
from models.replenishment.shelf import Costs

LONGEST_LEAD = 12
LONGEST_REVIEW = 8
SOLD_WEEKS = 52
YEAR_WEEKS = 52


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


@dataclass(frozen=True)
class Ordering:
    terms: Sequence[agreed.Agreed]
    review_days: int
    lead_times: LeadTimes


@dataclass(frozen=True)
class _Traded:
    today: date
    skus: Sequence[str]
    supplier_id: Sequence[str | None]


def goods_of(whole: Panel, part: PoolWeeks, product: pl.DataFrame, rules: Ordering, *, until: int) -> Goods:
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


def bounds(of: Goods, mean: np.ndarray) -> Terms:
    """`mean`: (skus,) units of a week."""
    before = of.lead * mean

    def until(days: np.ndarray) -> np.ndarray:
        bounded = np.isfinite(days)
        return np.where(bounded, before + mean / 7 * np.where(bounded, days, 0.0), np.inf)

    most = np.minimum(of.most_stock + before, until(of.most_cover))
    return Terms(of.pack, of.least, of.pallet, most, until(of.shelf_life))


def levels(goods: Goods, service_levels: dict[str, float]) -> np.ndarray:
    return np.array([service_levels.get(name, service_levels["C"]) for name in goods.abc])


def costs(goods: Goods, holding_rate: float) -> Costs:
    return Costs(holding=goods.unit_cost * holding_rate / YEAR_WEEKS, shortage=goods.unit_margin)
