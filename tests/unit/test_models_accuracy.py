"""Accuracy by level, segment and horizon, and what each step adds: numbers a person can work out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import accuracy, levels, quantiles, scores
from models.backtest import Origin
from models.candidates import BOOSTING, CANDIDATES, NAIVE
from models.quantiles import QUANTILES

LAST = date(2024, 12, 1)
WEEK = timedelta(weeks=1)
CATEGORIES = {"A": "Bags", "B": "Bags", "C": "Candles"}


def origin(weeks_before: int, *, wrong: dict[str, tuple[float, ...]] | None = None, known: int = 4) -> Origin:
    """Three skus that sell 10, 20 and 30 a week; a candidate is off by a constant for each of them."""
    sells = np.array([10.0, 20.0, 30.0])[:, None]
    actual = np.repeat(sells, 4, axis=1)
    actual[:, known:] = np.nan
    off = {name: (9.0, 9.0, 9.0) for name in CANDIDATES} | (wrong or {})
    return Origin(
        cutoff=LAST - weeks_before * WEEK,
        is_scored=True,
        skus=("A", "B", "C"),
        classes=np.array(["smooth", "lumpy", "lumpy"], dtype=object),
        means={name: np.repeat(sells, 4, axis=1) + np.array(values)[:, None] for name, values in off.items()},
        actual=actual,
        exposure=np.ones((3, 4)),
        rmse_scale=np.array([1.0, 2.0, 3.0]),
        mae_scale=np.array([1.0, 2.0, 3.0]),
        past=np.array([[10.0, 12, 10, 12], [20, 20, 20, 20], [30, 33, 30, 33]]),
    )


def table(*origins: Origin) -> pl.DataFrame:
    found = list(origins)
    scored = scores.with_champion(found)
    return accuracy.metric_table(found, scored, categories=CATEGORIES, by=LAST)


def row(metric: pl.DataFrame, level: str, segment: str, model: str, horizon: str = "all") -> dict:
    found = metric.filter(level=level, segment=segment, model_name=model, horizon=horizon)
    assert found.height == 1, (level, segment, model, horizon)
    return found.row(0, named=True)


def test_errors_that_cancel_count_at_the_sku_and_not_above():
    metric = table(origin(4, wrong={BOOSTING: (3.0, -3.0, 6.0)}))
    assert row(metric, "sku", "all", BOOSTING)["wape"] == pytest.approx(12 / 60)
    assert row(metric, "category", "Bags", BOOSTING)["wape"] == 0
    assert row(metric, "category", "Candles", BOOSTING)["wape"] == pytest.approx(6 / 30)
    assert row(metric, "category", "all", BOOSTING)["wape"] == pytest.approx(6 / 60)
    assert row(metric, "total", "all", BOOSTING)["wape"] == pytest.approx(6 / 60)
    assert row(metric, "sku", "lumpy", BOOSTING)["bias"] == pytest.approx(3 / 50)


def test_rmsse_at_each_level_is_scaled_by_that_levels_own_past():
    metric = table(origin(4, wrong={BOOSTING: (2.0, 2.0, 3.0)}))
    assert row(metric, "sku", "all", BOOSTING)["rmsse"] == pytest.approx((2 / 1 + 2 / 2 + 3 / 3) / 3)
    assert row(metric, "category", "Bags", BOOSTING)["rmsse"] == pytest.approx(4 / 2)
    assert row(metric, "total", "all", BOOSTING)["rmsse"] == pytest.approx(7 / 5)


def test_each_horizon_counts_its_own_weeks():
    first, second = origin(8, wrong={BOOSTING: (0.0, 0.0, 0.0)}), origin(4, known=1)
    first.means[BOOSTING][:, 1:] += 6
    metric = table(first, second)
    near, far = (row(metric, "sku", "all", BOOSTING, horizon) for horizon in ("1", "2-4"))
    assert (near["actual_units"], far["actual_units"]) == (120, 180)
    assert near["wape"] == pytest.approx(27 / 120)
    assert far["wape"] == pytest.approx(18 * 3 / 180)
    assert metric.filter(horizon="9-13").is_empty()


def test_value_added_is_the_error_saved_against_the_step_before():
    metric = table(origin(4, wrong={NAIVE: (8.0, 8.0, 8.0), "moving_average": (5.0, 5.0, 5.0)}))
    naive, average = (row(metric, "sku", "all", name) for name in (NAIVE, "moving_average"))
    assert (naive["step_no"], naive["value_added"]) == (1, None)
    assert average["value_added"] == pytest.approx(24 / 60 - 15 / 60)
    chain = metric.filter(level="sku", segment="all", horizon="all")
    assert chain["value_added"].sum() == pytest.approx(chain["wape"][0] - chain["wape"][-1])


def test_a_week_cut_by_a_stockout_counts_at_no_level():
    found = origin(4, wrong={BOOSTING: (5.0, 0.0, 0.0)})
    exposure = np.ones((3, 4))
    exposure[0] = 0.5
    metric = table(replace(found, exposure=exposure))
    for level in ("sku", "total"):
        counted = row(metric, level, "all", BOOSTING)
        assert (counted["actual_units"], counted["wape"]) == (200, 0)


def test_coverage_tells_both_intervals_apart():
    metric = table(origin(8), origin(4))
    found = row(metric, "sku", "all", BOOSTING)
    assert 0 <= found["coverage_50"] <= found["coverage_90"] <= 1


def test_the_error_of_medians_is_scored_beside_that_of_means(monkeypatch):
    monkeypatch.setattr(quantiles, "LEAST_POOL", 12)
    always_half = [origin(weeks, wrong={BOOSTING: (10.0, 20.0, 30.0)}) for weeks in range(80, 3, -4)]
    found = row(table(*always_half), "sku", "all", BOOSTING)
    assert found["wape"] == pytest.approx(1.0)
    assert found["median_wape"] < 0.25  # the middle of what came, once there is a past to learn it from


def shop_sums(weeks_before: int, off: float) -> levels.Grouped:
    found = origin(weeks_before, wrong={BOOSTING: (off, off, off)})
    return levels.grouped(found, dict.fromkeys("ABC", "all"), by=LAST)


def test_a_levels_spread_narrows_as_its_sums_prove_right_and_follows_their_bias():
    earlier = [8 + 4 * number for number in range(6)]
    histories = (
        [],
        [shop_sums(weeks, 0.0) for weeks in earlier],
        [shop_sums(weeks, -10.0) for weeks in earlier],
    )
    unknown, narrow, shifted = (levels.spread(each, shop_sums(4, 0.0), BOOSTING)[0, 0] for each in histories)
    assert unknown[-1] - unknown[0] > 1.5 * (narrow[-1] - narrow[0])
    assert narrow[QUANTILES.index(0.5)] == pytest.approx(60)
    assert shifted[QUANTILES.index(0.5)] > 80


VALUE = pl.DataFrame(
    {
        "override_id": ["O-1", "O-2", "O-3"], "sku": ["A", "A", "B"], "week_start": [LAST] * 3,
        "before": [10.0, 14.0, 5.0], "after": [14.0, 18.0, 0.0], "actual": [20.0, 20.0, 5.0],
        "is_scored": [True, True, True],
    }
)  # fmt: skip


def test_the_overrides_are_the_last_step_on_the_weeks_they_changed():
    metric = accuracy.with_overrides(table(origin(4)), VALUE)
    last = row(metric, "sku", "all", "override")
    assert (last["step_no"], last["series"], last["actual_units"]) == (len(accuracy.STEPS), 2, 25)
    assert last["wape"] == pytest.approx((2 + 5) / 25)
    assert last["value_added"] == pytest.approx((10 + 0) / 25 - (2 + 5) / 25)


def test_of_ten_overrides_laid_on_one_another_the_tenth_is_the_last():
    later = VALUE.with_columns(override_id=pl.Series(["O-9", "O-10", "O-2"]))
    last = row(accuracy.with_overrides(table(origin(4)), later), "sku", "all", "override")
    assert last["wape"] == pytest.approx((2 + 5) / 25)


def test_without_a_scored_override_there_is_no_such_step():
    metric = table(origin(4))
    value = VALUE.clear()
    assert accuracy.with_overrides(metric, value).equals(metric)
