"""The upper levels: one log-linear ridge regression a sum on weekday, season, day of month, flags and
events.

Upper levels carry what one series is too noisy to show. A lower sum's coefficients are shrunk to those of
the sum it belongs to; what the regression leaves is carried on as a level. With and without a trend,
averaged: neither is right often enough alone. Hoerl and Kennard (1970) for ridge, Taylor and Letham
(2018) for the terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array, vstack

from models.hierarchy.series import WEEK, Level, Series, level
from models.hierarchy.smoothing import level_path

YEAR = 365.25
HALF_LIFE_DAYS = 728.0
PENALTY = 0.5
TREND_PENALTY = 5.0
PARENT_PENALTY = 4.0
FREE = 1e-6
NEAR_EVENT = range(-4, 3)
MOST_SUMS = 400
BUSY_SHARE = 0.7
LEVEL_ALPHA = 0.1
RECENT_DAYS = 364
MOST_SMEAR = 0.2
MOST_RISE = 1.0
LEAST_DAYS = 56


@dataclass(frozen=True)
class Tops:
    """The sums of the upper levels: (sums, series) sparse `matrix`, `parents` (-1 for none) and `ranks`,
    coarsest first.
    """

    levels: tuple[Level, ...]
    matrix: csr_array
    parents: np.ndarray
    ranks: np.ndarray
    flags: tuple[tuple[np.ndarray, ...], ...]

    @cached_property
    def finest(self) -> Level | None:
        return self.levels[-1] if self.levels else None


def tops_of(series: Series) -> Tops:
    """Those of the series' levels that are sums of many: at most 400 sums and a fifth of the series."""
    found = [level(series, groups) for groups in series.levels] if series.count else []
    usable = [one for one in found if len(one.names) <= min(MOST_SUMS, max(1, series.count // 5))]
    usable.sort(key=lambda one: len(one.names))
    starts = np.cumsum([0, *(len(one.names) for one in usable)])
    parents = np.full(starts[-1], -1)
    ranks = np.repeat(np.arange(len(usable)), [len(one.names) for one in usable])
    for number, one in enumerate(usable):
        above = [k for k in range(number) if len(usable[k].names) < len(one.names) and one.refines(usable[k])]
        if above:
            parents[starts[number] : starts[number + 1]] = (
                starts[above[-1]] + usable[above[-1]].codes[one.first_member]
            )
    matrix = vstack([csr_array((0, series.count)), *(one.matrix for one in usable)], format="csr")
    return Tops(tuple(usable), matrix, parents, ranks, tuple(_flags(series, row) for row in _members(matrix)))


def _members(matrix: csr_array) -> list[np.ndarray]:
    return [matrix.indices[first:last] for first, last in pairwise(matrix.indptr)]


def _flags(series: Series, members: np.ndarray) -> tuple[np.ndarray, ...]:
    """A flag of a sum: the mean of its members' different labels."""
    found = []
    for flag in series.flags.values():
        labels = sorted(set(map(str, series.groups[flag.by][members]))) if flag.by else list(flag.days)
        none = np.zeros(series.days + series.horizon)
        found.append(np.mean([flag.days.get(label, none) for label in labels] or [none], axis=0))
    return tuple(found)


class TopRegressions:
    """Regressions of all sums that can be fitted as of any cutoff; `closed` days say nothing and sell
    nothing. `hidden`: (series, days) what is added where a series is not known.
    """

    def __init__(
        self, series: Series, tops: Tops, closed: np.ndarray, *, hidden: np.ndarray | None = None
    ) -> None:
        self.tops, self.closed, self.horizon, self.days = tops, closed, series.horizon, series.days
        units = series.units if hidden is None else series.units + hidden
        self.totals = (tops.matrix @ units).astype(np.float32)
        self._ok = (self.totals > 0) & ~closed[None, : series.days]
        self._log = np.log(np.maximum(self.totals, 0.5)).astype(np.float32)
        terms = _terms(series, closed)
        self._designs = {key: _with_flags(series, terms, key) for key in {_key(one) for one in tops.flags}}
        self._keys = [_key(one) for one in tops.flags]

    def fitted(self, cutoff: int) -> tuple[np.ndarray, np.ndarray]:
        """(sums, horizon) units after the first `cutoff` days and (sums,) variances of a day's relative
        error.

        NaN for sums too short or too rarely sold to regress.

        """
        shape = (len(self._keys), self.horizon)
        if cutoff < LEAST_DAYS or not shape[0]:
            return np.full(shape, np.nan), np.full(shape[0], np.nan)
        trending = self._fit(cutoff, trend=True)
        steady = self._fit(cutoff, trend=False)
        mean = np.exp((trending[0] + steady[0]) / 2) * ~self.closed[None, cutoff : cutoff + self.horizon]
        recent = self._ok[:, max(cutoff - RECENT_DAYS, 0) : cutoff]
        open_days = max(int((~self.closed[max(cutoff - RECENT_DAYS, 0) : cutoff]).sum()), 1)
        busy = recent.sum(axis=1) >= BUSY_SHARE * open_days
        return np.where(busy[:, None], mean, np.nan), np.where(busy, trending[1], np.nan)

    def _fit(self, cutoff: int, *, trend: bool) -> tuple[np.ndarray, np.ndarray]:
        age = cutoff - 1 - np.arange(cutoff)
        weight = 0.5 ** (age / HALF_LIFE_DAYS) * ~self.closed[:cutoff]
        ok = self._ok[:, :cutoff]
        mean = (self._log[:, :cutoff] * ok).sum(axis=1) / np.maximum(ok.sum(axis=1), 1)
        target = np.where(ok, self._log[:, :cutoff], mean[:, None])
        grams = {key: self._gram(key, cutoff, weight, trend=trend) for key in self._designs}
        coefficients: list[np.ndarray] = [np.empty(0)] * len(self._keys)
        ahead = np.zeros((len(self._keys), self.horizon))
        variance = np.zeros(len(self._keys))
        for rank, key in sorted({(int(r), k) for r, k in zip(self.tops.ranks, self._keys, strict=True)}):
            rows = np.array([i for i, k in enumerate(self._keys) if k == key and self.tops.ranks[i] == rank])
            design, penalty, weighted, gram = grams[key]
            prior, firm = self._prior(rows, coefficients, penalty)
            left = target[rows].T - design[:cutoff] @ prior.astype(np.float32)
            found = prior + np.linalg.solve(gram + np.diag(firm), weighted @ left)
            for place, row in enumerate(rows):
                coefficients[row] = found[:, place]
            first = max(cutoff - RECENT_DAYS, 0)
            rest = target[rows][:, first:] - (design[first:cutoff] @ found).T
            seen = ok[rows][:, first:]
            carried = level_path(rest, seen, LEVEL_ALPHA)[:, -1]
            count = np.maximum(seen.sum(axis=1), 1)
            spread = (rest**2 * seen).sum(axis=1) / count - ((rest * seen).sum(axis=1) / count) ** 2
            variance[rows] = spread
            highest = np.where(seen, target[rows][:, first:], -np.inf).max(axis=1, initial=0.0) + MOST_RISE
            said = (design[cutoff : cutoff + self.horizon] @ found).T + carried[:, None]
            ahead[rows] = np.minimum(said + np.minimum(spread / 2, MOST_SMEAR)[:, None], highest[:, None])
        return ahead, np.maximum(variance, 1e-4)

    def _prior(self, rows: np.ndarray, coefficients: list[np.ndarray], penalty: np.ndarray) -> tuple:
        parents = self.tops.parents[rows]
        if (parents < 0).any():
            return np.zeros((len(penalty), len(rows))), penalty
        firm = penalty * PARENT_PENALTY
        firm[0] = FREE
        return np.stack([coefficients[parent] for parent in parents], axis=1), firm

    def _gram(self, key: bytes, cutoff: int, weight: np.ndarray, *, trend: bool) -> tuple:
        terms, penalty = self._designs[key]
        years = (np.arange(self.days + self.horizon) - cutoff) / YEAR
        lead = [np.ones(len(terms))]
        firm = [FREE]
        if trend and cutoff >= 2 * RECENT_DAYS:
            lead.append(years)
            firm.append(PENALTY * TREND_PENALTY)
        design = np.column_stack([*lead, terms[: len(years)]]).astype(np.float32)
        firm = np.concatenate([firm, PENALTY * penalty])
        weighted = (design[:cutoff] * weight[:, None].astype(np.float32)).T
        return design, firm, weighted, weighted @ design[:cutoff]


def _key(flags: tuple[np.ndarray, ...]) -> bytes:
    return np.array(flags, dtype=np.float32).tobytes()


def _terms(series: Series, closed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(days, terms) and their penalties: all but the flags."""
    dates = series.dates
    columns = [(dates.weekday == day).astype(float) for day in range(1, WEEK)]
    penalties = [0.2] * len(columns)
    for wave in range(1, _waves(series.days) + 1):
        angle = 2 * np.pi * wave * dates.day_of_year / YEAR
        columns += [np.sin(angle), np.cos(angle)]
        penalties += [wave**2 / 4] * 2
    columns += [(dates.day_of_month == day).astype(float) for day in range(1, 32)]
    penalties += [1.0] * 31
    for days in series.events.values():
        for shift in NEAR_EVENT:
            columns.append(_shifted(np.asarray(days, dtype=float), shift) * ~closed)
            penalties.append(1.0 if shift == 0 else 1.5)
    return np.column_stack(columns), np.array(penalties)


def _waves(days: int) -> int:
    """How many yearly waves a history can tell."""
    return 4 if days >= 2 * YEAR else 2 if days >= 1.2 * YEAR else 0


def _shifted(values: np.ndarray, steps: int) -> np.ndarray:
    moved = np.zeros_like(values)
    if steps > 0:
        moved[steps:] = values[:-steps]
    elif steps < 0:
        moved[:steps] = values[-steps:]
    else:
        moved[:] = values
    return moved


def _with_flags(
    series: Series, terms: tuple[np.ndarray, np.ndarray], key: bytes
) -> tuple[np.ndarray, np.ndarray]:
    """Each flag, and how it differs on a weekend."""
    days = series.days + series.horizon
    flags = np.frombuffer(key, dtype=np.float32).reshape(-1, days).astype(float)
    weekend = series.dates.weekday >= WEEK - 2
    columns = [part for flag in flags for part in (flag, flag * weekend)]
    penalties = [0.2, 1.0] * len(flags)
    return np.column_stack([terms[0], *columns]), np.concatenate([terms[1], penalties])
