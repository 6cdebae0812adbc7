"""Possible courses of demand over the coming days, drawn from weekly quantiles, against stock and arrivals.

A few hundred courses per sku stand for the distribution. No prices and no order rules here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
from threadpoolctl import threadpool_limits

from models.quantiles import NORMAL

DRAWS = 512
WEEK_CORRELATION = 0.3
CHUNK = 128
WORKERS = 2
WIDE = ("until_arrival", "until_next", "need")


@dataclass(frozen=True)
class Supply:
    """(skus,) stock free now less what is owed, and (skus, days) units arrived by each day's end."""

    net: np.ndarray
    arrived: np.ndarray


@dataclass(frozen=True)
class Outlook:
    """(skus, draws), rising: demand up to the arrival of an order placed now, and of the next review's.

    Per sku: the share of draws that run short before the first arrival (`waiting_risk`: before the next
    review's, were nothing ordered now), the mean new demand unmet by the first.
    `projected` (skus,) is mean stock when an order placed now arrives, were missed sales lost;
    `review_demand` (skus,) the mean demand from then until the next review's order arrives, and `need` (skus,
    draws), rising, what of that demand an order placed now could serve: below 0 where enough is there.
    """

    until_arrival: np.ndarray
    until_next: np.ndarray
    stockout_probability: np.ndarray
    waiting_risk: np.ndarray
    units_short: np.ndarray
    projected: np.ndarray
    review_demand: np.ndarray
    need: np.ndarray


@threadpool_limits.wrap(limits=1, user_api="blas")  # chunks run side by side already
def simulate(
    quantiles: np.ndarray,
    *,
    week_of_day: np.ndarray,
    supply: Supply,
    lead_days: np.ndarray,
    review_days: int | np.ndarray,
    rng: np.random.Generator,
    correlation: float = WEEK_CORRELATION,
    spread: np.ndarray | None = None,
) -> Outlook:
    """(skus, weeks, levels) quantiles and (skus, draws) whole lead days to an outlook.

    `review_days`: of all, or (skus,). `week_of_day` names the forecast week of each day ahead; a day has a
    seventh of its week, or what `spread` (`Stock.spread`) says. A sku's weeks miss together: their normal
    scores share a common part (`correlation`, measured on the backtest's residuals).
    """
    weights = week_weights(quantiles.shape[1], lead_days.shape[1], rng=rng, correlation=correlation)
    skus, draws = lead_days.shape
    review = np.broadcast_to(np.asarray(review_days), skus)
    order = np.argsort(lead_days.max(axis=1, initial=0) + review, kind="stable")
    wide = {name: np.empty((skus, draws), dtype=np.float32) for name in WIDE}
    narrow = {item.name: np.empty(skus) for item in fields(Outlook) if item.name not in WIDE}
    found = Outlook(**wide, **narrow)

    def fill(rows: np.ndarray) -> None:
        held = Supply(supply.net[rows], supply.arrived[rows])
        part = _chunk(
            quantiles[rows].astype(np.float32),
            weights,
            week_of_day,
            held,
            lead_days[rows],
            review[rows],
            spread=None if spread is None else spread[rows],
        )
        for name, values in vars(part).items():
            getattr(found, name)[rows] = values

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(fill, _chunks(order)))
    return found


