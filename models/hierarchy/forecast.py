"""The whole forecast of a panel: base, upper levels, boosting, agreement between levels, quantiles.

Same panel and seed, same bytes. `fast` leaves boosting out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_limits

from models.hierarchy import boosting, spread
from models.hierarchy.closures import closed_days
from models.hierarchy.reconcile import Agreement, agreement
from models.hierarchy.series import WEEK, Level, Series, level
from models.hierarchy.sight import Sight
from models.hierarchy.spread import QUANTILES, Errors
from models.hierarchy.tops import TopRegressions, tops_of

__all__ = ["QUANTILES", "Forecast", "LevelForecast", "Profile", "make"]

Profile = Literal["full", "fast"]
BOOSTED_SHARE = 0.85
SPREADS = tuple(6.0 * 4.0**power for power in range(-1, 9))
USUAL_SPREAD = 6.0
LESS_ONCE_BOOSTED = 12.0
TRUST_ORIGINS, TRUST_STEP_DAYS = 4, 28
WORTH_MOVING = 0.98
LEAST_PAST_DAYS = 56
DAILY_SHARE = 0.9
RECENT_DAYS = 364


@dataclass(frozen=True)
class LevelForecast:
    """`mean`: (sums, horizon). `quantiles`: (sums, horizon, quantiles), rising along the last axis."""

    level: Level
    mean: np.ndarray
    quantiles: np.ndarray


@dataclass(frozen=True)
class Forecast:
    """Of single series and of each of the panel's levels; means of a level are sums of the series'.

    `model`: 'boosted' or 'level' (too little history, or the fast profile). `base`: the cheapest forecast,
    not reconciled.

    """

    mean: np.ndarray
    quantiles: np.ndarray
    levels: tuple[LevelForecast, ...]
    model: str
    base: np.ndarray


class Forecaster:
    """Everything of a panel that any cutoff can use; what is asked as of a cutoff knows no later day."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.closed = closed_days(series)
        self.tops = tops_of(series)
        self.sight = Sight(series, self.tops.finest, self.closed)
        hidden = self.sight.hidden
        self.regressions = TopRegressions(series, self.tops, self.closed, hidden=hidden)
        self._fitted: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._spreads: dict[int, float] = {}
        self._past_misses: dict[tuple[int, int], np.ndarray] = {}

    def upper(self, cutoff: int) -> tuple[np.ndarray, np.ndarray]:
        if cutoff not in self._fitted:
            self._fitted[cutoff] = self.regressions.fitted(cutoff)
        return self._fitted[cutoff]

    def season(self, cutoff: int) -> np.ndarray | None:
        """The upper forecast of the sums whose weekday shape series borrow."""
        if self.tops.finest is None:
            return None
        return self.upper(cutoff)[0][self.tops.ranks == self.tops.ranks.max()]

    def agreed(self, base: np.ndarray, cutoff: int, *, profile: Profile) -> np.ndarray:
        upper, variance = self.upper(cutoff)
        spread = self.trusted(cutoff) / (LESS_ONCE_BOOSTED if profile == "full" else 1.0)
        return self._agreed(base, cutoff, spread=spread)

    def _agreed(self, base: np.ndarray, cutoff: int, *, spread: float) -> np.ndarray:
        found = self._agreement(base, cutoff)
        return base.astype(np.float64) if found is None else found.agreed(spread)

    def _agreement(self, base: np.ndarray, cutoff: int) -> Agreement | None:
        upper, variance = self.upper(cutoff)
        trust = upper.mean(axis=1) ** 2 * variance
        return agreement(base, upper, matrix=self.tops.matrix, trust=trust)

    def trusted(self, cutoff: int) -> float:
        """How little single series are trusted beside the upper levels: what would have served the sums
        best.

        Errors of single series move together (a season, a trend), which no variance of one series shows.
        Judged by weeks, over origins whose days ahead lie before the cutoff. Boosted series know the
        season already and are trusted more.

        """
        if cutoff not in self._spreads:
            self._spreads[cutoff] = self._learned_spread(cutoff)
        return self._spreads[cutoff]

    def _learned_spread(self, cutoff: int) -> float:
        missed = np.zeros(len(SPREADS))
        for back in range(1, TRUST_ORIGINS + 1):
            start = cutoff - back * TRUST_STEP_DAYS
            days = min(self.series.horizon, cutoff - start) // WEEK * WEEK
            if start < LEAST_PAST_DAYS or not days or not len(self.tops.ranks):
                break
            missed += self._missed(start, days)
        usual = missed[SPREADS.index(USUAL_SPREAD)]
        best = int(np.argmin(missed))
        return SPREADS[best] if missed[best] < WORTH_MOVING * usual else USUAL_SPREAD

    def _missed(self, start: int, days: int) -> np.ndarray:
        """(spreads,) what each would have missed over the days after a past cutoff."""
        if (start, days) not in self._past_misses:
            found, misses = self._agreement(self.sight.base(start), start), np.zeros(len(SPREADS))
            if found is not None:
                came = self.regressions.totals[found.used, start : start + days]
                misses[:] = [_missed(found.agreed_sums(ratio)[:, :days], came) for ratio in SPREADS]
            self._past_misses[start, days] = misses
        return self._past_misses[start, days]

    def fast(self, cutoff: int) -> np.ndarray:
        return self.agreed(self.sight.base(cutoff), cutoff, profile="fast")

    def boosted(self, cutoff: int, *, seed: int, threads: int) -> np.ndarray | None:
        model = boosting.learned(
            self.sight, cutoff, upper=self.season, seed=seed, threads=threads,
            weight=boosting.weights(self.sight, cutoff),
        )  # fmt: skip
        if model is None:
            return None
        found = model.predict(self.sight, cutoff, upper=self.season(cutoff))
        mixed = BOOSTED_SHARE * found + (1 - BOOSTED_SHARE) * self.sight.base(cutoff)
        return self.agreed(mixed, cutoff, profile="full")


