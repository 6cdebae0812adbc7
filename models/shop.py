"""What the whole shop's days say: its weekday profile and its shutdowns, of days past and ahead.

A shutdown is a run of at least five days on which the shop usually sells and sold nothing at all: none of
them tells of demand. It is expected again on the same days of the year where it came two years running, or
once over the turn of the year, unless the shop has sold on them since; any other closure seen once, such as a
move, is none to plan by. A run still going on tells nothing of demand for eight weeks: the shop is shut for
now, or its orders are missing.
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
YEAR = timedelta(weeks=52)
TURN_OF_THE_YEAR = ((12, 25), (1, 1))
RARE = 0.1
ALIKE = (1 / 7,) * 7


@dataclass(frozen=True)
class ShopCalendar:
    """`profile` is each weekday's share of a usual week, Monday first; `shut` holds the days past on which
    the shop was shut, `shutdown` the (month, day) it is expected to be after `known_until`.
    """

    profile: tuple[float, ...]
    shutdown: frozenset[tuple[int, int]] = frozenset()
    shut: frozenset[date] = frozenset()
    known_until: date = date.min

    def is_open(self, day: date) -> bool:
        return self.day_share(day) > 0

    def day_share(self, day: date) -> float:
        """The day's share of a usual week's demand; 0 while the shop is shut."""
        is_ahead = day > self.known_until
        is_shut = (day.month, day.day) in self.shutdown if is_ahead else day in self.shut
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
        return ShopCalendar(profile=ALIKE)
    first, last = sold["business_date"][0], cutoff
    every = pl.DataFrame({"business_date": pl.date_range(first, last, eager=True)})
    shop = every.join(sold, on="business_date", how="left", maintain_order="left").with_columns(
        pl.col("units").fill_null(0.0), weekday=pl.col("business_date").dt.weekday() - 1
    )
    ended, going_on, is_silent = _closures(shop)
    shut = frozenset(day for run in (*ended, going_on if is_silent else ()) for day in run)
    is_open = [day not in shut for day in shop["business_date"]]
    shutdown = _expected(shop, ended, going_on)
    return ShopCalendar(_profile(shop.filter(pl.Series(is_open))), shutdown, shut, known_until=cutoff)


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


def _closures(shop: pl.DataFrame) -> tuple[list[list[date]], list[date], bool]:
    """Runs of days without a sale that are too long to be chance, the days since the last sale, and whether
    these are such a run too.
    """
    weekdays = shop.group_by("weekday").agg(share=(pl.col("units") > 0).mean())
    usual = set(weekdays.filter(pl.col("share") >= SELLING_WEEKDAY)["weekday"])
    runs: list[list[date]] = [[]]
    for day, units in shop.select("business_date", "units").iter_rows():
        if units == 0:
            runs[-1].append(day)
        elif runs[-1]:
            runs.append([])
    *ended, going_on = runs
    is_silent = len(going_on) <= MOST_SILENT_DAYS and _is_long(going_on, usual)
    return [run for run in ended if _is_long(run, usual)], going_on, is_silent


def _is_long(run: list[date], usual: set[int]) -> bool:
    return sum(day.weekday() in usual for day in run) >= SHUTDOWN_DAYS


def _expected(shop: pl.DataFrame, ended: list[list[date]], going_on: list[date]) -> frozenset:
    """(month, day) of the closures that come every year, where the shop was shut when they last came
    round.
    """
    shut = {day for run in ended for day in run}
    yearly = {day for run in ended if _comes_again(run, shut) for day in run}
    last_time = {(day.month, day.day): day for day in shop["business_date"]}
    is_last = shut.union(going_on)
    return frozenset((day.month, day.day) for day in yearly if last_time[day.month, day.day] in is_last)


def _comes_again(run: list[date], shut: set[date]) -> bool:
    """Over the turn of the year, or about where another was the year before."""
    turns = any((day.month, day.day) in TURN_OF_THE_YEAR for day in run)
    before = ({day - YEAR + timedelta(days=moved) for moved in range(-7, 8)} for day in run)
    return turns or any(days & shut for days in before)
