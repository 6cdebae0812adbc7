"""What the global model can see: nothing past where it stands, proven with a column that knows the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import history, metrics, panel
from models.boosting import Boosting
from models.features import Lens, Sums, features, seasonal_cap

MONDAY = date(2022, 1, 3)
WEEKS, SKUS, CUT = 90, 60, 80


def weekly_sales(units: np.ndarray) -> pl.DataFrame:
    """A demand history with one sale each Monday; rows are skus."""
    rows = [
        (f"S{sku:03d}", MONDAY + timedelta(weeks=week), float(value), 1, 2.0 * float(value), 1.0)
        for sku, values in enumerate(units)
        for week, value in enumerate(values)
        if value > 0
    ]
    return history.validate(pl.DataFrame(rows, schema=history.DEMAND, orient="row"))


@pytest.fixture(scope="module")
def units() -> np.ndarray:
    rng = np.random.default_rng(8)
    return np.maximum(rng.poisson(rng.uniform(3, 40, (SKUS, 1)), (SKUS, WEEKS)), 1).astype(float)


@pytest.fixture(scope="module")
def past(units) -> panel.Panel:
    return panel.build(weekly_sales(units), cutoff=MONDAY + timedelta(days=7 * CUT - 1))


def error_with(found: panel.Panel, units: np.ndarray) -> float:
    model = Boosting(steps=6, most_rows=6_000, rounds=40).fit(found, seed=1)
    forecast, actual = model.predict(6), units[:, CUT : CUT + 6]
    return metrics.wape(forecast, actual, np.ones_like(actual, dtype=bool))


def with_canary(found: panel.Panel, units: np.ndarray) -> panel.Panel:
    """The panel with a column that holds each week's own demand, also of the weeks after the cutoff."""
    return replace(found, extra={"canary": units})


def test_a_planted_future_brings_no_gain(past, units):
    assert error_with(with_canary(past, units), units) == error_with(past, units)


def test_the_canary_sings_once_the_guard_is_gone(past, units, monkeypatch):
    guarded = error_with(past, units)
    monkeypatch.setattr(Lens, "visible", lambda _lens, columns: columns)
    assert error_with(with_canary(past, units), units) < 0.6 * guarded


def test_what_happens_later_changes_no_feature(units):
    later = units.copy()
    later[:, 60:] *= 50
    tables = [design(weekly_sales(values), edge=60) for values in (units, later)]
    assert all(np.array_equal(tables[0][name], tables[1][name], equal_nan=True) for name in tables[0])


def design(days: pl.DataFrame, *, edge: int) -> dict[str, np.ndarray]:
    found = panel.build(days, cutoff=MONDAY + timedelta(days=7 * edge - 1))
    longer = panel.build(days, cutoff=MONDAY + timedelta(days=7 * WEEKS - 1))
    assert longer.width > found.width
    levels = np.zeros((SKUS, edge + 1))
    lens = Lens(sums=Sums(panel=found, levels=levels), edge=edge, rows=np.arange(SKUS))
    return features(lens, np.full(SKUS, edge + 3))


def test_windows_are_those_of_a_plain_loop(past):
    edge, rows = 70, np.arange(SKUS)
    lens = Lens(sums=Sums(panel=past, levels=np.ones((SKUS, CUT + 1))), edge=edge, rows=rows)
    found = features(lens, np.full(SKUS, edge + 2))
    for sku in (0, 7, SKUS - 1):
        rate = past.rate[sku]
        assert found["mean_8"][sku] * lens.scale[sku] == pytest.approx(rate[edge - 8 : edge].mean())
        assert found["year_ago"][sku] * lens.scale[sku] == pytest.approx(rate[edge + 2 - 52])
        assert found["year_ago_3"][sku] * lens.scale[sku] == pytest.approx(rate[edge - 51 : edge - 48].mean())
        assert found["price"][sku] == pytest.approx(np.log(2.0))
        assert found["price_ratio"][sku] == pytest.approx(1.0)
    assert set(found["step"].tolist()) == {2}


def test_a_week_past_the_edge_is_missing_not_zero(past):
    lens = Lens(sums=Sums(panel=past, levels=np.ones((SKUS, CUT + 1))), edge=50, rows=np.arange(SKUS))
    assert np.isnan(lens.at(past.units, 50)).all()
    assert not np.isnan(lens.at(past.units, 49)).any()
    assert np.isnan(lens.mean(50, 53)).all()


def test_what_was_lost_a_year_ago_caps_the_forecast():
    year = [100.0] * 40 + [1.0] * 12
    days = weekly_sales(np.array([year + [100.0] * 40, [50.0] * 92]))
    found = panel.build(days, cutoff=MONDAY + timedelta(days=7 * 92 - 1))
    levels = np.repeat([[100.0], [50.0]], 93, axis=1)
    lens = Lens(sums=Sums(panel=found, levels=levels), edge=92, rows=np.arange(2))
    capped, steady = seasonal_cap(lens, np.array([96, 96])).tolist()
    units = found.units[0]
    usual, dispersion = (3 * 1 + 100) / 4, units.var() / units.mean()
    assert capped == pytest.approx(100 * (1 + 2 * np.sqrt(dispersion * usual / 3)) / 100)
    assert steady == np.inf
