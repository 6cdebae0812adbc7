"""Quantiles from past misses: whole, ordered, never negative, and as wide as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.panel import CLASSES
from models.quantiles import QUANTILE_NAMES, QUANTILES, RANGE_90, Calibration, Residuals, geometric_quantiles


def residuals(mean: np.ndarray, actual: np.ndarray, *, name: str = "smooth") -> Residuals:
    classes = np.full(len(mean), name, dtype=object)
    return Residuals(classes=classes, mean=mean, step=np.zeros(len(mean), dtype=int), actual=actual)


def test_a_pool_gives_its_own_quantiles_scaled_to_the_forecast():
    past = residuals(np.full(400, 10.0), np.repeat([0.0, 5.0, 10.0, 15.0], 100))
    found = Calibration(past).quantiles(np.array(["smooth"], dtype=object), np.array([[12.0]]))
    assert dict(zip(QUANTILE_NAMES, found[0, 0].tolist(), strict=True)) == {
        "q005": 0, "q025": 0, "q05": 0, "q165": 0, "q25": 0, "q50": 6, "q75": 12, "q835": 18, "q95": 18,
        "q975": 18, "q995": 18,
    }  # fmt: skip


def test_a_small_pool_is_left_for_the_one_above_it():
    wide = residuals(np.full(300, 10.0), np.repeat([0.0, 30.0], 150), name="lumpy")
    few = residuals(np.full(20, 10.0), np.full(20, 10.0), name="smooth")
    found = Calibration(Residuals.concat([wide, few]))
    smooth = found.quantiles(np.array(["smooth"], dtype=object), np.array([[10.0]]))
    assert smooth[0, 0, -1] == 30


def test_a_tiny_forecast_takes_the_pools_units_not_its_ratios():
    past = residuals(np.full(300, 0.001), np.repeat([0.0, 0.0, 12.0], 100))
    found = Calibration(past).quantiles(np.array(["smooth"], dtype=object), np.array([[0.2]]))
    assert found[0, 0].tolist() == [0] * 6 + [12] * 5


def test_without_any_past_demand_is_taken_as_geometric():
    found = Calibration(None).quantiles(np.array(["new"], dtype=object), np.array([[3.0, 0.0]]))
    assert found[0, 0].tolist() == geometric_quantiles(np.array([3.0]))[0].tolist()
    assert found[0, 1].tolist() == [0] * len(QUANTILES)


def test_geometric_quantiles_are_scipys_negative_binomial_with_dispersion_one():
    from scipy.stats import nbinom

    means = np.array([0.01, 0.3, 1.0, 2.5, 17.0, 400.0])
    expected = [nbinom.ppf(QUANTILES, 1, 1 / (1 + mean)).tolist() for mean in means]
    assert geometric_quantiles(means).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=0, max_size=400),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=8),
    st.sampled_from(CLASSES),
)
def test_quantiles_are_whole_ordered_and_never_negative(past, means, name):
    pairs = np.array(past, dtype=float).reshape(-1, 2)
    found = Calibration(residuals(pairs[:, 0], pairs[:, 1])).quantiles(
        np.array([name], dtype=object), np.array([means])
    )
    assert np.isfinite(found).all() and (found >= 0).all()
    assert (found == np.floor(found)).all()
    assert (np.diff(found, axis=2) >= 0).all()


def test_nine_in_ten_fall_inside_the_outer_quantiles():
    rng = np.random.default_rng(4)
    mean = rng.uniform(2, 60, 20_000)
    actual = rng.negative_binomial(3, 3 / (3 + mean)).astype(float)
    fitted = Calibration(residuals(mean[:10_000], actual[:10_000]))
    found = fitted.quantiles(np.full(10_000, "smooth", dtype=object), mean[10_000:, None])[:, 0]
    later = actual[10_000:]
    low, high = RANGE_90
    inside = (later >= found[:, low]) & (later <= found[:, high])
    assert inside.mean() == pytest.approx(0.9, abs=0.03)
    assert (later <= found[:, QUANTILES.index(0.5)]).mean() == pytest.approx(0.5, abs=0.04)
    assert (later <= found[:, -1]).mean() == pytest.approx(0.995, abs=0.003)


def test_a_geometric_count_of_any_size_keeps_its_quantiles():
    found = geometric_quantiles(np.array([1e3, 1e17, 1e300, 5e-324]))
    assert np.isfinite(found).all()
    assert found[:3, 5] / [1e3, 1e17, 1e300] == pytest.approx(np.log(2), rel=1e-3)
    assert found[3].tolist() == [0] * len(QUANTILES)
