"""What stock-outs cost: an expectation and an interval that hold on demand whose hidden part is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import nbinom

from models import history
from models.lost_sales import history_table, quantile

MONDAY = date(2023, 1, 2)


def table(weeks: list[tuple[float, float]], *, sku: str = "A") -> pl.DataFrame:
    """`weeks` of (units, exposure of every day); sold on Mondays."""
    days = [
        (sku, MONDAY + timedelta(weeks=week, days=day), units if day == 0 else 0.0, 1, units, exposure)
        for week, (units, exposure) in enumerate(weeks)
        for day in range(7)
    ]
    cutoff = MONDAY + timedelta(days=7 * len(weeks) - 1)
    return history_table(
        history.validate(pl.DataFrame(days, schema=history.DEMAND, orient="row")), cutoff=cutoff
    )


def last(weeks: list[tuple[float, float]]) -> dict:
    return table(weeks).row(-1, named=True)


STEADY = [(10.0, 1.0)] * 13


def test_the_share_of_usual_demand_while_out_of_stock_is_lost():
    assert last([*STEADY, (6.0, 0.6)])["lost_units"] == pytest.approx(4)
    assert last([*STEADY, (0.0, 0.0)])["lost_units"] == pytest.approx(10)


def test_what_was_ordered_in_spite_of_a_stock_out_was_not_lost_what_was_sold_before_it_says_nothing():
    assert last([*STEADY, (9.0, 0.5)])["lost_units"] == pytest.approx(5)
    assert last([*STEADY, (4.0, 0.0)])["lost_units"] == pytest.approx(6)
    backordered = last([*STEADY, (30.0, 0.0)])
    assert (backordered["lost_units"], backordered["lost_q90"]) == (0, 0)


def test_a_week_in_stock_and_one_with_nothing_to_compare_lost_nothing_known():
    assert last(STEADY)["lost_units"] is None
    assert last([(3.0, 0.5)])["lost_units"] is None


def test_a_bulk_order_is_flagged_kept_as_sold_and_no_measure_of_what_is_lost():
    found = table([*STEADY, (500.0, 1.0), *STEADY[:4], (0.0, 0.0)])
    bulk = found.filter("is_bulk")
    assert bulk.select("week_start", "units", "demand").row(0) == (MONDAY + timedelta(weeks=13), 500, 30)
    assert found["lost_units"][-1] == pytest.approx(150 / 13, abs=1e-3)


def test_an_empty_week_in_stock_is_no_row_and_one_out_of_stock_is():
    found = table([*STEADY, (0.0, 1.0), (0.0, 0.2)])
    assert found["week_start"].to_list()[-2:] == [MONDAY + timedelta(weeks=week) for week in (12, 14)]


def test_the_interval_holds_four_of_five_hidden_outcomes():
    rng = np.random.default_rng(3)
    inside, missed, hidden_sum, said_sum = 0, 0, 0.0, 0.0
    for _ in range(400):
        mean, exposure = rng.uniform(8, 40), rng.choice([0.0, 0.2, 0.5])
        demand = rng.negative_binomial(4, 4 / (4 + mean), 14)
        kept = rng.binomial(demand[-1], exposure)
        found = last([*((float(units), 1.0) for units in demand[:-1]), (float(kept), exposure)])
        hidden = demand[-1] - kept
        inside += found["lost_q10"] <= hidden <= found["lost_q90"]
        missed += hidden > found["lost_q90"]
        hidden_sum += hidden
        said_sum += found["lost_units"]
    assert 0.74 <= inside / 400 <= 0.9
    assert missed / 400 <= 0.16
    assert 0.95 <= said_sum / hidden_sum <= 1.05


def test_quantiles_are_those_of_the_distribution_with_that_mean_and_variance():
    found = quantile(0.9, mean=np.array([0.0, 6.0, 6.0]), variance=np.array([0.0, 6.0, 15.0]))
    assert found.tolist() == [0, 9, nbinom.ppf(0.9, 4, 0.4)]
