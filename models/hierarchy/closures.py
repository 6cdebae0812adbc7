"""Days the whole shop is shut: found in the past, expected on an event that has always shut it."""

from __future__ import annotations

import numpy as np

from models.hierarchy.series import Series

SHUT_SHARE = 0.1
AROUND_DAYS = 28


def closed_days(series: Series) -> np.ndarray:
    """(days + horizon,) true where the shop sold under a tenth of what it does around that day.

    A coming day counts as shut where it is an event all of whose past days were.
    """
    total = series.units.sum(axis=0, dtype=np.float64)
    usual = np.array([_median_around(total, day) for day in range(len(total))])
    closed = np.zeros(series.days + series.horizon, dtype=bool)
    closed[: series.days] = total < SHUT_SHARE * usual
    for days in series.events.values():
        past = np.flatnonzero(days[: series.days])
        if len(past) and closed[past].all():
            closed[np.flatnonzero(days)] = True
    return closed


def _median_around(total: np.ndarray, day: int) -> float:
    return float(np.median(total[max(0, day - AROUND_DAYS) : day + AROUND_DAYS + 1]))
