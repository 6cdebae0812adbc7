"""From sku and day to complete weeks, what stock-outs and bulk orders do to them, and demand classes."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models import history, panel
from models.errors import HistoryError

MONDAY = date(2024, 1, 1)


def day(offset: int) -> date:
    return MONDAY + timedelta(days=offset)


def demand(*rows: tuple) -> pl.DataFrame:
    """Rows (sku, day offset, units[, exposure]); one order a day at 2.00 a unit."""
    full = [(sku, day(offset), units, 1, 2.0 * units, *(rest or [1.0])) for sku, offset, units, *rest in rows]
    return pl.DataFrame(full, schema=history.DEMAND, orient="row")


def outages(*rows: tuple[str, int, float]) -> pl.DataFrame:
    full = [(sku, day(offset), exposure) for sku, offset, exposure in rows]
    return pl.DataFrame(full, schema=history.EXPOSURE, orient="row")


def weekly_units(units: list[float], *, exposure: dict[int, float] | None = None) -> pl.DataFrame:
    """A weekly table of sku A, one row per number, for `history.trainable`."""
    share = exposure or {}
    return pl.DataFrame(
        {
            "sku": ["A"] * len(units),
            "week_start": [MONDAY + timedelta(weeks=week) for week in range(len(units))],
            "units": [float(value) for value in units],
            "orders": [1] * len(units),
            "gross_sales": [float(value) for value in units],
            "exposure": [share.get(week, 1.0) for week in range(len(units))],
            "units_while_out": [
                float(value) if share.get(week, 1.0) == 0 else 0.0 for week, value in enumerate(units)
            ],
        }
    )


def panel_of(units: dict[str, list[float]]) -> panel.Panel:
    """A panel of skus with one sale each Monday, as many weeks as the numbers say."""
    rows = [
        (sku, 7 * week, value)
        for sku, values in units.items()
        for week, value in enumerate(values)
        if value is not None and value > 0
    ]
    weeks = max(len(values) for values in units.values())
    return panel.build(history.validate(demand(*rows)), cutoff=day(7 * weeks - 1))


def test_numbers_that_no_shop_has_count_as_the_largest_one_may():
    huge = demand(("A", 0, 1e300), ("B", 0, 1e12)).with_columns(orders=pl.lit(2**62))
    assert history.validate(huge).select("units", "orders", "gross_sales").rows() == [(1e12, 10**9, 1e12)] * 2


def test_a_week_runs_from_monday_and_gaps_are_zeros_from_the_first_sale_on():
    days = demand(("A", 0, 3), ("A", 6, 4), ("A", 21, 5), ("B", 8, 7))
    weeks = history.weekly(history.validate(days), cutoff=day(27))
    found = {sku: rows["units"].to_list() for (sku,), rows in weeks.group_by(["sku"], maintain_order=True)}
    assert found == {"A": [7, 0, 0, 5], "B": [7, 0, 0]}
    assert weeks.filter(pl.col("sku") == "B")["week_start"][0] == day(7)


@pytest.mark.parametrize(("cutoff", "last"), [(day(6), day(0)), (day(5), day(-7)), (day(7), day(0))])
def test_a_week_the_cutoff_cuts_short_is_no_training_week(cutoff, last):
    assert history.last_full_week(cutoff) == last


def test_nothing_after_the_cutoff_is_in_the_weeks():
    days = history.validate(demand(("A", 0, 3), ("A", 7, 100)))
    assert history.weekly(days, cutoff=day(12))["units"].to_list() == [3]


def test_exposure_of_a_week_is_the_mean_of_its_days_sold_or_not():
    days = history.validate(
        demand(("A", 0, 3, 0.5), ("A", 7, 2)), availability_day=outages(("A", 1, 0.0), ("A", 9, 0.3))
    )
    found = history.weekly(days, cutoff=day(13))["exposure"].to_list()
    assert found == pytest.approx([(0.5 + 0 + 5) / 7, (0.3 + 6) / 7])


def test_an_outage_before_the_first_sale_opens_no_history():
    days = history.validate(demand(("A", 7, 3)), availability_day=outages(("A", 0, 0.0), ("B", 0, 0.0)))
    assert history.weekly(days, cutoff=day(13))["sku"].to_list() == ["A"]


def test_a_week_without_stock_is_unknown_not_zero():
    found = history.trainable(weekly_units([10, 10, 0, 10], exposure={2: 0.0}))
    assert found["demand"].to_list() == [10, 10, None, 10]
    assert found["is_censored"].to_list() == [False, False, True, False]


def test_to_a_week_partly_without_stock_what_is_usual_in_that_time_is_added():
    found = history.trainable(weekly_units([10, 10, 6, 14], exposure={2: 0.75, 3: 0.5}))
    assert found["demand"][2:].to_list() == pytest.approx([6 + 2.5, 14 + 5])


def test_a_first_week_partly_without_stock_is_scaled_up_by_its_exposure():
    found = history.trainable(weekly_units([6, 10], exposure={0: 0.75}))
    assert found["demand"][0] == pytest.approx(6 / 0.75)


def test_demand_is_right_on_average_where_three_days_of_ten_are_without_stock():
    rng = np.random.default_rng(4)
    asked = rng.poisson(0.8, (60, 364))
    is_out = np.repeat(rng.random((60, 91)) < 0.3, 4, axis=1)
    is_out[:, :28] = False
    cells = [(f"S{row}", column) for row, column in np.ndindex(*asked.shape)]
    sales = [(*cell, float(units)) for cell, units, out in zip(cells, asked.flat, is_out.flat, strict=True)
             if units and not out]  # fmt: skip
    gaps = [(*cell, 0.0) for cell, out in zip(cells, is_out.flat, strict=True) if out]
    days = history.validate(demand(*sales), availability_day=outages(*gaps))
    found = history.trainable(history.weekly(days, cutoff=day(363)))
    assert found["demand"].drop_nulls().mean() == pytest.approx(7 * 0.8, rel=0.02)


def test_what_was_ordered_without_stock_is_no_hidden_demand_and_shows_demand_by_its_share():
    found = history.trainable(weekly_units([10, 10, 8, 2], exposure={2: 0.0, 3: 0.0}))
    assert found["demand"].to_list() == [10, 10, pytest.approx(10), None]


def test_the_usual_level_never_looks_ahead():
    quiet = history.trainable(weekly_units([10, 6, 10], exposure={1: 0.6}))
    loud = history.trainable(weekly_units([10, 6, 1000], exposure={1: 0.6}))
    assert quiet["demand"][1] == loud["demand"][1] == pytest.approx(10)


def test_one_bulk_order_is_flagged_and_capped_by_the_stated_rule():
    usual = [6, 10, 14, 10, 7, 13, 10, 6, 14, 10]
    found = history.trainable(weekly_units([*usual, 500, 7]))
    cap = 10 + 6 * 1.4826 * 3
    assert found["is_bulk"].to_list() == [False] * 10 + [True, False]
    assert found["demand"][10] == pytest.approx(cap)
    assert found["adjusted"][10] == 500


def test_a_bulk_order_is_at_least_three_times_the_usual_week():
    found = history.trainable(weekly_units([10] * 20 + [29, 31]))
    assert found["is_bulk"].to_list() == [False] * 21 + [True]
    assert found["demand"][21] == 30


def test_with_under_four_selling_weeks_nothing_is_called_bulk():
    assert not history.trainable(weekly_units([1, 1, 900]))["is_bulk"].any()


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (demand(("A", 0, 1)).drop("exposure"), "lacks exposure"),
        (demand(("A", 0, -5)), "units must be finite and at least 0"),
        (demand(("A", 0, float("nan"))), "units must be finite"),
        (demand(("A", 0, float("inf"))), "units must be finite"),
        (demand(("A", 0, 1, 1.5)), "exposure must lie in 0..1"),
        (demand(("A", 0, 1), ("A", 0, 2)), "one row per sku, business_date"),
        (demand(("A", 0, 1)).with_columns(sku=pl.lit(None, pl.String)), "sku is empty in 1 rows"),
        (demand(("A", 0, 1)).with_columns(units=pl.lit("many")), "another kind"),
    ],
)
def test_a_broken_history_is_refused_with_words_that_name_the_fault(frame, words):
    with pytest.raises(HistoryError, match=words):
        history.validate(frame)


def test_a_week_whose_whole_demand_was_hidden_has_no_days_that_say_nothing_was_asked_for():
    steady = [("A", 7 * week, 14) for week in range(13)] + [("B", 7 * 13, 1)]
    gap = outages(*(("A", 7 * 13 + at, 0.0) for at in range(3)))
    days = history.validate(demand(*steady), availability_day=gap)
    found = panel.build(days, cutoff=day(7 * 14 - 1))
    assert found.demand[0, -1] == pytest.approx(6)
    assert np.isnan(found.daily[0, -7:]).all()


def test_decimals_of_the_mart_are_taken_as_they_are():
    frame = demand(("A", 0, 3)).with_columns(pl.col("units").cast(pl.Decimal(18, 3)))
    assert history.validate(frame)["units"].to_list() == [3.0]


def test_demand_classes_follow_syntetos_and_boylan():
    weeks = 12
    found = panel_of(
        {
            "smooth": [10, 11, 9, 10] * 3,
            "erratic": [1, 30, 1, 2] * 3,
            "intermittent": [5, 0, 0, 5] * 3,
            "lumpy": [1, 0, 0, 40] * 3,
        }
    )
    assert found.width == weeks
    assert dict(zip(found.skus, panel.demand_classes(found), strict=True)) == {
        "smooth": "smooth",
        "erratic": "erratic",
        "intermittent": "intermittent",
        "lumpy": "lumpy",
    }


def test_a_panel_until_a_week_is_the_one_that_was_built_then():
    rng = np.random.default_rng(7)
    weeks = {
        f"S{number}": [0] * number * 5 + [3, *rng.poisson(number + 1, 29 - number * 5).tolist()]
        for number in range(5)
    }
    whole = panel_of(weeks)
    cut, then = whole.until(18), panel_of({sku: units[:18] for sku, units in weeks.items()})
    assert (cut.width, cut.week(18)) == (18, whole.week(18))
    rows = [cut.skus.index(sku) for sku in then.skus]
    assert panel.demand_classes(cut)[rows].tolist() == panel.demand_classes(then).tolist()
    for name in ("units", "demand", "alive", "rate", "last_sale", "daily"):
        assert np.array_equal(getattr(cut, name)[rows], getattr(then, name), equal_nan=True), name
    assert not cut.alive[[row for row in range(5) if row not in rows]].any()


def test_the_class_borders_are_those_of_the_paper():
    found = panel_of({"at": [5] * 25 + [0] * 8, "below": [5] * 26 + [0] * 7})
    classes = dict(zip(found.skus, panel.demand_classes(found), strict=True))
    assert classes == {"at": "intermittent", "below": "smooth"}  # 33 / 25 = 1.32 and 33 / 26


def test_under_eight_weeks_is_new_and_26_silent_weeks_are_dormant():
    found = panel_of({"old": [5, *[0] * 26], "fresh": [0] * 20 + [5] * 7, "anchor": [1] * 27})
    classes = dict(zip(found.skus, panel.demand_classes(found), strict=True))
    assert classes == {"old": "dormant", "fresh": "new", "anchor": "smooth"}


def test_a_panel_holds_nothing_before_launch_and_knows_when_it_last_sold():
    found = panel_of({"A": [0, 0, 4, 0], "B": [1, 1, 1, 1]})
    assert found.launch.tolist() == [2, 0]
    assert np.isnan(found.demand[0, :2]).all()
    assert found.demand[0, 2:].tolist() == [4, 0]
    assert found.weeks_silent.tolist() == [1, 0]


def test_no_demand_at_all_is_an_empty_panel():
    found = panel.build(history.validate(demand()), cutoff=day(13))
    assert found.skus == () and found.units.shape == (0, 0)


def test_a_launch_that_sold_out_in_days_counts_as_it_sold():
    weeks = weekly_units([55, 0, 0], exposure={0: 0.2, 1: 0.0, 2: 0.0})
    assert history.trainable(weeks)["demand"].to_list() == [55, None, None]
    later = weekly_units([55, 0, 20], exposure={0: 0.2, 1: 0.0})
    assert history.trainable(later)["demand"].to_list() == [None, None, 20]


def test_a_sku_that_always_sells_without_stock_counts_as_it_sold():
    weeks = weekly_units([4, 0, 6], exposure=dict.fromkeys(range(3), 0.0))
    assert history.trainable(weeks)["demand"].to_list() == [4, None, 6]
