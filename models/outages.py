"""Whether stock lasts: possible courses of demand against stock and arrivals, day by day, until it is gone.

Demand that meets an empty shelf is lost. No prices, no lead times and no alert rules here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from models.arrivals import Arrivals
from models.paths import CHUNK, WORKERS

NEVER = np.iinfo(np.int16).max
GONE = np.float32(0.5)  # stock is whole units; below half of one the last unit is taken


@dataclass(frozen=True)
class Outages:
    """`first_out` (rows, draws): the first day (0 is today) that ends with an empty shelf; NEVER for none.

    `units_lost` (rows,): mean demand that meets an empty shelf before an order placed now arrives.
    """

    first_out: np.ndarray
    units_lost: np.ndarray

    def probability(self, by_day: np.ndarray) -> np.ndarray:
        """Per row the share of draws that run out before `by_day`, (rows,) or (rows, draws)."""
        limit = by_day[:, None] if by_day.ndim == 1 else by_day
        return (self.first_out < limit).mean(axis=1)


@threadpool_limits.wrap(limits=1, user_api="blas")  # chunks run side by side already
def simulate(
    quantiles: np.ndarray,
    *,
    weights: np.ndarray,
    week_of_day: np.ndarray,
    stock: np.ndarray,
    arrivals: Arrivals,
    lead_days: np.ndarray,
    spread: np.ndarray | None = None,
) -> Outages:
    """(rows, weeks, levels) quantiles, (rows,) stock and (rows, draws) whole lead days, over as many days as
    `week_of_day` has.

    A day has a seventh of its week's demand, or what `spread` (`Stock.spread`) says; what arrives on a day is
    there before that day's demand.
    """
    first_out = np.where(stock < GONE, 0, NEVER).astype(np.int16)[:, None].repeat(weights.shape[2], axis=1)
    lost = np.zeros(len(quantiles))
    asked_for = np.flatnonzero(quantiles.any(axis=(1, 2)))
    coming = _of(arrivals, asked_for, rows=len(quantiles))

    def look(place: slice) -> None:
        rows = asked_for[place]
        first_out[rows], lost[rows] = _chunk(
            quantiles[rows].astype(np.float32),
            weights=weights,
            week_of_day=week_of_day,
            stock=stock[rows],
            arrived=_by_day(coming, place, days=len(week_of_day)),
            lead_days=lead_days[rows],
            spread=None if spread is None else spread[rows],
        )

    places = [slice(first, min(first + CHUNK, len(asked_for))) for first in range(0, len(asked_for), CHUNK)]
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(look, places))
    return Outages(first_out, lost)


def _of(arrivals: Arrivals, wanted: np.ndarray, *, rows: int) -> Arrivals:
    """The lines of the `wanted` rows, which are renumbered in their order."""
    place = np.full(rows, -1)
    place[wanted] = np.arange(len(wanted))
    mine = place[arrivals.row] >= 0
    return Arrivals(place[arrivals.row[mine]], arrivals.units[mine], arrivals.day[mine])


def _chunk(
    quantiles: np.ndarray,
    *,
    weights: np.ndarray,
    week_of_day: np.ndarray,
    stock: np.ndarray,
    arrived: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
    lead_days: np.ndarray,
    spread: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    shape = (len(quantiles), weights.shape[2])
    shelf = np.repeat(stock.astype(np.float32)[:, None], shape[1], axis=1)
    first_out = np.full(shape, NEVER, dtype=np.int16)
    lost, week, a_week = np.zeros(shape, dtype=np.float32), -1, np.zeros(shape, dtype=np.float32)
    for day, (row, draw, units) in enumerate(arrived):
        if week_of_day[day] != week:
            week = int(week_of_day[day])
            a_week = np.maximum(quantiles[:, week] @ weights[week], 0.0)
            a_day = a_week / np.float32(7)
        np.add.at(shelf, (row, draw), units)
        shelf -= a_day if spread is None else a_week / spread[:, day, None]
        lost -= np.where(lead_days > day, np.minimum(shelf, 0.0), 0.0)
        np.maximum(shelf, 0.0, out=shelf)
        np.minimum(first_out, np.where(shelf < GONE, day, NEVER), out=first_out)
    return first_out, lost.mean(axis=1, dtype=np.float64)


def _by_day(arrivals: Arrivals, rows: slice, *, days: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Per day the rows (counted from the slice's first), draws and units that arrive on it."""
    mine = np.flatnonzero((arrivals.row >= rows.start) & (arrivals.row < rows.stop))
    day = arrivals.day[mine]
    line, draw = np.nonzero(day < days)
    order = np.argsort(day[line, draw], kind="stable")
    line, draw = line[order], draw[order]
    ends = np.searchsorted(day[line, draw], np.arange(days + 1))
    row = arrivals.row[mine][line] - rows.start
    units = arrivals.units[mine][line].astype(np.float32)
    spans = zip(ends[:-1], ends[1:], strict=True)
    return [(row[a:b], draw[a:b], units[a:b]) for a, b in spans]
