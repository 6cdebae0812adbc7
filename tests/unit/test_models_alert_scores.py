"""Precision, recall, days warned and calibration of alerts, on mornings small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models import alert_scores, recalibration
from models.recalibration import Recalibration
from models.replay import MORNING

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def mornings(**skus: list[tuple]) -> pl.DataFrame:
    """By sku: (week, probability, day it runs out counted from the first Monday or None, came true)."""
    rows = []
    for sku, said in skus.items():
        for week, probability, out_day, came_true in said:
            rows.append(
                {
                    "stock_pool": "MAIN",
                    "sku": sku,
                    "at": MONDAY + timedelta(weeks=week),
                    "available": 10.0,
                    "on_order": 0.0,
                    "daily_sales": probability,
                    "lead_time_days": 10.0,
                    "raw_probability": probability,
                    "margin_at_risk": 1.0,
                    "out_at": None if out_day is None else MONDAY + timedelta(days=out_day),
                    "closes_at": MONDAY + timedelta(weeks=week, days=10),
                    "came_true": came_true,
                    "probability": probability,
                }
            )
    frame = pl.DataFrame(rows, schema=MORNING | {"probability": pl.Float64})
    return frame.sort("sku", "at")


SHOP = mornings(
    A=[(0, 0.2, 22, False), (1, 0.6, 22, False), (2, 0.4, 22, True), (3, 0.2, 22, True)],
    B=[(0, 0.7, None, False), (1, 0.7, None, False), (2, 0.1, None, False)],
    C=[(0, 0.1, 3, True), (2, 0.55, 17, True)],
)


def scored(frame: pl.DataFrame = SHOP, **thresholds: float) -> alert_scores.Score:
    chosen = {"raise_at": 0.5, "resolve_below": 0.3} | thresholds
    return alert_scores.score(frame, frame["probability"].to_numpy(), rule="forecast", **chosen)


def test_alerts_and_stockouts_are_counted_once_each():
    """A's alert of week 1 comes 15 days before; B's is wrong; C's first has none, its second 3 days."""
    found = scored()
    assert (found.alerts, found.right) == (3, 2)
    assert (found.stockouts, found.warned, found.warned_in_time) == (3, 2, 1)
    assert (found.precision, found.recall, found.recall_in_time) == (2 / 3, 2 / 3, 1 / 3)
    assert found.days_warned == 9.0


def test_without_hysteresis_an_alert_that_dips_is_two():
    frame = mornings(A=[(0, 0.6, None, False), (1, 0.4, None, False), (2, 0.6, None, False)])
    assert scored(frame).alerts == 1
    assert scored(frame, resolve_below=0.5).alerts == 2


def test_a_week_without_stock_ends_the_episode():
    frame = mornings(A=[(0, 0.6, None, False), (2, 0.6, None, False)])
    assert scored(frame).alerts == 2


def test_no_alert_has_no_precision_and_no_stockout_no_recall():
    frame = mornings(A=[(0, 0.1, None, False)])
    found = scored(frame)
    assert (found.precision, found.recall, found.days_warned) == (None, None, None)


@pytest.mark.parametrize(("alerts", "raise_at"), [(3, 0.2), (2, 0.6), (1, 0.7), (0, np.inf)])
def test_the_threshold_moves_down_while_the_count_is_not_above(alerts, raise_at):
    """At 0.2 there are still three alerts, each as long as can be; at 0.1 C has two."""
    found = alert_scores.at_equal_count(
        SHOP, SHOP["probability"].to_numpy(), rule="days_of_cover", alerts=alerts, slack=0.6
    )
    assert (found.alerts, found.raise_at) == (alerts, raise_at)


def test_the_plain_rules_measure_shortage():
    """10 units at 0.5 a day last 20 days; a delivery of 10 days sells 5 of the 20 held and owed."""
    frame = mornings(A=[(0, 0.5, None, False)]).with_columns(on_order=pl.lit(10.0))
    found = alert_scores.measures(frame)
    assert 1 / found["days_of_cover"][0] == pytest.approx(20.0)
    assert found["min_max"][0] == pytest.approx(0.25)


def test_rules_are_compared_at_as_many_alerts_and_what_is_still_open_is_left_out():
    frame = pl.concat([SHOP, mornings(D=[(3, 0.9, None, None)])])
    ours, cover, min_max = alert_scores.beside(frame, raise_at=0.5, resolve_below=0.3)
    assert ours == scored()
    assert (ours.alerts, cover.alerts, min_max.alerts) == (3, 3, 3)
    assert alert_scores.ratios([ours, cover, min_max])["days_of_cover"]["recall"] == 1.0


def test_where_hardly_anything_is_said_loudly_all_rules_get_as_many_alerts_as_there_were_stockouts():
    frame = SHOP.with_columns(probability=pl.col("probability") / 10)
    ours, cover, _min_max = alert_scores.beside(frame, raise_at=0.5, resolve_below=0.3)
    assert (ours.alerts, cover.alerts) == (3, 3)
    assert ours.raise_at == pytest.approx(0.02)


def test_the_calibration_table_has_ten_rows_and_says_what_came_true():
    table = alert_scores.calibration(
        np.array([0.71, 0.75, 0.79, 0.79, 0.05, 1.0]), np.array([True, True, True, False, False, True])
    )
    rows = {row["decile"]: row for row in table.to_dicts()}
    assert len(rows) == 10
    assert (rows[7]["cases"], rows[7]["said"], rows[7]["came_true"]) == (4, pytest.approx(0.76), 0.75)
    assert (rows[0]["cases"], rows[9]["cases"], rows[3]["cases"]) == (1, 1, 0)
    assert rows[3]["came_true"] is None


def test_a_saying_becomes_what_came_true_of_it_with_ten_cases_of_belief():
    known = recalibration.fit(np.full(100, 0.8), np.arange(100) < 50)
    assert known.apply(np.array([0.8]))[0] == pytest.approx((50 + 10 * 0.8) / 110)
    assert known.cases == 100


def test_between_two_points_it_is_straight_and_what_was_likelier_stays_so():
    known = Recalibration(said=(0.2, 0.6), true=(0.1, 0.5), cases=2)
    assert known.apply(np.array([0.4, 0.1, 0.9])).tolist() == pytest.approx([0.3, 0.1, 0.5])
    assert recalibration.rising(np.array([0.1, 0.4, 0.2, 0.9]), np.array([1.0, 1.0, 3.0, 1.0])).tolist() == (
        pytest.approx([0.1, 0.25, 0.25, 0.9])
    )


def test_without_evidence_what_is_said_is_believed():
    assert Recalibration().apply(np.array([0.123]))[0] == 0.123
    assert recalibration.fit(np.empty(0), np.empty(0, dtype=bool)).apply(np.array([0.4]))[0] == 0.4
