"""Possible courses of demand over the coming days, drawn from weekly quantiles, against stock and arrivals.

A few hundred courses per sku stand for the distribution. No prices and no order rules here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DRAWS = 512
WEEK_CORRELATION = 0.3
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
CHUNK = 512


@dataclass(frozen=True)
class Supply:
    """(skus,) stock free now less what is owed, and (skus, days) units arrived by each day's end."""

    net: np.ndarray
    arrived: np.ndarray


@dataclass(frozen=True)
class Outlook:
    """(skus, draws), rising: demand up to the arrival of an order placed now, and of the next review's.

    Per sku: the share of draws that run short before the first arrival, the mean new demand unmet by then.
    """

    until_arrival: np.ndarray
    until_next: np.ndarray
    stockout_probability: np.ndarray
    units_short: np.ndarray


def simulate(
    quantiles: np.ndarray,
    *,
    week_of_day: np.ndarray,
    supply: Supply,
    lead_days: np.ndarray,
    review_days: int,
    rng: np.random.Generator,
    correlation: float = WEEK_CORRELATION,
) -> Outlook:
    """(skus, weeks, 5) quantiles and (skus, draws) whole lead days to an outlook.

    `week_of_day` names the forecast week of each day ahead; a day has a seventh of its week. A sku's weeks
    miss together: their normal scores share a common part (`correlation`, measured on the backtest's
    residuals).
    """
    weights = week_weights(quantiles.shape[1], lead_days.shape[1], rng=rng, correlation=correlation)
    order = np.argsort(lead_days.max(axis=1, initial=0), kind="stable")
    parts = [
        _chunk(
            quantiles[rows].astype(np.float32),
            weights,
            week_of_day,
            Supply(supply.net[rows], supply.arrived[rows]),
            lead_days[rows],
            review_days,
        )
        for rows in _chunks(order)
    ]
    names = ("until_arrival", "until_next", "stockout_probability", "units_short")
    back = np.argsort(order, kind="stable")
    return Outlook(**{name: np.concatenate([getattr(part, name) for part in parts])[back] for name in names})


def _chunk(
    quantiles: np.ndarray,
    weights: np.ndarray,
    week_of_day: np.ndarray,
    supply: Supply,
    lead: np.ndarray,
    review_days: int,
) -> Outlook:
    shape = (len(quantiles), weights.shape[2])
    total = np.zeros(shape, dtype=np.float32)
    until_arrival, until_next = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    worst, week, a_day = np.zeros(shape, dtype=np.float32), -1, np.zeros(shape, dtype=np.float32)
    last_day = int(lead.max(initial=0)) + review_days
    for day in range(last_day):
        if week_of_day[day] != week:
            week = int(week_of_day[day])
            a_day = np.maximum(quantiles[:, week] @ weights[week], 0.0) / np.float32(7)
        total += a_day
        demand = np.floor(total + np.float32(0.5))
        until_arrival = np.where(lead == day + 1, demand, until_arrival)
        until_next = np.where(lead + review_days == day + 1, demand, until_next)
        free = (supply.net + supply.arrived[:, day]).astype(np.float32)
        unmet = np.minimum(demand, demand - free[:, None])
        worst = np.maximum(worst, np.where(lead > day, unmet, 0.0))
    return Outlook(
        until_arrival=np.sort(until_arrival, axis=1),
        until_next=np.sort(until_next, axis=1),
        stockout_probability=(worst > 0).mean(axis=1, dtype=np.float64),
        units_short=worst.mean(axis=1, dtype=np.float64),
    )


def week_weights(
    weeks: int, draws: int, *, rng: np.random.Generator, correlation: float = WEEK_CORRELATION
) -> np.ndarray:
    """(weeks, 5, draws): quantiles @ weights are equally likely demands of a week, below 0 meaning none."""
    return _weights(_scores(weeks, draws, rng, correlation))


def _scores(weeks: int, draws: int, rng: np.random.Generator, correlation: float) -> np.ndarray:
    """(weeks, draws) normal scores, each week's spread evenly over the distribution (a Latin hypercube)."""
    from scipy.special import ndtri

    even = ndtri((np.arange(draws) + 0.5) / draws)
    columns = np.stack([rng.permutation(even) for _ in range(weeks + 1)])
    return np.sqrt(correlation) * columns[0] + np.sqrt(1 - correlation) * columns[1:]


def _weights(scores: np.ndarray) -> np.ndarray:
    """(weeks, 5, draws): what each known quantile counts at each score.

    Straight between quantiles in normal scores and straight on beyond the outermost, hence exact for a normal
    distribution.
    """
    from scipy.special import ndtri

    knots = ndtri(np.array(LEVELS))
    left = np.clip(np.searchsorted(knots, scores) - 1, 0, len(knots) - 2)
    share = (scores - knots[left]) / (knots[left + 1] - knots[left])
    places = np.arange(len(knots))[None, :, None]
    weights = np.where(places == left[:, None], 1 - share[:, None], 0.0)
    return np.where(places == left[:, None] + 1, share[:, None], weights).astype(np.float32)


def _chunks(order: np.ndarray) -> list[np.ndarray]:
    return [order[first : first + CHUNK] for first in range(0, max(len(order), 1), CHUNK)]
