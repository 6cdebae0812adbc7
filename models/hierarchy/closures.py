"""Days the whole shop is shut: found in the past, expected on an event that has always shut it."""

from __future__ import annotations

import numpy as np

from models.hierarchy.series import WEEK, Series

SHUT_SHARE = 0.1
AROUND_DAYS = 28
SHUT_WEEKS = 8


def closed_days(series: Series) -> np.ndarray:
    """(days + horizon,) true where the shop sold under a tenth of what it does around that day.

    A coming day counts as shut where the panel says so, where it is an event all of whose past days were,
    or a weekday that has been for eight weeks.
    """
    total = series.units.sum(axis=0, dtype=np.float64)
    usual = np.array([_median_around(total, day) for day in range(len(total))])
    closed = np.zeros(series.days + series.horizon, dtype=bool)
    closed[: series.days] = total < SHUT_SHARE * usual
    if series.shut is not None:
        closed |= series.shut.astype(bool)
    _shut_weekdays(series, closed)
    for days in series.events.values():
        past = np.flatnonzero(days[: series.days])
        if len(past) and closed[past].all():
            closed[np.flatnonzero(days)] = True
    return closed


def _shut_weekdays(series: Series, closed: np.ndarray) -> None:
    weekday = series.dates.weekday
    for number in range(WEEK):
        past = np.flatnonzero(weekday[: series.days] == number)[-SHUT_WEEKS:]
        if len(past) == SHUT_WEEKS and closed[past].all() and not closed[past[-1] - WEEK : past[-1]].all():
            closed[series.days :] |= weekday[series.days :] == number


def _median_around(total: np.ndarray, day: int) -> float:
    return float(np.median(total[max(0, day - AROUND_DAYS) : day + AROUND_DAYS + 1]))