def _chunk(
    quantiles: np.ndarray,
    weights: np.ndarray,
    week_of_day: np.ndarray,
    supply: Supply,
    lead: np.ndarray,
    review_days: np.ndarray,
    *,
    spread: np.ndarray | None,
) -> Outlook:
    shape = (len(quantiles), weights.shape[2])
    total, short = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    worst, worst_next = total.copy(), total.copy()
    until_arrival, until_next = total.copy(), total.copy()
    week, demand, scratch = -1, total.copy(), total.copy()
    a_week, a_day = total.copy(), total.copy()
    shelf, coming = np.repeat(supply.net.astype(np.float32)[:, None], shape[1], axis=1), 0.0
    projected = shelf.copy()
    next_lead = (lead + review_days[:, None]).astype(lead.dtype)
    last_day = int(next_lead.max(initial=0))
    for day in range(last_day):
        if week_of_day[day] != week:
            week = int(week_of_day[day])
            a_week = np.maximum(quantiles[:, week] @ weights[week], 0.0)
            a_day = a_week / np.float32(7)
        total += a_day if spread is None else a_week / spread[:, day, None]
        seen, demand = demand, np.floor(total + np.float32(0.5))
        is_there, is_next = lead == day + 1, next_lead == day + 1
        np.copyto(until_arrival, demand, where=is_there)
        np.copyto(until_next, demand, where=is_next)
        arrived = supply.arrived[:, day]
        free = (supply.net + arrived).astype(np.float32)
        np.subtract(demand, free[:, None], out=scratch)
        np.minimum(scratch, demand, out=scratch)
        np.maximum(short, scratch, out=short)
        np.copyto(worst, short, where=is_there)
        np.copyto(worst_next, short, where=is_next)
        shelf += (arrived - coming).astype(np.float32)[:, None]
        np.minimum(shelf, 0.0, out=scratch)
        shelf -= demand - seen
        np.maximum(shelf, scratch, out=shelf)
        np.copyto(projected, shelf, where=is_there)
        coming = arrived
    review = until_next - until_arrival
    need = review - projected - _between(supply.arrived, lead, next_lead)
    return Outlook(
        until_arrival=np.sort(until_arrival, axis=1),
        until_next=np.sort(until_next, axis=1),
        stockout_probability=(worst > 0).mean(axis=1, dtype=np.float64),
        waiting_risk=(worst_next > 0).mean(axis=1, dtype=np.float64),
        units_short=worst.mean(axis=1, dtype=np.float64),
        projected=projected.mean(axis=1, dtype=np.float64),
        review_demand=review.mean(axis=1, dtype=np.float64),
        need=np.sort(need, axis=1),
    )


def week_weights(
    weeks: int, draws: int, *, rng: np.random.Generator, correlation: float = WEEK_CORRELATION
) -> np.ndarray:
    """(weeks, levels, draws): quantiles @ weights are equally likely demands of a week, below 0 for none."""
    return _weights(_scores(weeks, draws, rng, correlation))


def range_of_sum(quantiles: np.ndarray, *, inside: float = 0.9, seed: int = 0) -> tuple[float, float]:
    """(weeks, levels) quantiles to the units between which demand over all of them lies with a probability of
    `inside`, as purchases draw it: far narrower than the sums of the weeks' own ends.
    """
    weights = week_weights(len(quantiles), DRAWS, rng=np.random.default_rng(seed))
    weeks = [np.maximum(week @ weights[place], 0.0) for place, week in enumerate(quantiles)]
    ends = np.array([(1 - inside) / 2, (1 + inside) / 2])
    low, high = np.quantile(np.sum(weeks, axis=0), ends) if weeks else (0.0, 0.0)
    return float(np.floor(low + 0.5)), float(np.floor(high + 0.5))


def _between(arrived: np.ndarray, lead: np.ndarray, next_lead: np.ndarray) -> np.ndarray:
    """(skus, draws) units on order that come after an order placed now would, but before the next
    review's.
    """
    last = arrived.shape[1] - 1
    by_next = np.take_along_axis(arrived, np.minimum(next_lead - 1, last), axis=1)
    by_now = np.take_along_axis(arrived, np.maximum(lead - 1, 0), axis=1)
    return (by_next - np.where(lead > 0, by_now, 0.0)).astype(np.float32)


def _scores(weeks: int, draws: int, rng: np.random.Generator, correlation: float) -> np.ndarray:
    """(weeks, draws) normal scores, each week's spread evenly over the distribution (a Latin hypercube)."""
    from scipy.special import ndtri

    even = ndtri((np.arange(draws) + 0.5) / draws)
    columns = np.stack([rng.permutation(even) for _ in range(weeks + 1)])
    return np.sqrt(correlation) * columns[0] + np.sqrt(1 - correlation) * columns[1:]


def _weights(scores: np.ndarray) -> np.ndarray:
    """(weeks, levels, draws): what each known quantile counts at each score.

    Straight between quantiles in normal scores and straight on beyond the outermost, hence exact for a normal
    distribution.
    """
    left = np.clip(np.searchsorted(NORMAL, scores) - 1, 0, len(NORMAL) - 2)
    share = (scores - NORMAL[left]) / (NORMAL[left + 1] - NORMAL[left])
    places = np.arange(len(NORMAL))[None, :, None]
    weights = np.where(places == left[:, None], 1 - share[:, None], 0.0)
    return np.where(places == left[:, None] + 1, share[:, None], weights).astype(np.float32)


def _chunks(order: np.ndarray) -> list[np.ndarray]:
    return [order[first : first + CHUNK] for first in range(0, max(len(order), 1), CHUNK)]
