"""Seasonal naive, moving average and exponential smoothing, by hand and against statsmodels."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import history, panel
from models.baselines import (
    ALPHAS,
    ExponentialSmoothing,
    MovingAverage,
    SeasonalNaive,
    smooth,
)
from models.boosting import Boosting
from models.candidates import BOOSTING, RECONCILED, fit_all, forecast_all
from models.reconciled import Reconciled

MONDAY = date(2024, 1, 1)


def panel_of(units: dict[str, list[float]], *, outage: dict[str, list[int]] | None = None) -> panel.Panel:
    """One sale each Monday; `outage`: weeks without stock, by sku."""
    weeks = max(len(values) for values in units.values())
    rows = [
        (sku, MONDAY + timedelta(weeks=week), float(value), 1, float(value), 1.0)
        for sku, values in units.items()
        for week, value in enumerate(values)
        if value > 0
    ]
    days = pl.DataFrame(rows, schema=history.DEMAND, orient="row")
    dark = [
        (sku, MONDAY + timedelta(days=7 * week + number), 0.0)
        for sku, found in (outage or {}).items()
        for week in found
        for number in range(7)
    ]
    gaps = pl.DataFrame(dark, schema=history.EXPOSURE, orient="row")
    valid = history.validate(days, availability_day=gaps)
    return panel.build(valid, cutoff=MONDAY + timedelta(days=7 * weeks - 1))


def forecast(model, found: panel.Panel, *, horizon: int = 3) -> list[list[float]]:
    return model.fit(found, seed=0).predict(horizon).tolist()


def test_seasonal_naive_repeats_the_week_52_weeks_before():
    found = panel_of({"A": [float(week + 1) for week in range(60)]})
    assert forecast(SeasonalNaive(), found) == [[9, 10, 11]]


def test_seasonal_naive_falls_back_to_the_moving_average_before_launch():
    found = panel_of({"A": [0] * 50 + [4, 8], "anchor": [1] * 52})
    assert forecast(SeasonalNaive(), found)[0] == [6, 6, 6]


def test_seasonal_naive_past_a_year_goes_back_two():
    found = panel_of({"A": [float(week + 1) for week in range(52)]})
    assert SeasonalNaive().fit(found, seed=0).predict(53)[0, 52] == 1


def test_the_moving_average_takes_eight_weeks():
    found = panel_of({"A": [100, 100, 1, 2, 3, 4, 5, 6, 7, 8]})
    assert forecast(MovingAverage(), found) == [[4.5] * 3]


def test_weeks_without_stock_are_no_part_of_the_average():
    found = panel_of({"A": [10, 10, 10, 10, 10, 10, 0, 0]}, outage={"A": [6, 7]})
    assert forecast(MovingAverage(), found) == [[10.0] * 3]


def test_smoothing_gives_the_levels_of_statsmodels():
    from statsmodels.tsa.api import SimpleExpSmoothing

    series = np.random.default_rng(3).poisson(20, size=40).astype(float)
    theirs = SimpleExpSmoothing(series, initialization_method="known", initial_level=series[0]).fit(
        smoothing_level=0.5, optimized=False
    )
    ours = smooth(series[None, :], np.array([0.5]))
    assert ours[0, 1:] == pytest.approx(theirs.level)


def test_the_first_weeks_of_smoothing_weigh_as_in_a_mean():
    levels = smooth(np.array([[6.0, 2.0, 1.0]]), np.array([0.1]))
    assert levels[0, 1:].tolist() == pytest.approx([6, 4, 3])


def test_an_unknown_week_leaves_the_level_as_it_is():
    levels = smooth(np.array([[np.nan, 6.0, np.nan, 2.0]]), np.array([0.5]))
    assert levels[0, 2:].tolist() == pytest.approx([6, 6, 4])
    assert np.isnan(levels[0, :2]).all()


def test_a_level_that_jumps_is_followed_faster_than_noise():
    rng = np.random.default_rng(5)
    walk = np.abs(np.cumsum(rng.normal(0, 8, 90)) + 200)
    noise = np.abs(rng.normal(200, 8, 90))
    model = ExponentialSmoothing().fit(panel_of({"walk": walk.tolist(), "noise": noise.tolist()}), seed=0)
    noisy, walking = model.alpha.tolist()
    assert noisy < walking
    assert {noisy, walking} <= set(ALPHAS.tolist())


def test_the_weeks_of_a_shutdown_are_forecast_zero():
    closed = {date(2024, 12, 23) + timedelta(days=number) for number in range(10)}
    rows = [
        ("A", MONDAY + timedelta(days=number), 5.0, 1, 5.0, 1.0)
        for number in range(700)
        if MONDAY + timedelta(days=number) not in closed
    ]
    days = history.validate(pl.DataFrame(rows, schema=history.DEMAND, orient="row"))
    found = panel.build(days, cutoff=date(2025, 11, 30))
    weeks = [found.week(found.width + step) for step in range(6)]
    predicted = dict(zip(weeks, forecast(MovingAverage(), found, horizon=6)[0], strict=True))
    assert predicted[date(2025, 12, 22)] == pytest.approx(35 / 7)  # only the Monday is open
    assert predicted[date(2025, 12, 15)] == pytest.approx(35)
    assert predicted[date(2025, 12, 29)] == pytest.approx(35 * 3 / 7)


@pytest.mark.filterwarnings("error")
def test_no_finite_demand_makes_a_candidate_say_what_is_no_number():
    course = np.random.default_rng(3).poisson(4, (20, 80)).astype(float)
    course[0], course[1, ::9], course[2, -1], course[3] = 1e300, 1.7e308, 1e300, 1e-300
    found = panel_of({f"S{row:02d}": values.tolist() for row, values in enumerate(course)})
    for name, means in forecast_all(found, steps=4, seed=0).items():
        assert np.isfinite(means).all(), name
        assert (means >= 0).all(), name


def test_the_smoothing_that_others_build_on_is_fitted_once_and_moves_no_byte(monkeypatch):
    course = np.random.default_rng(3).poisson(4, (20, 60))
    found = panel_of({f"S{row:02d}": values.tolist() for row, values in enumerate(course)})
    fits, fit = [], ExponentialSmoothing.fit
    monkeypatch.setattr(ExponentialSmoothing, "fit", lambda *args, **kw: fits.append(1) or fit(*args, **kw))
    together = {model.name: model.predict(4) for model in fit_all(found, steps=4, seed=1)}
    assert len(fits) == 1
    alone = {RECONCILED: Reconciled(), BOOSTING: Boosting(steps=4)}
    for name, model in alone.items():
        assert model.fit(found, seed=1).predict(4).tobytes() == together[name].tobytes()
