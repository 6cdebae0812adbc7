"""What the whole shop's days say: its weekday profile and its yearly shutdown, for days ahead as for days
past.

A shutdown is a run of at least five days on which the shop usually sells and sold nothing at all, such as the
days around Christmas; it is expected again on the same days of the year.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

SHUTDOWN_DAYS = 5
SELLING_WEEKDAY = 0.5
PROFILE_WEEKS = 52


@dataclass(frozen=True)
class ShopCalendar:
    """`profile` is each weekday's share of a usual week, Monday first; `shutdown` holds (month, day)."""

    profile: tuple[float, ...]
    shutdown: frozenset[tuple[int, int]]

    def is_open(self, day: date) -> bool:
        return self.profile[day.weekday()] > 0 and (day.month, day.day) not in self.shutdown

    def day_share(self, day: date) -> float:
        """The day's share of a usual week's demand; 0 in a shutdown."""
        return 0.0 if (day.month, day.day) in self.shutdown else self.profile[day.weekday()]

    def week_share(self, monday: date) -> float:
        """How much of a usual week's demand the week has days for: 1, or less in a shutdown."""
        return round(sum(self.day_share(monday + timedelta(days=offset)) for offset in range(7)), 9)

    def week_shares(self, mondays: Iterable[date]) -> np.ndarray:
        return np.array([self.week_share(monday) for monday in mondays], dtype=float)


def learn(days: pl.DataFrame, *, cutoff: date) -> ShopCalendar:
    """The calendar as known at `cutoff`; every day equal where there is no sale at all."""
    sold = (
        days.filter((pl.col("business_date") <= cutoff) & (pl.col("units") > 0))
        .group_by("business_date")
        .agg(pl.col("units").sum().round(3))
        .sort("business_date")
    )
    if sold.is_empty():
        return ShopCalendar(profile=(1 / 7,) * 7, shutdown=frozenset())
    first, last = sold["business_date"][0], cutoff
    every = pl.DataFrame({"business_date": pl.date_range(first, last, eager=True)})
    shop = every.join(sold, on="business_date", how="left", maintain_order="left").with_columns(
        pl.col("units").fill_null(0.0), weekday=pl.col("business_date").dt.weekday() - 1
    )
    return ShopCalendar(profile=_profile(shop), shutdown=_shutdown(shop))


def _profile(shop: pl.DataFrame) -> tuple[float, ...]:
    """Over the last 52 weeks, from the days of at most three times the weekday's median (no bulk orders)."""
    recent = shop.tail(PROFILE_WEEKS * 7).filter(pl.col("units") > 0)
    days = dict(recent.group_by("weekday").len().iter_rows())
    capped = recent.with_columns(
        pl.min_horizontal("units", 3 * pl.col("units").median().over("weekday")).alias("units")
    )
    sums = dict(capped.group_by("weekday").agg(pl.col("units").sum().round(3)).iter_rows())
    most = max(days.values())
    kept = [sums.get(day, 0.0) if days.get(day, 0) >= 0.1 * most else 0.0 for day in range(7)]
    return tuple(value / sum(kept) for value in kept)


def _shutdown(shop: pl.DataFrame) -> frozenset[tuple[int, int]]:
    weekdays = shop.group_by("weekday").agg(share=(pl.col("units") > 0).mean())
    usual = set(weekdays.filter(pl.col("share") >= SELLING_WEEKDAY)["weekday"])
    closed: set[tuple[int, int]] = set()
    run: list[date] = []
    for day, units in shop.select("business_date", "units").iter_rows():
        if units == 0:
            run.append(day)
            continue
        closed |= _long_run(run, usual)
        run = []
    return frozenset(closed)


def _long_run(run: list[date], usual: set[int]) -> set[tuple[int, int]]:
    """The days of a run that has ended; one still going on at the cutoff may be missing data."""
    silent = sum(day.weekday() in usual for day in run)
    return {(day.month, day.day) for day in run} if silent >= SHUTDOWN_DAYS else set()
