"""How demand scatters around a mean forecast, from what past forecasts missed: courses of the coming weeks.

Counts are negative binomial; the weeks of one course share part of their scatter, since a level that was
misjudged is misjudged for all of them. Means come from elsewhere.
"""

from __future__ import annotations

import numpy as np

VOLUMES = np.array([0.5, 0.8, 1.2, 2, 3, 5, 8, 15, 30, 60, 120])
OWN_WEEKS = 20.0
MOST_TIMES = 4.0
LEAST = 0.02
UNKNOWN = 1.0
COMMON = 0.25


def dispersion(mean: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """(series,) dispersion phi, variance = mean + phi mean², by moments; past forecasts (origins, series,
    steps).

    `actual` is NaN where unknown. A series' n known weeks weigh n / (n + 20), at most four times its volume's
    dispersion; the rest is that of all series of its volume. Without any past: 1, as of a geometric count.
    """
    known = ~np.isnan(actual)
    mean = np.where(known, mean, 0.0)
    excess = np.where(known, (actual - mean) ** 2 - mean, 0.0).sum(axis=(0, 2))
    square, weeks = (mean**2).sum(axis=(0, 2)), known.sum(axis=(0, 2))
    volume = np.searchsorted(VOLUMES, mean.sum(axis=(0, 2)) / np.maximum(weeks, 1), side="right")
    size = len(VOLUMES) + 1
    top = np.bincount(volume, weights=excess, minlength=size)
    bottom = np.bincount(volume, weights=square, minlength=size)
    pooled = np.where(bottom > 0, top / np.maximum(bottom, 1e-12), UNKNOWN)[volume]
    pooled = np.maximum(pooled, LEAST)
    own = np.minimum(excess / np.maximum(square, 1e-12), MOST_TIMES * pooled)
    share = weeks / (weeks + OWN_WEEKS)
    return np.maximum(share * own + (1 - share) * pooled, LEAST)


def courses(
    mean: np.ndarray, phi: np.ndarray, *, draws: int, rng: np.random.Generator, common: float = COMMON
) -> np.ndarray:
    """(steps, series, draws) whole units of demand; `common` is the share of the scatter that weeks have
    together.
    """
    shared, alone = np.maximum(common * phi, 1e-3)[:, None], np.maximum((1 - common) * phi, 1e-3)[:, None]
    shape = (len(phi), draws)
    level = rng.gamma(1 / shared, shared, shape)
    return np.stack(
        [
            rng.poisson(mean[:, step, None] * level * rng.gamma(1 / alone, alone, shape))
            for step in range(mean.shape[1])
        ]
    ).astype(np.float32)
