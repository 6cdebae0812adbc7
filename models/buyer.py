"""A shop that buys by a plain rule on its past sales, played on real demand: stock kept without hindsight.

The sample's own purchases were dated by somebody who knew the sales to come, so recorded stock alone cannot
tell how early a stock-out shows. What a better rule would buy is in `replenish`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from models.known import LEVELS, ORDERED, RECEIVED, Past

RATE_DAYS = 56
SAFETY_DAYS = 7
COVER_DAYS = 28
REVIEW_DAYS = 7


@dataclass(frozen=True)
class Goods:
    """By sku: who supplies it, and in what packs. `spans`: by supplier, days its deliveries took.
    `location_id`: where all of it is bought for.
    """

    skus: tuple[str, ...]
    supplier_id: list[str]
    pack_size: np.ndarray
    min_order_quantity: np.ndarray
    spans: Mapping[str, np.ndarray]
    location_id: str

    def lead_days(self) -> np.ndarray:
        return np.array([self.spans[name].mean() for name in self.supplier_id])


@dataclass
class _Books:
    """What the played shop writes down, as rows of `known.Past`."""

    levels: list[pl.DataFrame] = field(default_factory=list)
    ordered: list[tuple] = field(default_factory=list)
    received: list[tuple] = field(default_factory=list)


def play(
    demand: np.ndarray,
    goods: Goods,
    *,
    first_day: date,
    before: Past,
    zone: str,
    rng: np.random.Generator,
) -> Past:
    """(skus, 56 + days) demand, from 56 days before `first_day`; opens with the stock and orders of `before`.

    Every Monday morning a sku whose stock and orders are below its usual sales (56 days) over the lead time,
    the week and a week's safety is bought up to four weeks more, in whole packs. A delivery takes as long as
    one of its supplier's took, drawn per supplier and week. Demand that meets an empty shelf is lost.
    """
    opening = _instant(first_day, zone)
    rows = {sku: row for row, sku in enumerate(goods.skus)}
    shelf = _opening_stock(before, opening, rows)
    days = demand.shape[1] - RATE_DAYS
    due, books = _opening_orders(before, opening, rows, first_day=first_day, days=days)
    totals = np.concatenate([np.zeros((len(shelf), 1)), np.cumsum(demand, axis=1)], axis=1)
    books.levels.append(_levels(goods, shelf, np.ones(len(shelf), dtype=bool), opening))
    for day in range(days):
        if (first_day + timedelta(days=day)).weekday() == 0:
            rate = (totals[:, day + RATE_DAYS] - totals[:, day]) / RATE_DAYS
            wanted = _wanted(rate, shelf + due[:, day:].sum(axis=1), goods)
            _order(wanted, goods, due, books, day=day, first_day=first_day, zone=zone, rng=rng)
        left = np.maximum(shelf + due[:, day] - demand[:, day + RATE_DAYS], 0.0)
        now = _instant(first_day + timedelta(days=day), zone, hour=20)
        books.levels.append(_levels(goods, left, left != shelf, now))
        shelf = left
    return Past.of(
        levels=pl.concat(books.levels),
        ordered=pl.DataFrame(books.ordered, schema=ORDERED, orient="row"),
        received=pl.DataFrame(books.received, schema=RECEIVED, orient="row"),
    )


def _wanted(rate: np.ndarray, position: np.ndarray, goods: Goods) -> np.ndarray:
    least = rate * (goods.lead_days() + REVIEW_DAYS + SAFETY_DAYS)
    most = least + rate * COVER_DAYS
    is_low = (position < least) & (rate > 0)
    need = np.where(is_low, np.maximum(most - position, goods.min_order_quantity), 0.0)
    return np.ceil(need / goods.pack_size - 1e-9) * goods.pack_size


def _order(
    wanted: np.ndarray,
    goods: Goods,
    due: np.ndarray,
    books: _Books,
    *,
    day: int,
    first_day: date,
    zone: str,
    rng: np.random.Generator,
) -> None:
    """Write the orders down; what arrives after the last day played never does."""
    today = first_day + timedelta(days=day)
    now = _instant(today, zone, hour=9)
    taken = {name: float(rng.choice(spans)) for name, spans in sorted(goods.spans.items())}
    for row in np.flatnonzero(wanted > 0).tolist():
        supplier, units = goods.supplier_id[row], float(wanted[row])
        line = f"{today}/{goods.location_id}/{goods.skus[row]}"
        expected = now + timedelta(days=float(np.median(goods.spans[supplier])))
        books.ordered.append((line, supplier, goods.skus[row], units, goods.location_id, now, expected, now))
        arrival = day + max(round(taken[supplier]), 1)
        if arrival < due.shape[1]:
            due[row, arrival] += units
            at = _instant(first_day + timedelta(days=arrival), zone, hour=6)
            books.received.append((line, units, at))


def _opening_stock(before: Past, opening: datetime, place: Mapping[str, int]) -> np.ndarray:
    shelf = np.zeros(len(place))
    for sku, _location, units in before.inventory(opening).iter_rows():
        if sku in place:
            shelf[place[sku]] += max(units, 0.0)
    return shelf


def _opening_orders(
    before: Past, opening: datetime, place: Mapping[str, int], *, first_day: date, days: int
) -> tuple[np.ndarray, _Books]:
    """Units still to come by day, of orders placed before the first, when they really came."""
    due, books = np.zeros((len(place), days)), _Books()
    known = before.ordered.filter((pl.col("ordered_at") < opening) & pl.col("sku").is_in(list(place)))
    came = before.received.join(known.select("purchase_order_line_id", "sku"), on="purchase_order_line_id")
    for line, units, at, sku in came.iter_rows():
        day = (at.date() - first_day).days
        books.received.append((line, units, at))
        if at >= opening and 0 <= day < days:
            due[place[sku], day] += units
    books.ordered.extend(known.iter_rows())
    return due, books


def _levels(goods: Goods, shelf: np.ndarray, changed: np.ndarray, at: datetime) -> pl.DataFrame:
    rows = np.flatnonzero(changed)
    return pl.DataFrame(
        {
            "sku": [goods.skus[row] for row in rows.tolist()],
            "location_id": [goods.location_id] * len(rows),
            "at": [at] * len(rows),
            "available": shelf[rows],
        },
        schema=LEVELS,
    )


def _instant(day: date, zone: str, *, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)
