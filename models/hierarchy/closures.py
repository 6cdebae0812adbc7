"""Days the whole shop is shut: found in the past, expected on an event that has always shut it. An event of
which one past day is known, in the midst of a closure, says nothing: what shut the shop was something else.

A past day is judged by itself and the four weeks before it, so that no later day changes what is seen of it.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from models.hierarchy.series import WEEK, Series

SHUT_SHARE = 0.1
SHUT_SELLING = 0.5
BEFORE_DAYS = 28
SHUT_WEEKS = 8
ENOUGH_SELLING = 10
SELDOM = 1
NEVER_SELLING = 2.0


def closed_days(series: Series) -> np.ndarray:
    """(days + horizon,) true where the shop sold under a tenth of what it usually does, of under half as
    many series, and not by chance; or nothing on a weekday on which it never sells.

    By chance: usually fewer than ten series sell a day, and in the four weeks before other weekdays were
    as low more than once, or there were no four weeks; a weekday without a sale in all of them is no chance
    where two series sell on a mean day. A coming day counts as shut where the panel says
    so, where it is an event all of whose past days were shut, or a weekday that has been for eight weeks.
    """
    closed = np.zeros(series.days + series.horizon, dtype=bool)
    closed[: series.days] = _found(series)
    if series.shut is not None:
        closed |= series.shut.astype(bool)
    _shut_weekdays(series, closed)
    for days in series.events.values():
        past = np.flatnonzero(days[: series.days])
        if len(past) and closed[past].all() and not _in_the_midst(past, closed):
            closed[np.flatnonzero(days)] = True
    return closed


def _in_the_midst(past: np.ndarray, closed: np.ndarray) -> bool:
    """One day alone, the days on both sides of it shut too."""
    return len(past) == 1 and bool(past[0]) and bool(closed[past[0] - 1 : past[0] + 2].all())


def _found(series: Series) -> np.ndarray:
    total = series.units.sum(axis=0, dtype=np.float64)
    selling = (series.units > 0).sum(axis=0, dtype=np.float64)
    low = (total < SHUT_SHARE * np.nanmedian(_before(total), axis=1)) & series.known.any(axis=0)
    usual_selling = np.nanmedian(_before(selling), axis=1)
    low &= selling < SHUT_SELLING * usual_selling
    same_weekday = np.arange(BEFORE_DAYS, -1, -1) % WEEK == 0
    others_low = _before(low.astype(np.float64))[:, ~same_weekday].sum(axis=1)
    low &= (usual_selling >= ENOUGH_SELLING) | (others_low <= SELDOM)
    nothing = (_before(total)[:, same_weekday] == 0).all(axis=1)
    is_never = nothing & (_before(selling).mean(axis=1) >= NEVER_SELLING) & series.known.any(axis=0)
    return low | is_never


def _before(values: np.ndarray) -> np.ndarray:
    """(days, 29) each day after the four weeks before it, NaN where there is none."""
    return sliding_window_view(np.concatenate([np.full(BEFORE_DAYS, np.nan), values]), BEFORE_DAYS + 1)


def _shut_weekdays(series: Series, closed: np.ndarray) -> None:
    weekday = series.dates.weekday
    for number in range(WEEK):
        past = np.flatnonzero(weekday[: series.days] == number)[-SHUT_WEEKS:]
        if len(past) == SHUT_WEEKS and closed[past].all() and not closed[past[-1] - WEEK : past[-1]].all():
            closed[series.days :] |= weekday[series.days :] == number
