"""Models over all series together: seasons, means that see no future, scatter around them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from models.pooled import PooledForecaster
from models.pooled_features import CALENDAR_COLUMNS, view
from models.seasons import week_index
from models.series import Series
from models.spread import courses, dispersion

MONDAY = date(2021, 1, 4)


def seasonal(count: int = 60, weeks: int = 120, *, seed: int = 0, peak: float = 3.0) -> Series:
    """Poisson demand around 2 to 8 a week, `peak` times that in ISO weeks 20 to 23."""
    rng = np.random.default_rng(seed)
    empty = Series(np.zeros((count, weeks)), MONDAY)
    shape = np.where((empty.weeks_of_year(weeks) >= 20) & (empty.weeks_of_year(weeks) <= 23), peak, 1.0)
    return Series(rng.poisson(rng.uniform(2, 8, count)[:, None] * shape[None, :]).astype(float), MONDAY)


def test_the_seasons_index_is_what_a_week_sells_against_the_year_around_it():
    index, everyone = week_index(seasonal(), ahead=40)
    # Four weeks at 3, forty-eight at 1: a year's mean of 60/52.
    assert everyone[19] == pytest.approx(3 / (60 / 52), rel=0.05)
    assert everyone[130] == pytest.approx(1 / (60 / 52), rel=0.08)
    assert np.allclose(index, everyone[None, :])


def test_a_group_has_a_season_of_its_own_as_far_as_it_has_told_of_it():
    base = seasonal(peak=1.0)
    demand = base.demand.copy()
    demand[:30, [19, 71]] *= 4
    series = Series(demand, MONDAY, {"group": np.repeat([0, 1], 30)}, ("group",))
    index, everyone = week_index(series, ahead=4)
    assert index[0, 19] > everyone[19] > index[59, 19]
    assert index[59, 19] > 0.9


def test_unknown_weeks_do_not_count_as_zero():
    series = seasonal(peak=1.0)
    demand = series.demand.copy()
    demand[:, 60:70] = np.nan
    masked = view(Series(demand, MONDAY), edge=110, steps=3).smoothed
    zeros = view(Series(np.nan_to_num(demand), MONDAY), edge=110, steps=3).smoothed
    full = view(series, edge=110, steps=3).smoothed
    assert np.abs(masked / full - 1).max() < 0.12
    assert (zeros < 0.97 * full).mean() > 0.9


def test_a_view_is_the_same_whatever_comes_later():
    series = seasonal()
    changed = series.demand.copy()
    changed[:, 100:] = 1000
    first, second = (view(Series(found, MONDAY), edge=100, steps=3) for found in (series.demand, changed))
    assert np.array_equal(first.design, second.design, equal_nan=True)
    assert np.array_equal(first.season, second.season)
    assert first.design.shape[2] > CALENDAR_COLUMNS


def test_a_forecast_is_the_same_whatever_comes_later():
    series = seasonal()
    changed = series.demand.copy()
    changed[:, 110:] = 1000
    found = [PooledForecaster(Series(demand, MONDAY)).mean(110) for demand in (series.demand, changed)]
    assert np.array_equal(*found)


def test_the_mean_follows_level_and_season():
    series = seasonal(count=80, weeks=123)
    forecaster = PooledForecaster(series)
    quiet, peak = forecaster.mean(110), forecaster.mean(123)
    assert quiet.shape == (80, 3)
    # A year's mean holds four weeks at three times the usual.
    usual = series.demand[:, :104].mean(axis=1) / (60 / 52)
    assert quiet.sum() == pytest.approx(3 * usual.sum(), rel=0.1)
    assert peak.sum() == pytest.approx(3 * 3 * usual.sum(), rel=0.15)


def test_more_weeks_may_be_added_but_not_other_ones():
    series = seasonal()
    forecaster = PooledForecaster(series.until(100))
    forecaster.extend(series)
    assert forecaster.series.width == 120
    with pytest.raises(ValueError, match="have changed"):
        forecaster.extend(Series(series.demand + 1, MONDAY))


def test_dispersion_is_that_of_the_counts():
    rng = np.random.default_rng(4)
    mean = np.full((60, 200, 3), 6.0)
    actual = rng.negative_binomial(1 / 0.5, 1 / (1 + 0.5 * 6.0), mean.shape).astype(float)
    actual[:5] = np.nan
    assert dispersion(mean, actual).mean() == pytest.approx(0.5, rel=0.1)
    assert dispersion(mean, rng.poisson(mean).astype(float)).max() < 0.1
    assert dispersion(mean[:1], np.full((1, 200, 3), np.nan)).tolist() == [1.0] * 200


def test_courses_have_the_mean_the_spread_and_what_weeks_share():
    mean = np.full((4, 3), 8.0)
    found = courses(mean, np.full(4, 0.5), draws=40_000, rng=np.random.default_rng(1), common=0.4)
    assert found.shape == (3, 4, 40_000)
    assert found.mean() == pytest.approx(8, rel=0.02)
    # Shared and own scatter multiply: (1 + 0.2)(1 + 0.3) - 1 = 0.56.
    assert found[0, 0].var() == pytest.approx(8 + 0.56 * 64, rel=0.05)
    together = np.cov(found[0, 0], found[1, 0])[0, 1]
    assert together == pytest.approx(0.2 * 64, rel=0.1)
