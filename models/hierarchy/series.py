"""The panel contract: dense arrays, one row a series and one column a day, and what is known ahead.

Arrays hold history up to the cutoff alone; prices, flags and events reach over the horizon because a shop
decides them itself. Nothing here computes a forecast.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from models.errors import HistoryError
from models.history import MOST_UNITS

Labels = np.ndarray
WEEK = 7
BULK_TIMES = 3.0
BULK_AFTER_DAYS, BULK_BEFORE_DAYS = 28, 364


@dataclass(frozen=True)
class Flag:
    """A yes or no known ahead, by the labels of one group (`by`), or for all series where that is None.

    `days`: label -> (days + horizon,) of 0 and 1.
    """

    by: str | None
    days: dict[str, np.ndarray]


@dataclass(frozen=True)
class Series:
    """`demand`: (series, days), units; NaN where unknown: before launch, after the end, while sold out. More
    than `MOST_UNITS` on a day count as so many.

    `groups`: name -> (series,) labels. `levels`: the sums to forecast as well, each a tuple of group names.
    `price`: (series, days + horizon), NaN while not on sale. `events`: name -> (days + horizon,) of 0 and 1.
    `shut`: (days + horizon,) true on days the shop is known to be closed.
    """

    ids: tuple[str, ...]
    first_day: date
    demand: np.ndarray
    horizon: int
    groups: dict[str, Labels] = field(default_factory=dict)
    levels: tuple[tuple[str, ...], ...] = ((),)
    price: np.ndarray | None = None
    events: dict[str, np.ndarray] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)
    shut: np.ndarray | None = None

    def __post_init__(self) -> None:
        count, days = self.demand.shape
        if count != len(self.ids):
            raise HistoryError(f"demand has {count} rows for {len(self.ids)} series")
        if self.horizon < 1 or days < 1:
            raise HistoryError(f"found {days} days and a horizon of {self.horizon}; both must be at least 1")
        if (wrong := self.demand < 0).any():
            row, day = (int(found[0]) for found in np.nonzero(wrong))
            raise HistoryError(
                f"demand of {self.ids[row]} is {self.demand[row, day]} on day {day}; "
                "it must not be negative: returns are kept apart, unknown is NaN"
            )
        if (self.demand > MOST_UNITS).any():
            object.__setattr__(self, "demand", np.minimum(self.demand, MOST_UNITS))
        for name, labels in self.groups.items():
            if len(labels) != count:
                raise HistoryError(f"group {name} has {len(labels)} labels for {count} series")
        for level in self.levels:
            if missing := set(level) - set(self.groups):
                raise HistoryError(f"level {level} names groups that are not there: {sorted(missing)}")
        shut = [] if self.shut is None else [("shut", self.shut)]
        ahead = (
            *shut,
            *self.events.items(),
            *((k, v) for f in self.flags.values() for k, v in f.days.items()),
        )
        for name, values in ahead:
            if len(values) != days + self.horizon:
                raise HistoryError(
                    f"{name} has {len(values)} days, {days} of history + {self.horizon} ahead needed"
                )
        if self.price is not None and self.price.shape != (count, days + self.horizon):
            raise HistoryError(f"price is {self.price.shape}, not {(count, days + self.horizon)}")
        if self.price is not None and (wrong := (self.price < 0) | np.isinf(self.price)).any():
            row, day = (int(found[0]) for found in np.nonzero(wrong))
            raise HistoryError(
                f"price of {self.ids[row]} is {self.price[row, day]} on day {day}; at least 0 needed, NaN "
                "while not on sale"
            )

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def days(self) -> int:
        return self.demand.shape[1]

    @cached_property
    def known(self) -> np.ndarray:
        return ~np.isnan(self.demand)

    @cached_property
    def units(self) -> np.ndarray:
        """Demand with 0 for unknown, a bulk day counting as the shop's best day before it, float32."""
        found = np.nan_to_num(self.demand).astype(np.float32)
        if self.bulk.any():
            found[self.bulk] = np.broadcast_to(self._best_before, found.shape)[self.bulk]
        return found

    @cached_property
    def bulk(self) -> np.ndarray:
        """(series, days) true where one series sold over three times the whole shop's best day of the year
        before: an order or an error of its own kind, which must not move the others.

        Best day: the second best, so that what comes a third time is believed. From the 29th day on.
        """
        limit = np.where(self._best_before > 0, BULK_TIMES * self._best_before, np.inf)
        return np.nan_to_num(self.demand) > limit[None, :]

    @cached_property
    def _best_before(self) -> np.ndarray:
        total = np.nan_to_num(self.demand).sum(axis=0, dtype=np.float64)
        found = np.zeros(self.days)
        for day in range(BULK_AFTER_DAYS, self.days):
            found[day] = np.partition(total[max(day - BULK_BEFORE_DAYS, 0) : day], -2)[-2]
        return found

    @cached_property
    def launch(self) -> np.ndarray:
        """(series,) the first known day; `days` where there is none."""
        return np.where(self.known.any(axis=1), self.known.argmax(axis=1), self.days)

    @cached_property
    def dates(self) -> Dates:
        return Dates(self.first_day, self.days + self.horizon)

    def before(self, cutoff: int) -> Series:
        """What was known after the first `cutoff` days, its horizon the days that follow."""
        end = cutoff + self.horizon
        return replace(
            self,
            demand=self.demand[:, :cutoff],
            price=None if self.price is None else self.price[:, :end],
            shut=None if self.shut is None else self.shut[:end],
            events={name: values[:end] for name, values in self.events.items()},
            flags={
                name: Flag(flag.by, {label: values[:end] for label, values in flag.days.items()})
                for name, flag in self.flags.items()
            },
        )

    def flag_of(self, name: str) -> np.ndarray:
        """(series, days + horizon) of 0 and 1, float32."""
        flag = self.flags[name]
        none = np.zeros(self.days + self.horizon, dtype=np.float32)
        labels = self.groups[flag.by] if flag.by else np.full(self.count, next(iter(flag.days), ""), object)
        names, codes = np.unique(labels, return_inverse=True)
        return np.stack([np.asarray(flag.days.get(str(label), none), np.float32) for label in names])[codes]


