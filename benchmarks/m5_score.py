"""The competition's scores: WRMSSE over twelve levels, WSPL over nine quantiles, with coverage and bias
beside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.m5_data import M5
from models.hierarchy.forecast import QUANTILES
from models.hierarchy.series import Level, Series, level


@dataclass(frozen=True)
class Truth:
    """Per level, the single series last: scales, weights and what came."""

    levels: tuple[Level, ...]
    squares: tuple[np.ndarray, ...]
    jumps: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    came: tuple[np.ndarray, ...]


def truth(data: M5, train_end: int) -> Truth | None:
    """None where the 28 days after `train_end` are not known, or no series that earned in the 28 before it
    has a scale.
    """
    if (after := data.came(train_end)) is None:
        return None
    series = data.series(train_end)
    levels = (*(level(series, groups) for groups in series.levels), _each(series))
    revenue = data.revenue(train_end)
    sold = np.nan_to_num(data.sales[:, :train_end])
    squares, jumps, weights = [], [], []
    for one in levels:
        total = one.sum(sold)
        started = (np.cumsum(total, axis=1) > 0)[:, :-1]
        step = np.diff(total, axis=1)
        days = np.maximum(started.sum(axis=1), 1)
        squares.append((step**2 * started).sum(axis=1) / days)
        jumps.append((np.abs(step) * started).sum(axis=1) / days)
        share = one.sum(revenue)
        weights.append(share / max(share.sum(), 1e-12))
    if not (weights[-1] * jumps[-1]).sum() > 0:
        return None
    came = tuple(one.sum(after) for one in levels)
    return Truth(levels, tuple(squares), tuple(jumps), tuple(weights), came)


def wrmsse(known: Truth, mean: np.ndarray) -> list[float]:
    """By level, of a (series, 28) forecast summed up."""
    return wrmsse_levels(known, [one.sum(mean) for one in known.levels])


def wrmsse_levels(known: Truth, means: list[np.ndarray]) -> list[float]:
    parts = zip(known.came, means, known.squares, known.weights, strict=True)
    return [
        _weighted(np.sqrt(((came - said) ** 2).mean(axis=1)), np.sqrt(s), w) for came, said, s, w in parts
    ]


def wspl(known: Truth, quantiles: list[np.ndarray]) -> list[float]:
    """By level, of (sums, 28, quantiles) arrays."""
    found, levels = [], np.array(QUANTILES)
    for came, said, scale, weight in zip(known.came, quantiles, known.jumps, known.weights, strict=True):
        error = came[:, :, None] - said
        found.append(
            _weighted(np.maximum(levels * error, (levels - 1) * error).mean(axis=(1, 2)), scale, weight)
        )
    return found


def coverage(known: Truth, quantiles: list[np.ndarray], *, low: float, high: float) -> list[float]:
    """By level, the share of days inside, both ends in.

    The ends of counts are drawn so that this share is fair (`spread.drawn_ends`).
    """
    first, last = QUANTILES.index(low), QUANTILES.index(high)
    found = []
    for came, said in zip(known.came, quantiles, strict=True):
        inside = (came >= said[:, :, first]) & (came <= said[:, :, last])
        found.append(float(inside.mean()))
    return found


def bias(known: Truth, mean: np.ndarray) -> float:
    return float(mean.sum() / max(known.came[-1].sum(), 1e-12) - 1)


def _each(series: Series) -> Level:
    return Level(("item", "store"), series.ids, np.arange(series.count))


def _weighted(error: np.ndarray, scale: np.ndarray, weight: np.ndarray) -> float:
    return float((weight * np.where(scale > 0, error / np.where(scale > 0, scale, 1.0), 0.0)).sum())
