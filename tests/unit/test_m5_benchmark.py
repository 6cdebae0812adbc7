"""The M5 command on small files made up in its format: what it writes, and what it makes of odd files."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks import m5

HELD, AHEAD, END = 150, 28, 120
FIRST = date(2020, 2, 3)
ITEMS = ("FOODS_1_001", "FOODS_1_002", "FOODS_2_001", "HOBBIES_1_001")
STORES = ("CA_1", "CA_2", "TX_1")
QUANTILES = ("0.005", "0.025", "0.165", "0.25", "0.5", "0.75", "0.835", "0.975", "0.995")
COLUMNS = ["unique_id", "ds", "mean", *(f"q{q}" for q in QUANTILES)]
LEVELS = {
    "Total_X", "CA_X", "CA_1_X", "FOODS_X", "FOODS_1_X", "CA_FOODS", "CA_FOODS_1", "CA_1_FOODS",
    "CA_1_FOODS_1", "FOODS_1_001_X", "CA_FOODS_1_001",
}  # fmt: skip


def sales() -> pl.DataFrame:
    rng = np.random.default_rng(4)
    pairs = [(item, store) for item in ITEMS for store in STORES]
    units = rng.poisson(rng.gamma(2.0, 1.0, len(pairs))[:, None], (len(pairs), HELD))
    labels = {
        "item_id": [item for item, _ in pairs],
        "dept_id": [item[:-4] for item, _ in pairs],
        "cat_id": [item.split("_")[0] for item, _ in pairs],
        "store_id": [store for _, store in pairs],
        "state_id": [store[:2] for _, store in pairs],
    }
    return pl.DataFrame(labels | {f"d_{day + 1}": units[:, day].astype(np.int16) for day in range(HELD)})


def calendar() -> pl.DataFrame:
    days = range(HELD + AHEAD)
    return pl.DataFrame(
        {
            "d": [day + 1 for day in days],
            "date": [FIRST + timedelta(days=day) for day in days],
            "wm_yr_wk": [12001 + day // 7 for day in days],
            "event_name_1": ["Fair" if day % 40 == 9 else None for day in days],
            "event_name_2": pl.Series([None] * len(days), dtype=pl.String),
            **{f"snap_{state}": [int(day % 30 < 5) for day in days] for state in ("CA", "TX")},
        }
    )


def prices() -> pl.DataFrame:
    weeks = calendar()["wm_yr_wk"].unique()
    rows = [(store, item, week, 250) for store in STORES for item in ITEMS for week in weeks]
    return pl.DataFrame(rows, schema=["store_id", "item_id", "wm_yr_wk", "sell_price_cents"], orient="row")


class Made:
    """Both files the command wrote, and what it printed."""

    def __init__(self, folder: Path, printed: str) -> None:
        self.single = pl.read_parquet(folder / "forecast.parquet")
        self.levels = pl.read_parquet(folder / "forecast_levels.parquet")
        self.printed = printed

    def of(self, unique_id: str) -> float:
        return self.single.filter(pl.col("unique_id") == unique_id)["mean"].sum()

    def same(self, other: Made) -> bool:
        return self.single.equals(other.single) and self.levels.equals(other.levels)


@pytest.fixture
def run(tmp_path, capsys):
    def command(*, end: int = END, args: tuple[str, ...] = ("--json",), **files: pl.DataFrame) -> Made:
        tables = {"sales_wide_d1_d150": sales(), "calendar_d1_d178": calendar(), "sell_prices": prices()}
        for old in tmp_path.glob("*.parquet"):
            old.unlink()
        for name, table in (tables | files).items():
            table.write_parquet(tmp_path / f"{name}.parquet")
        out = tmp_path / "out"
        given = ("--data", str(tmp_path), "--out", str(out), "--train-end", str(end), "--profile", "fast")
        m5.main([*given, *args])
        return Made(out, capsys.readouterr().out)

    return command


def strict(printed: str) -> dict:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(printed, parse_constant=refuse)


def days_to(last: int) -> pl.DataFrame:
    return sales().select(
        name for name in sales().columns if not name.startswith("d_") or int(name[2:]) <= last
    )


def with_first(*units: object) -> pl.DataFrame:
    """The first series sells `units`, over and over."""
    days = [name for name in sales().columns if name.startswith("d_")]
    is_first = pl.int_range(pl.len()) == 0
    return sales().with_columns(
        pl.when(is_first).then(pl.lit(units[place % len(units)], pl.Float64)).otherwise(name).alias(name)
        for place, name in enumerate(days)
    )


def assert_sound(made: Made, *, series: int = 12) -> None:
    assert made.single.height == series * AHEAD
    for table in (made.single, made.levels):
        assert table.columns == COLUMNS
        values = table.select(COLUMNS[2:]).to_numpy()
        assert np.isfinite(values).all() and (values >= 0).all()
        assert (np.diff(values[:, 1:], axis=1) >= 0).all()
        assert table.select("unique_id", "ds").is_unique().all()
    by_day = made.single.group_by("ds").agg(pl.col("mean").sum()).sort("ds")["mean"].to_numpy()
    assert made.levels.filter(unique_id="Total_X")["mean"].to_numpy() == pytest.approx(by_day)


def test_every_series_and_level_has_28_days_spelled_as_in_the_competition(run):
    made = run()
    assert_sound(made)
    assert set(made.levels["unique_id"]) >= LEVELS
    assert made.single["ds"].min() == FIRST + timedelta(days=END)
    assert made.single["ds"].max() == FIRST + timedelta(days=END + AHEAD - 1)
    assert strict(made.printed)["origins"][0]["wrmsse"] > 0


def test_nothing_after_the_train_end_changes_a_number(run):
    later = {f"d_{day}": pl.lit(30_000) for day in range(END + 1, HELD + 1)}
    made = run()
    assert run(sales_wide_d1_d150=sales().with_columns(**later)).same(made)
    assert run(sales_wide_d1_d150=days_to(END)).same(made)


def test_what_cannot_be_scored_is_said_in_valid_json_and_leaves_the_mean_alone(run):
    held = days_to(END)
    alone = strict(run(sales_wide_d1_d150=held).printed)
    assert (alone["origins"][0]["wrmsse"], alone["mean"]["level"]["wrmsse"]) == (None, None)
    three = strict(run(sales_wide_d1_d150=held, args=("--json", "--rolling", "3")).printed)
    scored = [origin["wrmsse"] for origin in three["origins"]]
    assert scored[2] is None
    assert three["mean"]["level"]["wrmsse"] == pytest.approx((scored[0] + scored[1]) / 2)
    assert "not scored" in run(sales_wide_d1_d150=held, args=()).printed


@pytest.mark.parametrize("end", [1, 3, 10, 56, 57, 111])
def test_a_short_history_is_forecast(run, end):
    assert_sound(run(end=end))


@pytest.mark.parametrize("units", [(0.0,), (None,), (5.0,), (1e9,), (0.25,), (None, 2.0), (0.0, 0.0, 1e9)])
def test_no_series_breaks_the_command_or_its_scores(run, units):
    made = run(sales_wide_d1_d150=with_first(*units))
    assert_sound(made)
    assert strict(made.printed)["origins"][0]["wspl"] is not None


def test_a_product_without_prices_is_forecast_from_its_sales(run):
    made = run()
    for kept in (pl.col("item_id") != ITEMS[0], pl.lit(value=False)):
        found = run(sell_prices=prices().filter(kept))
        assert found.of("FOODS_1_001_CA_1") == pytest.approx(made.of("FOODS_1_001_CA_1"), rel=0.05)


def test_a_price_of_a_week_outside_the_calendar_is_of_no_day(run):
    before = prices().filter(pl.col("wm_yr_wk") == 12001).with_columns(wm_yr_wk=pl.lit(11_001, pl.Int64))
    late = prices().filter((pl.col("item_id") != ITEMS[0]) | (pl.col("wm_yr_wk") > 12010))
    assert run(sell_prices=pl.concat([before, late])).same(run(sell_prices=late))


def test_the_order_of_rows_and_columns_changes_no_byte(run):
    made = run()
    tables = {"sales_wide_d1_d150": sales(), "calendar_d1_d178": calendar(), "sell_prices": prices()}
    turned = {name: table.reverse().select(reversed(table.columns)) for name, table in tables.items()}
    assert run(**turned).same(made)


def test_days_and_dates_of_the_calendar_may_be_text(run):
    made = run()
    as_text = calendar().with_columns(pl.format("d_{}", "d").alias("d"), pl.col("date").dt.to_string())
    assert run(calendar_d1_d178=as_text).same(made)


def test_events_and_snap_days_may_be_missing_or_of_other_states(run):
    assert_sound(run(calendar_d1_d178=calendar().select("d", "date", "wm_yr_wk")))
    assert_sound(run(calendar_d1_d178=calendar().rename({"snap_TX": "snap_NY"})))


def test_of_two_sales_files_the_longer_one_is_read(run):
    made = run()
    assert run(sales_wide_d1_d99=days_to(99)).same(made)


REFUSED = {
    "a gap in the days": ({"sales_wide_d1_d150": sales().drop("d_60")}, {}, "day 60"),
    "a gap in the calendar": ({"calendar_d1_d178": calendar().filter(pl.col("d") != 9)}, {}, "day 9"),
    "a calendar too short": ({"calendar_d1_d178": calendar().head(130)}, {}, "ends at day 130, 148 needed"),
    "a series twice": ({"sales_wide_d1_d150": pl.concat([sales(), sales().head(1)])}, {}, "_CA_1 more than"),
    "sales below zero": ({"sales_wide_d1_d150": with_first(-2.0)}, {}, "FOODS_1_001_CA_1 sold -2 on day 1"),
    "a price below zero": (
        {"sell_prices": prices().with_columns(sell_price_cents=pl.lit(-5))}, {},
        "price of FOODS_1_001_CA_1 is -0.05",
    ),
    "no series": ({"sales_wide_d1_d150": sales().head(0)}, {}, "no series"),
    "no departments": ({"sales_wide_d1_d150": sales().drop("dept_id")}, {}, "lacks dept_id"),
    "an end after the file": ({}, {"end": 151}, "holds days 1 to 150"),
    "no end": ({}, {"end": 0}, "holds days 1 to 150"),
    "no origin": ({}, {"args": ("--rolling", "0")}, "--rolling is 0"),
    "origins before the file": ({}, {"args": ("--rolling", "6")}, "1 to 5 fit"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_make_no_sense_end_the_command_with_what_is_wrong(run, name):
    files, others, words = REFUSED[name]
    with pytest.raises(SystemExit, match=words):
        run(**files, **others)
