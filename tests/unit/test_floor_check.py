"""A champion that is worse than a floor is named: by the pinball loss in its class, by WAPE overall."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.planning import WORSE_THAN_A_FLOOR

ELSEWHERE = [("total", "all", "all", "champion"), ("sku", "1", "smooth", "combination")]


@pytest.mark.parametrize(
    ("score", "median", "worse"),
    [
        ({}, 0.5, []),
        ({}, 0.71, ["all", "smooth"]),
        ({("smooth", "combination"): (0.6, 0.31)}, 0.5, ["smooth"]),
        ({("smooth", "combination"): (0.9, 0.2)}, 0.5, []),  # a mean may miss single weeks by more
        ({("all", "champion"): (0.71, 0.2)}, 0.5, ["all"]),
        ({("all", "champion"): (0.6, 0.31), ("smooth", "combination"): (0.6, 0.31)}, 0.5, ["all", "smooth"]),
    ],
)
def test_who_is_worse_than_a_floor_is_named(score, median, worse):
    usual = {
        (segment, model): (0.6, 0.2) if model in ("champion", "combination") else (0.7, 0.3)
        for segment in ("all", "smooth")
        for model in ("champion", "combination", "seasonal_naive", "moving_average")
    }
    con = duckdb.connect()
    con.execute("CREATE SCHEMA marts")
    con.execute("CREATE TABLE marts.champion AS SELECT * FROM (VALUES ('all', 'champion'), "
                "('smooth', 'combination')) AS t(demand_class, model_name)")  # fmt: skip
    con.execute("CREATE TABLE marts.forecast_metric (level VARCHAR, horizon VARCHAR, segment VARCHAR, "
                "model_name VARCHAR, wape DOUBLE, pinball DOUBLE, median_wape DOUBLE)")  # fmt: skip
    rows = [("sku", "all", *key, *values, median) for key, values in (usual | score).items()]
    rows += [(*place, 9.0, 9.0, 9.0) for place in ELSEWHERE]
    con.executemany("INSERT INTO marts.forecast_metric VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    assert [row[0] for row in con.execute(WORSE_THAN_A_FLOOR).fetchall()] == worse
