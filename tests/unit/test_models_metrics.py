"""Accuracy measures by hand, and against SQL window functions as an independent oracle."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from models import metrics
from models.quantiles import QUANTILES

FORECAST = np.array([[10.0, 10.0], [4.0, 0.0]])
ACTUAL = np.array([[8.0, 13.0], [0.0, 5.0]])
ALL = np.ones((2, 2), dtype=bool)


def test_wape_and_bias_by_hand():
    assert metrics.wape(FORECAST, ACTUAL, ALL) == pytest.approx((2 + 3 + 4 + 5) / 26)
    assert metrics.bias(FORECAST, ACTUAL, ALL) == pytest.approx((24 - 26) / 26)


def test_censored_weeks_count_in_neither_sum():
    seen = np.array([[True, False], [True, True]])
    assert metrics.wape(FORECAST, ACTUAL, seen) == pytest.approx((2 + 4 + 5) / 13)
    assert metrics.bias(FORECAST, ACTUAL, seen) == pytest.approx((14 - 13) / 13)


def test_a_ratio_over_nothing_sold_is_undefined_not_zero():
    assert metrics.wape(FORECAST, np.zeros((2, 2)), ALL) is None
    assert metrics.bias(FORECAST, ACTUAL, np.zeros((2, 2), dtype=bool)) is None


def test_rmsse_by_hand():
    scale = np.array([2.0, 5.0])
    expected = (np.sqrt((4 + 9) / 2) / 2 + np.sqrt((16 + 25) / 2) / 5) / 2
    assert metrics.rmsse(FORECAST, ACTUAL, ALL, scale=scale) == pytest.approx(expected)


def test_a_series_without_a_scale_is_left_out_of_rmsse():
    scale = np.array([2.0, np.nan])
    assert metrics.rmsse(FORECAST, ACTUAL, ALL, scale=scale) == pytest.approx(np.sqrt(6.5) / 2)


def test_scaled_pinball_by_hand():
    quantiles = np.array([[[0, 1, 2, 3, 4, 6, 8, 9, 10, 12, 15.0]]])
    actual = np.array([[7.0]])
    under = [0.005 * 7, 0.025 * 6, 0.165 * 4, 0.25 * 3, 0.5 * 1]
    over = [0.25 * 1, 0.165 * 2, 0.025 * 5, 0.005 * 8]
    found = metrics.scaled_pinball(quantiles, actual, np.ones((1, 1), bool), scale=np.array([4.0]))
    assert found == pytest.approx(sum(under + over) / 9 / 4)


def test_coverage_counts_both_ends_as_inside():
    low, high = np.array([[2.0], [0.0], [1.0]]), np.array([[6.0], [1.0], [1.0]])
    quantiles = np.stack([low] * 3 + [(low + high) / 2] * 5 + [high] + [high + 9] * 2, axis=-1)
    actual = np.array([[6.0], [2.0], [1.0]])
    assert metrics.coverage(quantiles, actual, np.ones((3, 1), bool)) == pytest.approx(2 / 3)


def test_the_scales_are_those_a_database_computes():
    rng = np.random.default_rng(11)
    units = rng.poisson(6, size=(5, 70)).astype(float)
    launch = np.array([0, 0, 5, 15, 66])
    alive = np.arange(70)[None, :] >= launch[:, None]
    units = np.where(alive, units, 0.0)
    rows = [(s, w, units[s, w]) for s in range(5) for w in range(70) if alive[s, w]]
    con = duckdb.connect()
    con.execute("create table panel (sku int, week int, units double)")
    con.executemany("insert into panel values (?, ?, ?)", rows)
    found = con.execute(
        """
        with steps as (
            select sku,
                   units - lag(units, 1) over w as one,
                   units - lag(units, 52) over w as year
            from panel window w as (partition by sku order by week)
        )
        select sqrt(avg(one * one)) as rmse,
               if(count(year) >= 8, avg(abs(year)), avg(abs(one))) as mae
        from steps group by sku order by sku
        """
    ).fetchall()
    assert metrics.naive_rmse(units, alive) == pytest.approx([row[0] for row in found])
    assert metrics.seasonal_mae(units, alive) == pytest.approx([row[1] for row in found])


def test_wape_bias_coverage_and_pinball_are_those_a_database_computes():
    rng = np.random.default_rng(12)
    shape = (40, 6)
    actual, forecast = rng.poisson(4, shape).astype(float), rng.gamma(2, 2, shape)
    spread = np.sort(rng.poisson(4, (*shape, len(QUANTILES))).astype(float), axis=2)
    seen, scale = rng.random(shape) > 0.3, rng.uniform(1, 3, 40)
    con = duckdb.connect()
    con.execute("create table cell (sku int, y double, f double, q double[], scale double)")
    cells = [
        (int(s), actual[s, h], forecast[s, h], spread[s, h].tolist(), scale[s]) for s, h in np.argwhere(seen)
    ]
    con.executemany("insert into cell values (?, ?, ?, ?, ?)", cells)
    wape, bias, coverage = con.execute(
        """
        select sum(abs(f - y)) / sum(y), sum(f - y) / sum(y), avg((y between q[3] and q[9])::int) from cell
        """
    ).fetchone()
    pinball = con.execute(
        """
        with losses as (
            select sku, scale, greatest(level * (y - value), (level - 1) * (y - value)) as loss
            from cell, unnest(q) with ordinality as quantile(value, place),
                 unnest($1) with ordinality as known(level, number)
            where place = number and level not in (0.05, 0.95)
        ), series as (select avg(loss) / any_value(scale) as scaled from losses group by sku)
        select avg(scaled) from series
        """,
        [list(QUANTILES)],
    ).fetchone()[0]
    assert metrics.wape(forecast, actual, seen) == pytest.approx(wape)
    assert metrics.bias(forecast, actual, seen) == pytest.approx(bias)
    assert metrics.coverage(spread, actual, seen) == pytest.approx(coverage)
    assert metrics.scaled_pinball(spread, actual, seen, scale=scale) == pytest.approx(pinball)
