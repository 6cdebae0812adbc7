"""What the whole shop's days say: its weekday profile and its yearly shutdown, for days ahead as for days
past.

A shutdown is a run of at least five days on which the shop usually sells and sold nothing at all, such as the
days around Christmas; it is expected again on the same days of the year, unless the shop has sold on them
since. A run still going on tells nothing of demand for eight weeks: the shop is shut for now, or its orders
are missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

SHUTDOWN_DAYS = 5
MOST_SILENT_DAYS = 56
SELLING_WEEKDAY = 0.5
PROFILE_WEEKS = 52
RARE = 0.1
ALIKE = (1 / 7,) * 7


@dataclass(frozen=True)
class ShopCalendar:
    """`profile` is each weekday's share of a usual week, Monday first; `shutdown` holds (month, day),
    `silent` the days without any sale up to the cutoff, of a run too long to be chance.
    """

    profile: tuple[float, ...]
    shutdown: frozenset[tuple[int, int]]
    silent: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        return self.day_share(day) > 0

    def day_share(self, day: date) -> float:
        """The day's share of a usual week's demand; 0 in a shutdown and while the shop is silent."""
        is_shut = (day.month, day.day) in self.shutdown or day in self.silent
        return 0.0 if is_shut else self.profile[day.weekday()]

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
        return ShopCalendar(profile=ALIKE, shutdown=frozenset())
    first, last = sold["business_date"][0], cutoff
    every = pl.DataFrame({"business_date": pl.date_range(first, last, eager=True)})
    shop = every.join(sold, on="business_date", how="left", maintain_order="left").with_columns(
        pl.col("units").fill_null(0.0), weekday=pl.col("business_date").dt.weekday() - 1
    )
    shutdown, silent = _shutdown(shop)
    is_shut = [(day.month, day.day) in shutdown or day in silent for day in shop["business_date"]]
    return ShopCalendar(_profile(shop.filter(~pl.Series(is_shut))), shutdown, silent)


def _profile(shop: pl.DataFrame) -> tuple[float, ...]:
    """From the days of the last 52 weeks outside a shutdown, each at most three times its weekday's median.

    A weekday that sells less than a tenth as often as another is one on which the shop is closed.
    """
    recent = shop.tail(PROFILE_WEEKS * 7)
    usual = pl.col("units").filter(pl.col("units") > 0).median().over("weekday")
    days = recent.with_columns(pl.min_horizontal("units", 3 * usual).alias("units"))
    means = days.group_by("weekday").agg(
        often=(pl.col("units") > 0).mean(), units=pl.col("units").sum().round(3) / pl.len()
    )
    often = means["often"].max()
    found = {weekday: units for weekday, share, units in means.iter_rows() if share >= RARE * often}
    kept = [found.get(weekday, 0.0) for weekday in range(7)]
    return tuple(value / sum(kept) for value in kept) if sum(kept) else ALIKE


def _shutdown(shop: pl.DataFrame) -> tuple[frozenset[tuple[int, int]], frozenset[date]]:
    """What was shut when it last came round, and the run that has not ended."""
    weekdays = shop.group_by("weekday").agg(share=(pl.col("units") > 0).mean())
    usual = set(weekdays.filter(pl.col("share") >= SELLING_WEEKDAY)["weekday"])
    runs: list[list[date]] = [[]]
    for day, units in shop.select("business_date", "units").iter_rows():
        if units == 0:
            runs[-1].append(day)
        elif runs[-1]:
            runs.append([])
    *ended, going_on = runs
    past = {day for run in ended for day in _long(run, usual)}
    last_time = {(day.month, day.day): day for day in shop["business_date"]}
    shut = frozenset(
        (day.month, day.day) for day in past if last_time[day.month, day.day] in past.union(going_on)
    )
    return shut, frozenset(_long(going_on, usual) if len(going_on) <= MOST_SILENT_DAYS else ())


def _long(run: list[date], usual: set[int]) -> list[date]:
    return run if sum(day.weekday() in usual for day in run) >= SHUTDOWN_DAYS else []
