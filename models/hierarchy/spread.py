"""How far off a forecast may be: quantiles of every series and sum, from its own errors on days it had
not seen.

Sums that sell on most days: relative errors, each sum's own size of them times one pooled shape. The rest:
negative binomial counts whose variance is a multiple of the mean (Pearson's dispersion over past
forecasts, shrunk to what series of the same volume show). Quantiles of counts are whole numbers, looked
up in a table.

Forecasts of the last thirteen horizons are looked at, a year where one is four weeks: an error is worth
less with every horizon further back (`KEPT_A_HORIZON`), all of them together as much as six new ones.

The past forecasts are of the fast profile, whose errors are a little larger: `BETTER_*` say by how much.
Of what they were off by on the whole, half is expected to be so again (`BIAS_KEPT`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

QUANTILES = (0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995)
PAST_ORIGINS = 13
KEPT_A_HORIZON = 0.85
PRIOR_UNITS = 120.0
PRIOR_DAYS = 14.0
BANDS = np.array([0.1, 0.3, 1.0, 3.0, 10.0])
LARGE_MEAN = 80.0
NUDGE = 0.001
GOLDEN = (5**0.5 - 1) / 2
MEANS = np.exp(np.linspace(np.log(0.003), np.log(LARGE_MEAN), 260))
SMALL, LARGE = np.linspace(np.log(1.05), np.log(40.0), 48), np.linspace(np.log(48.0), np.log(5e3), 26)
DISPERSIONS = np.exp(np.concatenate([[0.0], SMALL, LARGE]))
LEAST_ERROR = 0.015
ERROR_UNKNOWN = 0.4
NORMAL_SIZE = np.sqrt(np.pi / 2)
BETTER_SINCE = 0.95
BETTER_COUNTS = 0.85
BIAS_KEPT = 0.5


@dataclass(frozen=True)
class Errors:
    """Of one level: what was forecast and what came, (origins, sums, horizon), the newest origin first, NaN
    where that is not known.
    """

    said: np.ndarray
    came: np.ndarray

    def weights(self, seen: np.ndarray) -> np.ndarray:
        """(origins, sums, horizon): what each error is worth, 0 where not `seen`."""
        return seen * KEPT_A_HORIZON ** np.arange(len(seen))[:, None, None]


def count_quantiles(mean: np.ndarray, errors: Errors) -> np.ndarray:
    """(sums, horizon) means -> (sums, horizon, quantiles)."""
    ratio = np.maximum(BETTER_COUNTS * dispersion(errors), 1.0)[:, None]
    return drawn_ends(*tabulated(mean, ratio))


def dispersion(errors: Errors) -> np.ndarray:
    """(sums,) variance over mean, at least 1."""
    seen = ~np.isnan(errors.came) & (errors.said > 0)
    weights, said, came = errors.weights(seen), np.where(seen, errors.said, 0.0), np.nan_to_num(errors.came)
    square = (weights * (came - said) ** 2).sum(axis=(0, 2))
    mean, days = (weights * said).sum(axis=(0, 2)), weights.sum(axis=(0, 2))
    band = np.searchsorted(BANDS, np.divide(mean, days, out=np.zeros_like(mean), where=days > 0))
    pooled = np.array([_ratio(square[band == b].sum(), mean[band == b].sum()) for b in range(len(BANDS) + 1)])
    found = (square + PRIOR_UNITS * pooled[band]) / (mean + PRIOR_UNITS)
    return np.maximum(found, 1.0)


def relative_quantiles(means: list[np.ndarray], errors: list[Errors]) -> list[np.ndarray]:
    """The same for sums that sell daily, one entry a level: sizes per sum, one shape for all of them."""
    sizes, scaled, weights = [], [], []
    for one in errors:
        seen = ~np.isnan(one.came) & (one.said > 0) & (one.came > 0)
        error = np.where(seen, np.log(np.where(seen, one.came, 1.0) / np.where(seen, one.said, 1.0)), 0.0)
        worth = one.weights(seen)
        absolute, days = (worth * np.abs(error)).sum(axis=(0, 2)), worth.sum(axis=(0, 2))
        pooled = absolute.sum() / days.sum() if days.sum() > 0 else ERROR_UNKNOWN
        size = np.maximum((absolute + PRIOR_DAYS * pooled) / (days + PRIOR_DAYS), LEAST_ERROR)
        sizes.append(size)
        scaled.append((error / size[None, :, None])[seen])
        weights.append(worth[seen])
    every = np.concatenate(scaled)
    shape = _shape(every, np.concatenate(weights)) if len(every) >= 200 else _normal() * NORMAL_SIZE
    return [
        mean[:, :, None] * np.exp(size[:, None, None] * shape[None, None, :])
        for mean, size in zip(means, sizes, strict=True)
    ]


def _shape(errors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    found = np.quantile(errors, QUANTILES, weights=weights, method="inverted_cdf")
    return (found - (1 - BIAS_KEPT) * found[QUANTILES.index(0.5)]) * BETTER_SINCE


def drawn_ends(quantiles: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Quantiles of counts whose intervals hold, both ends in, the share of days they say.

    A count that an end sits on would lie inside as a whole. A fixed draw per cell decides whether it
    does, in proportion to how much of it belongs inside (the randomised residual of Dunn and Smyth 1996);
    where it does not, the end moves by a thousandth of a unit.

    """
    cells = np.arange(quantiles[..., 0].size).reshape(quantiles.shape[:-1])
    draw = (cells * GOLDEN + 0.5) % 1.0
    found = quantiles.copy()
    for low in range(len(QUANTILES) // 2):
        high = len(QUANTILES) - 1 - low
        below, above = draw <= kept[..., low], draw > kept[..., high]
        nothing = above & (quantiles[..., high] <= 0)
        found[..., low] = np.where(below | nothing, quantiles[..., low] + NUDGE, quantiles[..., low])
        found[..., high] = np.where(above, np.abs(quantiles[..., high] - NUDGE), quantiles[..., high])
    return np.maximum.accumulate(found, axis=-1)


def tabulated(mean: np.ndarray, ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of counts with this mean and variance over mean, by look-up, and how much of the count
    each sits on lies at or below it (0 or 1 for a gamma's, taken beyond a mean of 80, but of what is nothing
    where it lies below one unit).
    """
    mean, ratio = np.broadcast_arrays(mean, ratio)
    rows = np.searchsorted(_edges(MEANS), mean)
    columns = np.searchsorted(_edges(DISPERSIONS), ratio)
    found, kept = (table[rows, columns] for table in _tables())
    found[mean <= 0] = 0.0
    kept[mean <= 0] = np.array(QUANTILES) > 0.5
    large = mean > LARGE_MEAN
    if large.any():
        from scipy.stats import gamma

        size = np.maximum(ratio[large], 1.0)[:, None]
        spread = gamma(mean[large][:, None] / size, scale=size)
        value, levels = spread.ppf(np.array(QUANTILES)[None, :]), np.array(QUANTILES)[None, :]
        nothing = np.maximum(spread.cdf(1.0), 1e-12)
        found[large] = np.where(value < 1, 0.0, value)
        kept[large] = np.where(value < 1, np.minimum(levels / nothing, 1.0), levels > 0.5)
    return found, kept


@cache
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """(means, dispersions, quantiles): Poisson in the first column, negative binomial in the others."""
    from scipy.stats import nbinom, poisson

    levels = np.array(QUANTILES)[None, None, :]
    means, ratios = MEANS[:, None, None], DISPERSIONS[None, 1:, None]
    counts = ((poisson, (means,)), (nbinom, (means / (ratios - 1), 1 / ratios)))
    found, kept = [], []
    for family, shape in counts:
        place = family.ppf(levels, *shape)
        before = family.cdf(place - 1, *shape)
        found.append(place)
        kept.append((levels - before) / np.maximum(family.cdf(place, *shape) - before, 1e-12))
    return np.concatenate(found, axis=1), np.clip(np.concatenate(kept, axis=1), 0.0, 1.0)


def _edges(grid: np.ndarray) -> np.ndarray:
    return np.sqrt(grid[1:] * grid[:-1])


def _ratio(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom > 0 else 1.0


def _normal() -> np.ndarray:
    from scipy.stats import norm

    return norm.ppf(np.array(QUANTILES))
