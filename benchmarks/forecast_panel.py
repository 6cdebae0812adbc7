"""A shop's panel from a seed, as large as asked: items in places, few of which sell every day.

Order lines in a long frame, listings, days out of stock, prices and events. Demand is made of level,
weekday, season, trend, price, event and day-to-day chance; no shop's data went into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.hierarchy.lines import dense
from models.hierarchy.series import Series

FIRST_DAY = date(2023, 1, 2)
KEYS = ("item", "location")
GROUPS = ("item", "category", "location")
LEVELS = ((), ("location",), ("category",), ("category", "location"), ("item",))
LOCATIONS, ITEMS_A_CATEGORY = 10, 75
USUAL_UNITS, UNEQUAL = 0.45, 1.2
LATE_SHARE, ENDED_SHARE, SOLD_OUT_SHARE = 0.3, 0.05, 0.3
PROMOTED_WEEKS, OFF = 0.04, 0.8


@dataclass(frozen=True)
class Shop:
    lines: pl.DataFrame
    listed: pl.DataFrame
    out_of_stock: pl.DataFrame
    category: dict[str, str]
    price: np.ndarray
    events: dict[str, np.ndarray]
    days: int
    horizon: int

    def series(self) -> Series:
        """The way from order lines to the panel, as a shop would go it."""
        keys, demand = dense(
            self.lines, KEYS, first_day=FIRST_DAY, days=self.days,
            listed=self.listed, out_of_stock=self.out_of_stock,
        )  # fmt: skip
        item, location = (keys[name].to_numpy() for name in KEYS)
        return Series(
            ids=tuple(f"{i}_{p}" for i, p in keys.rows()),
            first_day=FIRST_DAY,
            demand=demand,
            horizon=self.horizon,
            groups={
                "item": item,
                "category": np.array([self.category[i] for i in item]),
                "location": location,
            },
            levels=LEVELS,
            price=self.price,
            events=self.events,
        )


def shop(count: int, *, days: int, horizon: int, seed: int) -> Shop:
    rng = np.random.default_rng(seed)
    items = -(-count // LOCATIONS)
    item, place = np.divmod(np.arange(count), LOCATIONS)
    category = np.arange(items) // ITEMS_A_CATEGORY
    price = _prices(rng, item, days + horizon)
    events = _events(days + horizon)
    first = np.where(rng.random(count) < LATE_SHARE, rng.integers(0, days - 60, count), 0)
    last = np.where(rng.random(count) < ENDED_SHARE, rng.integers(days // 2, days, count), days)
    sold_out = _sold_out(rng, count, days)
    level = USUAL_UNITS * np.exp(rng.normal(0, UNEQUAL, items))[item] * rng.lognormal(0, 0.4, count)
    shape = _shape(rng, category.max() + 1, days, events)
    rows, columns, units = [], [], []
    for start in range(0, count, 2_000):
        part = slice(start, min(start + 2_000, count))
        paid = price[part, :days] / np.median(price[part, :days], axis=1, keepdims=True)
        mean = level[part, None] * shape[category[item[part]]] * paid**-2.0
        drawn = rng.poisson(mean * rng.gamma(2.0, 0.5, mean.shape))
        day = np.arange(days)[None, :]
        drawn[(day < first[part, None]) | (day >= last[part, None]) | sold_out[part]] = 0
        where = np.nonzero(drawn)
        rows.append(where[0] + start)
        columns.append(where[1])
        units.append(drawn[where])
    row, column, unit = map(np.concatenate, (rows, columns, units))
    names = pl.DataFrame(
        {"item": [f"I{i:06d}" for i in item], "location": [f"L{p:02d}" for p in place]},
    )
    gap_row, gap_day = np.nonzero(sold_out)
    return Shop(
        _long(names, row, column).with_columns(units=pl.Series(unit)),
        names.with_columns(
            first_day=_days(first), last_day=pl.Series(_dates(last - 1)).set(_ended(last, days), None)
        ),
        _long(names, gap_row, gap_day),
        {f"I{i:06d}": f"C{c:03d}" for i, c in enumerate(category)},
        price,
        events,
        days,
        horizon,
    )  # fmt: skip


def _long(names: pl.DataFrame, rows: np.ndarray, columns: np.ndarray) -> pl.DataFrame:
    return names[rows].with_columns(day=_days(columns))


def _days(columns: np.ndarray) -> pl.Series:
    return pl.Series(_dates(columns))


def _dates(columns: np.ndarray) -> np.ndarray:
    return np.datetime64(FIRST_DAY, "D") + columns.astype("timedelta64[D]")


def _ended(last: np.ndarray, days: int) -> pl.Series:
    return pl.Series(last >= days)


def _prices(rng: np.random.Generator, item: np.ndarray, days: int) -> np.ndarray:
    """A price an item, a fifth off in some of its weeks."""
    items, weeks = item.max() + 1, -(-days // 7)
    off = np.where(rng.random((items, weeks)) < PROMOTED_WEEKS, OFF, 1.0)
    usual = np.round(rng.lognormal(2.0, 0.8, items), 2) + 0.5
    return (usual[:, None] * np.repeat(off, 7, axis=1)[:, :days]).astype(np.float32)[item]


def _events(days: int) -> dict[str, np.ndarray]:
    """A festival that lifts, a holiday that shuts."""
    dates = [FIRST_DAY + timedelta(days=step) for step in range(days)]
    return {
        "festival": np.array([float((d.month, d.day) == (6, 15)) for d in dates]),
        "holiday": np.array([float((d.month, d.day) == (12, 25)) for d in dates]),
    }


def _shape(rng: np.random.Generator, categories: int, days: int, events: dict) -> np.ndarray:
    """(categories, days) around 1: weekday, season, trend, events and what moves the whole shop a day."""
    day = np.arange(days)
    weekday = rng.lognormal(0, 0.15, (categories, 7)) * np.array([0.9, 0.85, 0.9, 0.95, 1.1, 1.3, 1.1])
    peak, swing = rng.uniform(0, 365, (categories, 1)), rng.uniform(0.05, 0.4, (categories, 1))
    season = np.exp(swing * np.cos(2 * np.pi * (day[None, :] - peak) / 365.25))
    trend = np.exp(rng.normal(0.05, 0.1, (categories, 1)) * day[None, :] / 365.25)
    found = weekday[:, day % 7] * season * trend * rng.lognormal(0, 0.05, days)[None, :]
    found *= 1 + 0.5 * events["festival"][:days]
    return found * (1 - events["holiday"][:days])


def _sold_out(rng: np.random.Generator, count: int, days: int) -> np.ndarray:
    """(series, days) true over one gap of up to five weeks in some of the series."""
    start = np.where(rng.random(count) < SOLD_OUT_SHARE, rng.integers(0, days, count), days)
    length = rng.integers(3, 36, count)
    day = np.arange(days)[None, :]
    return (day >= start[:, None]) & (day < (start + length)[:, None])
