"""The whole forecast on a small shop: contracts, sums, sameness to the byte, no future, degenerate series."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from models import history
from models.errors import HistoryError
from models.forecast import ForecastResult, make_forecast
from models.quantiles import QUANTILE_NAMES
from warehouse import contracts

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample" / "online_retail_ii.parquet"
MONDAY = date(2022, 1, 3)
NOW = datetime(2023, 9, 8, tzinfo=UTC)
MARTS = (
    "forecast_weekly", "forecast_daily", "backtest", "forecast_accuracy", "backtest_forecast", "champion",
    "forecast_metric", "forecast_driver", "demand_history",
)  # fmt: skip
NUMBERS = ("mean", *QUANTILE_NAMES)


def small_shop(*, skus: int = 30, days: int = 612, seed: int = 5) -> pl.DataFrame:
    """Skus of unlike pace that sell Monday to Friday, more before Christmas; some launched late."""
    rng = np.random.default_rng(seed)
    rows = []
    for sku in range(skus):
        pace, chance, first = (
            rng.gamma(1.5, 4),
            rng.uniform(0.05, 1),
            int(rng.integers(0, 500) * (sku % 3 == 0)),
        )
        for number in range(first, days):
            today = MONDAY + timedelta(days=number)
            season = 2.0 if today.month in (10, 11) else 1.0
            if today.weekday() < 5 and rng.random() < chance:
                units = float(rng.poisson(pace * season))
                if units:
                    rows.append((f"S{sku:03d}", today, units, 1 + int(units > 5), 3.0 * units, 1.0))
    return pl.DataFrame(rows, schema=history.DEMAND, orient="row")


def forecast(demand: pl.DataFrame, **more) -> ForecastResult:
    given = {"as_of": NOW, "seed": 7, "data_version": "d1", "code_version": "c1"}
    return make_forecast(demand, **given | more)


def fingerprint(result: ForecastResult) -> str:
    found = hashlib.sha256()
    for name in MARTS:
        found.update(getattr(result, name).write_csv().encode())
    return found.hexdigest()


@pytest.fixture(scope="module")
def shop() -> pl.DataFrame:
    return small_shop()


@pytest.fixture(scope="module")
def made(shop) -> ForecastResult:
    return forecast(shop)


@pytest.fixture(scope="module")
def plain(shop) -> ForecastResult:
    """Without a backtest, which most tests of the forecast itself do not need."""
    return forecast(shop, origins=0)


def assert_sane(result: ForecastResult) -> None:
    for name in NUMBERS:
        values = result.forecast_weekly[name]
        assert values.is_finite().all() and (values >= 0).all(), name
    daily = result.forecast_daily
    for name in NUMBERS:
        assert daily[name].is_finite().all() and (daily[name] >= 0).all(), name
    ordered = [pl.col(low) <= pl.col(high) for low, high in zip(NUMBERS[1:], NUMBERS[2:], strict=False)]
    assert result.forecast_weekly.select(pl.all_horizontal(ordered).all()).item()


def test_every_table_keeps_its_contract(made):
    con = duckdb.connect()
    con.execute("SET TimeZone='UTC'")
    con.execute("CREATE SCHEMA marts")
    for name in MARTS:
        con.execute(contracts.ddl(contracts.table(f"marts.{name}")))
        con.register("made", getattr(made, name))
        con.execute(f"INSERT INTO marts.{contracts.quoted(name)} BY NAME SELECT * FROM made")  # noqa: S608
        failed = [check for check in contracts.check(con, f"marts.{name}") if not check.passed]
        assert not failed
        assert getattr(made, name).height > 0


def test_thirteen_weeks_from_the_first_monday_and_28_days_from_today(made, shop):
    skus = shop["sku"].n_unique()
    assert made.forecast_weekly["week_start"].min() == date(2023, 9, 11)
    assert made.forecast_weekly["week_start"].n_unique() == 13
    assert made.forecast_weekly.height == 13 * skus
    assert made.forecast_daily["business_date"].min() == NOW.date()
    assert made.forecast_daily.height == 28 * skus


def test_days_of_a_whole_week_add_up_to_the_week_and_closed_days_are_zero(made):
    days = made.forecast_daily.with_columns(week_start=pl.col("business_date").dt.truncate("1w"))
    sums = days.group_by("sku", "week_start").agg(pl.col("mean").sum().alias("days"), pl.len())
    both = made.forecast_weekly.join(sums.filter(pl.col("len") == 7), on=["sku", "week_start"])
    assert both["week_start"].n_unique() == 3
    assert (both["mean"] - both["days"]).abs().max() < 1e-4
    weekend = days.filter(pl.col("business_date").dt.weekday() >= 6)
    assert weekend["mean"].max() == weekend["q95"].max() == 0


def test_every_row_says_what_made_it(made):
    row = made.forecast_weekly.row(0, named=True)
    found = (row["made_as_of"], row["data_version"], row["code_version"], row["seed"], row["override_id"])
    assert found == (NOW, "d1", "c1", 7, None)


def test_threads_change_no_byte(shop):
    script = (
        "import sys; sys.path.insert(0, 'tests/integration');"
        "from test_models_forecast import *; print(fingerprint(forecast(small_shop(), origins=2)))"
    )
    alone = os.environ | {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=alone | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == fingerprint(forecast(shop, origins=2))


def test_neither_the_rows_order_nor_what_happens_after_the_cutoff_changes_a_byte(made, shop):
    later = shop.filter(pl.col("sku") == "S001").head(5)
    later = later.with_columns(
        business_date=pl.Series([NOW.date() + timedelta(days=number) for number in range(5)]), units=1e6
    )
    shuffled = pl.concat([shop, later]).sample(fraction=1.0, shuffle=True, seed=2)
    assert fingerprint(forecast(shuffled)) == fingerprint(made)


def test_a_changed_future_changes_no_past_forecast_and_a_changed_past_does(shop):
    plain = forecast(shop, origins=1)
    cut = plain.backtest_forecast["cutoff_date"].min()
    louder = shop.with_columns(
        units=pl.when(pl.col("business_date") > cut).then(pl.col("units") * 9).otherwise("units")
    )
    quieter = shop.with_columns(
        units=pl.when(pl.col("business_date") <= cut).then(pl.col("units") * 2).otherwise("units")
    )
    said = [
        result.backtest_forecast.filter(pl.col("cutoff_date") == cut).select(
            "sku", "week_start", "naive", "mean"
        )
        for result in (plain, forecast(louder, origins=1), forecast(quieter, origins=1))
    ]
    assert said[0].equals(said[1])
    assert not said[0].equals(said[2])


def test_stockouts_raise_the_forecast_of_what_could_not_be_sold(shop, plain):
    gone = [NOW.date() - timedelta(days=number) for number in range(1, 60)]
    kept = shop.filter(~((pl.col("sku") == "S001") & pl.col("business_date").is_in(gone)))
    gaps = pl.DataFrame({"sku": ["S001"] * 59, "business_date": gone, "exposure": [0.0] * 59})
    mean = {
        name: result.forecast_weekly.filter(pl.col("sku") == "S001")["mean"].mean()
        for name, result in (
            ("sold", plain),
            ("out", forecast(kept, availability_day=gaps, origins=0)),
            ("silent", forecast(kept, origins=0)),
        )
    }
    assert mean["silent"] < 0.5 * mean["out"]
    assert mean["out"] == pytest.approx(mean["sold"], rel=0.5)


def test_weeks_without_any_order_up_to_today_do_not_end_the_forecast(shop, plain):
    quiet = NOW.date() - timedelta(days=30)
    found = forecast(shop.filter(pl.col("business_date") < quiet), origins=0)
    assert found.forecast_weekly["mean"].sum() > 0.5 * plain.forecast_weekly["mean"].sum()


def test_a_launch_late_in_the_last_week_is_judged_by_the_days_it_had(shop):
    """Ten a day since Thursday, in a shop open from Monday to Friday: no full week of 20."""
    days = [date(2023, 8, 31), date(2023, 9, 1), date(2023, 9, 4), date(2023, 9, 5)]
    late = pl.DataFrame(
        [("LATE", day, 10.0, 2, 20.0, 1.0) for day in days], schema=history.DEMAND, orient="row"
    )
    weekly = forecast(pl.concat([shop, late]), origins=0).forecast_weekly.filter(pl.col("sku") == "LATE")
    assert weekly["demand_class"].unique().to_list() == ["new"]
    assert 25 < weekly["mean"].mean() < 75


def test_a_launch_that_sold_out_at_once_is_forecast_and_not_forgotten(shop):
    monday = NOW.date() - timedelta(days=NOW.date().weekday() + 21)
    hit = pl.DataFrame([("HIT", monday, 40.0, 9, 80.0, 0.7)], schema=history.DEMAND, orient="row")
    days = [monday + timedelta(days=number) for number in range(1, 24)]
    gone = pl.DataFrame({"sku": ["HIT"] * 23, "business_date": days, "exposure": [0.0] * 23})
    weekly = forecast(pl.concat([shop, hit]), availability_day=gone, origins=0).forecast_weekly
    assert weekly.filter(pl.col("sku") == "HIT")["mean"].min() > 10


def test_overrides_are_laid_over_and_the_model_is_kept(shop, plain):
    laid = {
        "override_id": "O-4", "sku": "S002", "first_week": date(2023, 9, 18), "last_week": date(2023, 9, 18),
        "action": "set", "value": 77,
    }  # fmt: skip
    changed = forecast(shop, overrides=[laid], origins=0).forecast_weekly
    row = changed.filter(pl.col("override_id") == "O-4").row(0, named=True)
    was = plain.forecast_weekly.filter(
        (pl.col("sku") == "S002") & (pl.col("week_start") == date(2023, 9, 18))
    ).row(0, named=True)
    assert (row["mean"], row["model_mean"]) == (77, was["mean"])
    assert changed.filter(pl.col("override_id").is_not_null()).height == 1


def series(units: list[float], *, sku: str = "A", every: int = 7, exposure: float = 1.0) -> pl.DataFrame:
    """One sale every `every` days up to the day before `NOW`."""
    last = NOW.date() - timedelta(days=1)
    rows = [
        (
            sku,
            last - timedelta(days=every * (len(units) - 1 - number)),
            float(value),
            1,
            float(value),
            exposure,
        )
        for number, value in enumerate(units)
    ]
    return pl.DataFrame(rows, schema=history.DEMAND, orient="row")


DEGENERATE = {
    "constant": series([5] * 60),
    "all zero": series([0] * 60),
    "one point": series([9]),
    "one point long ago": pl.concat([series([9] + [0] * 50), series([3] * 51, sku="B")]),
    "never in stock": series([4] * 60, exposure=0.0),
    "exploding": series([2.0**number for number in range(50)]),
    "three days": series([4, 7, 2], every=1),
    "no skus": series([]),
    "one huge order": series([1] * 40 + [80_995] + [1] * 5),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_no_degenerate_history_breaks_the_forecast(name):
    demand = DEGENERATE[name]
    result = forecast(demand)
    assert_sane(result)
    sold = demand.filter(pl.col("units") > 0)["sku"].n_unique()
    assert result.forecast_weekly.height == 13 * sold
    assert tuple(result.forecast_weekly.columns) == contracts.table("marts.forecast_weekly").column_names


def test_one_shop_of_all_degenerate_series_at_once():
    frames = [
        frame.with_columns(sku=pl.format("{}: {}", pl.lit(name), "sku")) for name, frame in DEGENERATE.items()
    ]
    result = forecast(pl.concat(frames))
    assert_sane(result)
    steady = result.forecast_weekly.filter(pl.col("sku") == "constant: A")
    assert 2 < steady["mean"].mean() < 12
    lone = result.forecast_weekly.filter(pl.col("sku") == "one huge order: A")
    assert lone["mean"].max() < 100


def test_three_days_of_history_forecast_what_was_sold_in_them():
    weekly = forecast(DEGENERATE["three days"]).forecast_weekly
    assert weekly["demand_class"].unique().to_list() == ["new"]
    assert weekly["mean"].min() > 0


def test_a_product_that_never_sold_is_forecast_zero(shop, plain):
    product = pl.DataFrame(
        {"sku": ["S001", "NEVER", "CARD"], "product_kind": ["product", "product", "gift_card"]}
    )
    weekly = forecast(shop, product=product, origins=0).forecast_weekly
    never = weekly.filter(pl.col("sku") == "NEVER")
    assert never["mean"].to_list() == [0.0] * 13
    assert set(weekly["sku"]) == set(plain.forecast_weekly["sku"]) | {"NEVER"}


def test_an_instant_without_a_zone_is_refused(shop):
    with pytest.raises(HistoryError, match="as_of must carry its time zone"):
        forecast(shop, as_of=NOW.replace(tzinfo=None))


def test_progress_names_each_origin(shop):
    told: list[str] = []
    forecast(shop, origins=1, progress=told.append)
    assert [words.split(":")[0] for words in told] == ["backtest at 2023-05-07", "backtest at 2023-08-06"]


@pytest.mark.slow
def test_on_real_demand_the_champion_beats_naive_and_average_at_origins_it_did_not_choose_from():
    """100 real products of the sample; plain lines of invoices that are no credit."""
    demand = duckdb.sql(
        """
        WITH line AS (
            SELECT upper(StockCode) AS sku, InvoiceDate::date AS business_date, Quantity, Price, Invoice
            FROM read_parquet($path)
            WHERE left(Invoice, 1) NOT IN ('C', 'A') AND Quantity > 0 AND Price > 0
              AND upper(StockCode) SIMILAR TO '[0-9]{5}[A-Z]*'
              AND NOT (sheet = 'Year 2010-2011' AND InvoiceDate < '2010-12-09 20:02')
        ), chosen AS (
            SELECT sku FROM line GROUP BY sku HAVING count(*) > 400 ORDER BY md5(sku) LIMIT 100
        )
        SELECT sku, business_date, sum(Quantity)::double AS units, count(DISTINCT Invoice) AS orders,
               sum(Quantity * Price) AS gross_sales, 1.0::double AS exposure
        FROM line JOIN chosen USING (sku) GROUP BY ALL ORDER BY ALL
        """,
        params={"path": str(SAMPLE)},
    ).pl()
    found = forecast(demand, as_of=datetime(2011, 12, 10, tzinfo=UTC), zone="Europe/London").backtest
    total = (
        found.filter(pl.col("demand_class") == "all")
        .group_by("model_name")
        .agg(error=(pl.col("wape") * pl.col("actual_units")).sum(), pinball=pl.col("pinball").mean())
    )
    error = {name: wrong for name, wrong, _pinball in total.iter_rows()}
    pinball = {name: wrong for name, _error, wrong in total.iter_rows()}
    assert found["cutoff_date"].n_unique() == 4
    assert error["champion"] < 0.98 * error["moving_average"] < error["seasonal_naive"]
    assert pinball["champion"] < min(pinball["moving_average"], pinball["seasonal_naive"])