def _missed(said: np.ndarray, came: np.ndarray) -> float:
    """Absolute error of the sums' weeks over what came, the root of a sum's size its weight."""
    weeks = [values.reshape(len(values), -1, WEEK).sum(axis=2) for values in (said, came)]
    size = np.maximum(weeks[1].mean(axis=1), 1.0)
    return float((np.abs(weeks[0] - weeks[1]).mean(axis=1) / np.sqrt(size)).sum() / np.sqrt(size).sum())


@threadpool_limits.wrap(limits=1, user_api="blas")  # sums in one order: same bytes on any machine
def make(series: Series, *, seed: int = 0, profile: Profile = "full", threads: int = 2) -> Forecast:
    """The days after the panel's history. A series never known, or with nothing but zeros, is forecast as
    zero.
    """
    forecaster = Forecaster(series)
    cutoff = series.days
    wanted = profile == "full" and series.count > 0
    boosted = forecaster.boosted(cutoff, seed=seed, threads=threads) if wanted else None
    mean = forecaster.fast(cutoff) if boosted is None else boosted
    quantiles, levels = _spread(forecaster, mean)
    return Forecast(
        mean, quantiles, levels, "level" if boosted is None else "boosted", forecaster.sight.base(cutoff)
    )


def _spread(forecaster: Forecaster, mean: np.ndarray) -> tuple[np.ndarray, tuple[LevelForecast, ...]]:
    series = forecaster.series
    levels = [level(series, groups) for groups in series.levels]
    daily = [any(one.groups == top.groups for top in forecaster.tops.levels) for one in levels]
    past = _past(forecaster)
    quantiles = spread.count_quantiles(mean, _errors(past, None))
    means = [one.sum(mean) for one in levels]
    wide = iter(
        spread.relative_quantiles(
            [m for m, is_daily in zip(means, daily, strict=True) if is_daily],
            [_errors(past, one) for one, is_daily in zip(levels, daily, strict=True) if is_daily],
        )
        if any(daily)
        else ()
    )
    found = [
        LevelForecast(one, m, _of_level(forecaster, one, m, past, wide=next(wide) if is_daily else None))
        for one, m, is_daily in zip(levels, means, daily, strict=True)
    ]
    return quantiles, tuple(found)


def _of_level(
    forecaster: Forecaster, one: Level, mean: np.ndarray, past: list, *, wide: np.ndarray | None
) -> np.ndarray:
    """`wide`, but as counts where a sum sold on fewer than nine in ten of its known open days of a year."""
    if wide is None:
        return spread.count_quantiles(mean, _errors(past, one))
    sight, recent = forecaster.sight, slice(max(forecaster.series.days - RECENT_DAYS, 0), None)
    known = sight.known[:, recent]
    days = (one.sum(known.astype(np.float32)) > 0).sum(axis=1)
    selling = (one.sum(np.where(known, sight.units[:, recent], 0)) > 0).sum(axis=1)
    if not (seldom := selling < DAILY_SHARE * days).any():
        return wide
    return np.where(seldom[:, None, None], spread.count_quantiles(mean, _errors(past, one)), wide)


def _past(forecaster: Forecaster) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Forecasts as they would have been, what came, and whether that is known: of the last whole horizons,
    of the last weeks where the history is too short for one.
    """
    series, found = forecaster.series, []
    for cutoff in _past_cutoffs(series):
        ahead = slice(cutoff, cutoff + series.horizon)
        short = ((0, 0), (0, max(cutoff + series.horizon - series.days, 0)))
        came, known = (
            np.pad(all_days[:, ahead], short) for all_days in (series.units, forecaster.sight.known)
        )
        found.append((forecaster.fast(cutoff), came, known))
    if not found:
        nothing = np.zeros((series.count, series.horizon))
        found.append((nothing, nothing, nothing > 0))
    return found


def _past_cutoffs(series: Series) -> list[int]:
    whole = [series.days - back * series.horizon for back in range(1, spread.PAST_ORIGINS + 1)]
    weeks = range(series.days - WEEK, WEEK - 1, -WEEK)
    return [day for day in whole if day >= LEAST_PAST_DAYS] or list(weeks)[: spread.PAST_ORIGINS]


def _errors(past: list[tuple[np.ndarray, np.ndarray, np.ndarray]], one: Level | None) -> Errors:
    """Of a level: only what its known series sold, beside what these were forecast to."""
    said, came = [], []
    for mean, units, known in past:
        if one is None:
            said.append(mean)
            came.append(np.where(known, units, np.nan))
        else:
            any_known = one.sum(known.astype(float)) > 0
            said.append(one.sum(np.where(known, mean, 0.0)))
            came.append(np.where(any_known, one.sum(np.where(known, units, 0.0)), np.nan))
    return Errors(np.stack(said), np.stack(came))
