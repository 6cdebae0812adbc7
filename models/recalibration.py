"""Turns a said probability into the share of such sayings that came true before.

Isotonic regression (Ayer et al. 1955) over bins of what was said, each bin drawn towards its own saying while
its evidence is thin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EDGES = (0.0, 0.01, 0.02, 0.05, *(round(0.1 + 0.05 * step, 2) for step in range(18)), 1.0)
EVIDENCE = 10.0


@dataclass(frozen=True)
class Recalibration:
    """Straight between the points (said, true), level beyond the outermost; as said where there are none."""

    said: tuple[float, ...] = ()
    true: tuple[float, ...] = ()
    cases: int = 0

    def apply(self, said: np.ndarray) -> np.ndarray:
        return np.interp(said, self.said, self.true) if self.said else np.asarray(said, dtype=float)


def fit(said: np.ndarray, came_true: np.ndarray) -> Recalibration:
    """One point per bin that holds a case: its mean saying, and its share come true with ten more as said."""
    bins = np.clip(np.searchsorted(EDGES, said, side="right") - 1, 0, len(EDGES) - 2)
    cases = np.bincount(bins, minlength=len(EDGES) - 1)
    held = cases > 0
    mean = np.bincount(bins, weights=said, minlength=len(cases))[held] / cases[held]
    hits = np.bincount(bins, weights=came_true.astype(float), minlength=len(cases))[held]
    weight = cases[held] + EVIDENCE
    share = rising((hits + EVIDENCE * mean) / weight, weight)
    return Recalibration(tuple(mean.tolist()), tuple(share.tolist()), int(cases.sum()))


def rising(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The non-decreasing values nearest in weighted squares: neighbours out of order are pooled."""
    pools: list[list[float]] = []  # value, weight, how many
    for value, heavy in zip(values.tolist(), weight.tolist(), strict=True):
        pools.append([value, heavy, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            upper, lower = pools.pop(), pools.pop()
            total = lower[1] + upper[1]
            mixed = (lower[0] * lower[1] + upper[0] * upper[1]) / total
            pools.append([mixed, total, lower[2] + upper[2]])
    return np.repeat([pool[0] for pool in pools], [int(pool[2]) for pool in pools])
