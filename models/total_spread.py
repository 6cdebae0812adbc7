"""How far sums of forecasts were off, and so what to expect of them: a correction and ranges.

What is expected lies halfway, in the logarithm, between the sum corrected by its past misses and the year
before (the mean of two forecasts with unlike faults, Bates and Granger 1969).

Sums of skewed demand miss alike in every week of an origin, so origins count, not weeks. Sizes per member
times one normal shape, as in `hierarchy.spread`, in the logarithm of (units + 1): nothing falls below zero,
and a week of nothing is a miss like any other. Small sums scatter besides as counts do (Poisson).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.quantiles import NORMAL, RANGE_90

DOUBT_ORIGINS = 1.0
OWN_ORIGINS = 2.0
OWN_WEEKS = 13.0
UNKNOWN_SIZE = 0.4
GROWTH_A_WEEK = 0.03
YEAR_WEIGHT = 0.5
NORMAL_SIZE = np.sqrt(np.pi / 2)


@dataclass(frozen=True)
class Record:
    """What was said and what came, in units: (origins, members, weeks ahead), NaN where not known.

    `year` is the logarithm of what the year before made of those weeks, over what was said.
    """

    said: np.ndarray
    came: np.ndarray
    year: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return ~np.isnan(self.came) & (np.nan_to_num(self.said) > 0)

    def without(self, origin: int) -> Record:
        return Record(*(np.delete(each, origin, axis=0) for each in (self.said, self.came, self.year)))


def ranges(
    mean: np.ndarray,
    year: np.ndarray,
    record: Record,
    dimension: np.ndarray,
    *,
    planned: np.ndarray | float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """(members, weeks) means to what is expected, of the same shape, and (members, weeks, quantiles).

    `year` is as in `Record`, of these weeks; `planned` the part of the mean that planners have set, which is
    expected as they set it. `dimension` names each member's; exactly one may be of 'shop',
    and what is expected of the others adds up to it. Where nothing is forecast, nothing is expected. The
    90 % range always holds the mean itself.
    """
    ahead = 1 + GROWTH_A_WEEK * np.arange(mean.shape[1])
    moved = np.exp(_halfway(correction(record, dimension)[:, None], year))
    own = planned + (mean - planned) * moved
    level = sizes(record, dimension)[:, None] * ahead * NORMAL_SIZE * own / (own + 1)
    counts = own / (own + 1) ** 2
    scatter = np.sqrt(level**2 + counts)
    found = np.maximum(np.expm1(np.log1p(own)[:, :, None] + scatter[:, :, None] * NORMAL), 0.0)
    low, high = RANGE_90
    found[:, :, : low + 1] = np.minimum(found[:, :, : low + 1], mean[:, :, None])
    found[:, :, high:] = np.maximum(found[:, :, high:], mean[:, :, None])
    return _adding_up(own, dimension), np.where(mean[:, :, None] > 0, found, 0.0)


def correction(record: Record, dimension: np.ndarray) -> np.ndarray:
    """(members,) logarithm of what is expected to come over what is said.

    n origins keep the share n / (n + 1) of what they were off by on average; a member's own are pooled with
    its dimension's as if two more origins had missed as all its members did.
    """
    return _kept(_misses(record), dimension)


def sizes(record: Record, dimension: np.ndarray) -> np.ndarray:
    """(members,) mean absolute miss one week ahead after correction, in the logarithm.

    Each origin is corrected by the others alone, as a new one will be.
    """
    known, misses = record.known, _misses(record)
    others = [_kept(np.delete(misses, origin, axis=0), dimension) for origin in range(len(misses))]
    moved = _halfway(np.array(others).reshape(*misses.shape, 1), record.year)
    said = np.where(known, record.said, 0) * np.exp(moved)
    left = np.abs(np.log1p(np.where(known, record.came, 0)) - np.log1p(said))
    ahead = known * (1 + GROWTH_A_WEEK * np.arange(known.shape[2]))
    absolute, weeks = np.where(known, left, 0).sum(axis=(0, 2)), ahead.sum(axis=(0, 2))
    found = np.full(len(dimension), UNKNOWN_SIZE)
    for of in _by_dimension(dimension, known.any(axis=(0, 2))):
        pooled = (absolute[of.source].sum() + OWN_WEEKS * UNKNOWN_SIZE) / (weeks[of.source].sum() + OWN_WEEKS)
        found[of.members] = (absolute + OWN_WEEKS * pooled)[of.members] / (weeks + OWN_WEEKS)[of.members]
    return found


def _halfway(center: np.ndarray, year: np.ndarray) -> np.ndarray:
    """The correction alone where the year before is not known."""
    return np.where(np.isnan(year), center, (1 - YEAR_WEIGHT) * center + YEAR_WEIGHT * np.nan_to_num(year))


@dataclass(frozen=True)
class _Pool:
    """Members of a dimension, and those whose past speaks for them: the shop's where none has any."""

    members: np.ndarray
    source: np.ndarray


def _by_dimension(dimension: np.ndarray, has_past: np.ndarray) -> list[_Pool]:
    pools = []
    for name in sorted(set(dimension)):
        members = dimension == name
        source = members if (members & has_past).any() else dimension == "shop"
        pools.append(_Pool(members, source & has_past))
    return pools


def _misses(record: Record) -> np.ndarray:
    """(origins, members) log of units that came over units said, over the weeks known; NaN for none."""
    came, said = (np.where(record.known, units, 0).sum(axis=2) for units in (record.came, record.said))
    return np.where(record.known.any(axis=2), np.log1p(came) - np.log1p(said), np.nan)


def _kept(misses: np.ndarray, dimension: np.ndarray) -> np.ndarray:
    known = ~np.isnan(misses)
    total, origins = np.where(known, misses, 0).sum(axis=0), known.sum(axis=0)
    found = np.zeros(len(dimension))
    for of in _by_dimension(dimension, known.any(axis=0)):
        if not of.source.any():
            continue
        pooled = total[of.source].sum() / origins[of.source].sum()
        own = (total + OWN_ORIGINS * pooled)[of.members] / (origins + OWN_ORIGINS)[of.members]
        seen = known[:, of.source].any(axis=1).sum()
        found[of.members] = own * seen / (seen + DOUBT_ORIGINS)
    return found


def _adding_up(expected: np.ndarray, dimension: np.ndarray) -> np.ndarray:
    """Each dimension's members scaled alike, so that they add up to the shop in every week."""
    shop = expected[dimension == "shop"].sum(axis=0)
    if not (dimension == "shop").any():
        return expected
    found = expected.copy()
    for name in set(dimension) - {"shop"}:
        members = dimension == name
        whole = expected[members].sum(axis=0)
        found[members] *= np.divide(shop, whole, out=np.ones_like(whole), where=whole > 0)
    return found