@dataclass(frozen=True)
class Dates:
    """Weekday (0 Monday), day of the month and of the year of each column."""

    first_day: date
    count: int

    @cached_property
    def all(self) -> list[date]:
        return [self.first_day + timedelta(days=step) for step in range(self.count)]

    @cached_property
    def weekday(self) -> np.ndarray:
        return (self.first_day.weekday() + np.arange(self.count)) % WEEK

    @cached_property
    def day_of_month(self) -> np.ndarray:
        return np.array([day.day for day in self.all])

    @cached_property
    def day_of_year(self) -> np.ndarray:
        return np.array([day.timetuple().tm_yday for day in self.all])


@dataclass(frozen=True)
class Level:
    """One grouping of the series: `names` of its sums and (series,) `codes` of the sum each belongs to."""

    groups: tuple[str, ...]
    names: tuple[str, ...]
    codes: np.ndarray

    def sum(self, values: np.ndarray) -> np.ndarray:
        """(series, …) -> (sums, …)"""
        return self.matrix @ values

    @cached_property
    def matrix(self) -> csr_array:
        """(sums, series) of 0 and 1."""
        ones = np.ones(len(self.codes))
        shape = (len(self.names), len(self.codes))
        return csr_array((ones, (self.codes, np.arange(len(self.codes)))), shape=shape)

    @cached_property
    def members(self) -> np.ndarray:
        """(sums,) how many series each holds."""
        return np.bincount(self.codes, minlength=len(self.names))

    @cached_property
    def first_member(self) -> np.ndarray:
        return np.unique(self.codes, return_index=True)[1]

    def refines(self, other: Level) -> bool:
        """Every sum of this level lies in one sum of the other."""
        return bool((other.codes == other.codes[self.first_member][self.codes]).all())


TOTAL = "total"


def level(series: Series, groups: Iterable[str]) -> Level:
    """Names are the labels joined by `|`, the whole is 'total'."""
    groups = tuple(groups)
    if not groups:
        return Level(groups, (TOTAL,), np.zeros(series.count, dtype=int))
    codes = np.zeros(series.count, dtype=int)
    for name in groups:
        labels, inner = np.unique(series.groups[name].astype(str), return_inverse=True)
        codes = codes * len(labels) + inner
    _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
    names = tuple("|".join(str(series.groups[name][row]) for name in groups) for row in first)
    return Level(groups, names, codes)
