"""Products that end: what is history, what is forecast, what a past origin knew, and what changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models import backtest, changes, grains, history, panel
from models.forecast import make_forecast
from models.hierarchy.lines import dense
from models.lost_sales import history_table
from models.quantiles import QUANTILE_NAMES

MONDAY = date(2024, 1, 1)
WEEKS = 40
CUTOFF = MONDAY + timedelta(days=7 * WEEKS - 1)
NOW = datetime.combine(CUTOFF + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
FIRST = CUTOFF + timedelta(days=1)
TABLES = (
    "forecast_weekly", "forecast_daily", "backtest", "forecast_accuracy", "backtest_forecast", "champion",
    "forecast_metric", "forecast_driver", "forecast_change", "demand_history",
)  # fmt: skip


def day(offset: int) -> date:
    return MONDAY + timedelta(days=offset)


def sold(skus: int = 8, *, days: int = 7 * WEEKS) -> pl.DataFrame:
    """S0 … sell 3, 4, 5 … a day, every day."""
    rows = [(f"S{sku}", day(at), 3.0 + sku, 1, 9.0, 1.0) for sku in range(skus) for at in range(days)]
    return pl.DataFrame(rows, schema=history.DEMAND, orient="row")


def catalogue(skus: int = 8, **ends: date) -> pl.DataFrame:
    names = [f"S{sku}" for sku in range(skus)]
    return pl.DataFrame(
        {
            "sku": names,
            "title": [f"Thing {name}" for name in names],
            "product_kind": "product",
            "category": "Things",
            "mean_price": 3.0,
            "discontinued_on": [ends.get(name) for name in names],
        },
        schema_overrides={"discontinued_on": pl.Date},
    )


def ends(**on: date) -> pl.DataFrame:
    return pl.DataFrame({"sku": list(on), "ends_on": list(on.values())}, schema=history.ENDS)


def forecast(demand: pl.DataFrame, product: pl.DataFrame, **more):
    return make_forecast(demand, as_of=NOW, product=product, seed=3, **{"origins": 0} | more)


def of(table: pl.DataFrame, sku: str) -> pl.DataFrame:
    return table.filter(sku=sku)


def test_the_catalogue_says_which_products_end_and_one_without_the_column_says_none_do():
    assert history.ends(catalogue(3, S1=day(9))).rows() == [("S1", day(9))]
    assert history.ends(catalogue(3)).is_empty()
    assert history.ends(catalogue(3).drop("discontinued_on")).is_empty()
    assert history.ends(None).is_empty()


@pytest.mark.parametrize(("end", "weeks"), [(14, 2), (15, 2), (20, 2), (21, 3)])
def test_weeks_not_wholly_before_the_end_are_no_history_whatever_is_sold_in_them(end, weeks):
    found = history.weekly(sold(2), cutoff=CUTOFF, ended=ends(S0=day(end)))
    assert of(found, "S0")["units"].to_list() == [21.0] * weeks
    assert of(found, "S1").height == WEEKS
    assert of(history_table(sold(2), cutoff=CUTOFF, ended=ends(S0=day(end))), "S0").height == weeks


def test_a_product_that_ends_in_its_first_week_has_no_history():
    assert of(history.weekly(sold(2), cutoff=CUTOFF, ended=ends(S0=day(5))), "S0").is_empty()


def test_in_the_panel_weeks_from_the_end_on_are_unknown_and_not_zero():
    found = panel.build(sold(2), cutoff=CUTOFF, ended=ends(S0=day(7 * 38 + 2)))
    assert np.isnan(found.demand[0]).tolist() == [False] * 38 + [True] * 2
    assert np.isnan(found.daily[0].reshape(-1, 7)).all(axis=1).tolist() == [False] * 38 + [True] * 2
    assert found.alive.sum(axis=1).tolist() == [38, 40]
    assert found.units[0, -3:].tolist() == [21.0, 0.0, 0.0]
    assert found.has_ended.tolist() == [True, False]
    whole = panel.build(sold(2), cutoff=CUTOFF)
    assert not np.isnan(whole.demand).any()
    assert found.calendar == whole.calendar


def test_the_history_of_every_channel_ends_the_day_before_the_product_does():
    daily = sold(1).select(
        "sku", "business_date", "units", channel_id=pl.lit("web"), returned_units=pl.lit(0.0)
    )
    last = history.last_dates(ends(S0=day(10)))
    found = grains.complete(daily, key=("sku", "channel_id"), cutoff=CUTOFF, grain="day", ended=last)
    assert found["business_date"].max() == day(9)


def test_a_line_of_the_hierarchy_is_unknown_after_the_last_day():
    lines = sold(2).select("sku", "units", day="business_date")
    lives = pl.DataFrame({"sku": ["S0", "S1"], "first_day": [MONDAY] * 2})
    listed = lives.join(history.last_dates(ends(S0=day(3))), on="sku", how="left")
    found = dense(lines, ("sku",), first_day=MONDAY, days=6, listed=listed.rename({"last_date": "last_day"}))
    assert np.isnan(found[1]).tolist() == [[False] * 3 + [True] * 3, [False] * 6]


def test_where_no_product_ends_every_table_is_the_same_to_the_byte_with_the_column_and_without():
    demand, before = sold(), forecast(sold(days=7 * WEEKS - 28), catalogue()).forecast_weekly
    given = {"origins": 2, "horizon_weeks": 4, "forecast_before": before}
    with_it = forecast(demand, catalogue(), **given)
    without = forecast(demand, catalogue().drop("discontinued_on"), **given)
    for name in TABLES:
        assert getattr(with_it, name).write_csv() == getattr(without, name).write_csv(), name
    assert with_it.forecast_weekly["model_name"].is_in(["discontinued"]).sum() == 0


@pytest.fixture(scope="module")
def plain():
    return forecast(sold(), catalogue())


@pytest.fixture(scope="module")
def ending():
    """S0 ended five weeks ago and went on selling off, S1 ends on the third forecast week's Thursday, S2 on
    the Monday of the second, S3 today.
    """
    product = catalogue(S0=day(7 * 35), S1=FIRST + timedelta(days=17), S2=FIRST + timedelta(days=7), S3=FIRST)
    return forecast(sold(), product)


def test_nothing_is_expected_of_a_product_that_has_ended(ending):
    for sku in ("S0", "S3"):
        weeks = of(ending.forecast_weekly, sku)
        assert weeks.height == 13
        assert weeks.select("mean", "model_mean", *QUANTILE_NAMES).sum().row(0) == (0.0,) * (
            2 + len(QUANTILE_NAMES)
        )
        assert weeks["model_name"].unique().to_list() == ["discontinued"]
        assert of(ending.forecast_daily, sku)["mean"].sum() == 0


def test_before_an_announced_end_the_forecast_is_as_it_would_be_and_then_nothing(ending, plain):
    weeks, usual = of(ending.forecast_weekly, "S2"), of(plain.forecast_weekly, "S2")
    columns = ["mean", "model_name", *QUANTILE_NAMES]
    assert weeks.select(columns).row(0) == usual.select(columns).row(0)
    assert weeks["mean"].to_list()[1:] == [0.0] * 12
    assert weeks["q95"].to_list()[1:] == [0.0] * 12
    assert weeks["model_name"].to_list()[1:] == ["discontinued"] * 12


def test_of_the_week_an_end_falls_into_the_days_before_it_are_kept(ending, plain):
    weeks, usual = of(ending.forecast_weekly, "S1"), of(plain.forecast_weekly, "S1")
    assert weeks["mean"].to_list()[:2] == usual["mean"].to_list()[:2]
    assert weeks["mean"][2] == pytest.approx(usual["mean"][2] * 3 / 7, abs=1e-3)
    assert weeks["model_name"][2] == usual["model_name"][2]
    assert weeks["q05"][2] <= weeks["q50"][2] <= weeks["q95"][2]
    assert 0 < weeks["q95"][2] < usual["q95"][2]
    days = of(ending.forecast_daily, "S1")["mean"].to_list()
    assert days[:17] == of(plain.forecast_daily, "S1")["mean"].to_list()[:17]
    assert days[17:] == [0.0] * 11
    assert sum(days[14:]) == pytest.approx(weeks["mean"][2], abs=1e-3)


def test_sales_after_the_end_teach_its_forecast_nothing(ending):
    silent = sold().filter(~((pl.col("sku") == "S0") & (pl.col("business_date") >= day(7 * 35))))
    product = catalogue(S0=day(7 * 35), S1=FIRST + timedelta(days=17), S2=FIRST + timedelta(days=7), S3=FIRST)
    again = forecast(silent, product)
    for name in ("forecast_weekly", "demand_history", "forecast_driver"):
        assert getattr(again, name).equals(getattr(ending, name)), name


def test_products_that_do_not_end_are_forecast_as_before(ending, plain):
    others = pl.col("sku").is_in(["S4", "S5", "S6", "S7"])
    said, usual = (found.forecast_weekly.filter(others) for found in (ending, plain))
    assert said["mean"].to_list() == pytest.approx(usual["mean"].to_list(), rel=0.15)
    assert said["mean"].min() > 0


def test_the_drivers_of_an_ending_product_add_up_to_what_is_left(ending):
    for sku in ("S0", "S1", "S2"):
        terms = of(ending.forecast_driver, sku)
        total = of(ending.forecast_weekly, sku)["mean"].sum()
        assert terms["units"].sum() == pytest.approx(total, abs=0.01)
        assert terms.filter(driver="discontinued")["units"][0] < 0
    assert of(ending.forecast_driver, "S4").filter(driver="discontinued").is_empty()


def test_an_ended_product_never_sold_and_one_ended_in_its_first_week_are_forecast_zero():
    demand = sold(2).filter((pl.col("sku") == "S0") | (pl.col("business_date") > day(7 * WEEKS - 4)))
    found = forecast(demand, catalogue(3, S1=day(7 * WEEKS - 1), S2=day(30)))
    for sku in ("S1", "S2"):
        weeks = of(found.forecast_weekly, sku)
        assert (weeks.height, weeks["mean"].sum(), weeks["q95"].sum()) == (13, 0, 0)
        assert set(weeks["model_name"]) == {"discontinued"}


def origin_at(cutoff: date, **on: date) -> backtest.Origin:
    whole = panel.build(sold(3), cutoff=CUTOFF, ended=ends(**on))
    found = backtest.origins_at(sold(3), [cutoff], whole=whole, horizon=6, seed=0, scored_from=cutoff)
    return next(iter(found))


def test_a_backtest_scores_no_week_that_the_end_cuts():
    origin = origin_at(day(7 * 30 - 1), S0=day(7 * 33 + 4))
    assert np.isnan(origin.actual[0]).tolist() == [False] * 3 + [True] * 3
    assert not np.isnan(origin.actual[1]).any()
    assert origin.seen(by=CUTOFF)[:2].sum(axis=1).tolist() == [3, 6]


def test_an_end_after_an_origin_changes_nothing_of_what_is_forecast_there():
    cutoff = day(7 * 30 - 1)
    known, unknown = origin_at(cutoff, S0=day(7 * 30 + 1)), origin_at(cutoff)
    for name, means in unknown.means.items():
        assert (known.means[name] == means).all(), name


def test_an_end_reached_at_an_origin_is_known_there():
    for end in (7 * 20, 7 * 29 + 3, 7 * 30):
        origin = origin_at(day(7 * 30 - 1), S0=day(end))
        assert all((means[0] == 0).all() for means in origin.means.values())
        assert all((means[1:] > 0).all() for means in origin.means.values())
        assert not origin.seen(by=CUTOFF)[0].any()


def change(before: pl.DataFrame, **on: date) -> dict:
    found = forecast(sold(3), catalogue(3, **on), forecast_before=before)
    base = of(found.forecast_change, "S0")
    told = changes.with_overrides(base, found.forecast_weekly).row(0, named=True)
    causes = sum(told[name] for name in ("new_sales", "model_change", "end_change", "override_change"))
    assert told["before_units"] + causes == pytest.approx(told["after_units"], abs=0.01)
    assert told["after_units"] == pytest.approx(of(found.forecast_weekly, "S0")["mean"].sum(), abs=0.01)
    return told


def test_an_end_announced_moved_and_taken_back_is_told_apart_from_new_sales():
    soon, later = FIRST + timedelta(days=17), FIRST + timedelta(days=31)
    usual = forecast(sold(3), catalogue(3)).forecast_weekly
    announced = change(usual, S0=soon)
    assert announced["end_change"] == pytest.approx(-21 * (13 - 17 / 7), abs=0.1)
    assert announced["new_sales"] == pytest.approx(0, abs=0.01)
    known = forecast(sold(3), catalogue(3, S0=soon)).forecast_weekly
    same = change(known, S0=soon)
    assert same["end_change"] == same["new_sales"] == 0
    moved = change(known, S0=later)
    assert moved["end_change"] + moved["new_sales"] == pytest.approx(42, abs=0.1)
    assert moved["end_change"] > 20
    back = change(known)
    assert back["end_change"] > 200
