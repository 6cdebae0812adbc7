"""Complete demand history under any key: zeros, launch, stock-outs, returns and bulk, by day and by week."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from models import grains, history
from models.errors import HistoryError
from models.lost_sales import history_table

MONDAY = date(2024, 1, 1)
KEY = ("sku", "channel_id")
CUTOFF = MONDAY + timedelta(days=27)


def day(offset: int) -> date:
    return MONDAY + timedelta(days=offset)


def sold(*rows: tuple) -> pl.DataFrame:
    """Rows (sku, channel, day offset, units[, returned units])."""
    full = [
        (sku, channel, day(at), float(units), *(more or [0.0])) for sku, channel, at, units, *more in rows
    ]
    names = ("sku", "channel_id", "business_date", "units", "returned_units")
    kinds = (pl.String, pl.String, pl.Date, pl.Float64, pl.Float64)
    return pl.DataFrame(full, schema=dict(zip(names, kinds, strict=True)), orient="row")


def short(*rows: tuple[str, str, int, float]) -> pl.DataFrame:
    full = [(sku, channel, day(at), exposure) for sku, channel, at, exposure in rows]
    return pl.DataFrame(full, schema=["sku", "channel_id", "business_date", "exposure"], orient="row")


def of(found: pl.DataFrame, channel: str, column: str) -> list:
    return found.filter(pl.col("channel_id") == channel)[column].to_list()


def steady(*, weeks: int = 13, channel: str = "web") -> list[tuple]:
    return [("A", channel, 7 * week, 14) for week in range(weeks)]


def test_each_channel_runs_from_its_own_first_sale_to_the_cutoff_with_zeros_in_the_gaps():
    daily = sold(("A", "web", 0, 3), ("A", "web", 21, 5), ("A", "shop", 8, 7), ("B", "shop", 24, 1))
    found = grains.complete(daily, key=KEY, cutoff=CUTOFF)
    assert of(found.filter(sku="A"), "web", "units") == [3, 0, 0, 5]
    assert of(found.filter(sku="A"), "shop", "units") == [7, 0, 0]
    assert of(found.filter(sku="A"), "shop", "week_start")[0] == day(7)
    assert of(found.filter(sku="B"), "shop", "units") == [1]


def test_by_day_a_series_starts_on_the_day_of_its_first_sale_and_keeps_the_week_that_is_not_over():
    daily = sold(("A", "web", 2, 3), ("A", "web", 8, 5), ("A", "shop", 7, 1))
    found = grains.complete(daily, key=KEY, cutoff=day(9), grain="day")
    assert of(found, "web", "business_date") == [day(at) for at in range(2, 10)]
    assert of(found, "web", "units") == [3, 0, 0, 0, 0, 0, 5, 0]
    assert of(found, "web", "is_bulk") == [False] * 5 + [None] * 3
    assert grains.complete(daily, key=KEY, cutoff=day(9))["channel_id"].to_list() == ["web"]


@pytest.mark.parametrize(("grain", "periods"), [("week", 2), ("day", 17)])
def test_nothing_is_history_after_a_sku_has_ended(grain, periods):
    daily = sold(("A", "web", 0, 3), ("A", "web", 20, 5), ("A", "shop", 20, 5))
    ended = pl.DataFrame({"sku": ["A"], "last_date": [day(16)]})
    found = grains.complete(daily, key=KEY, cutoff=CUTOFF, grain=grain, ended=ended)
    assert of(found, "web", "units") == [3] + [0] * (periods - 1)
    assert of(found, "shop", "units") == []


def test_a_stock_out_of_one_channel_censors_that_channel_alone():
    daily = sold(*steady(), *steady(channel="shop"))
    out = short(*(("A", "web", 91 + at, 0.0) for at in range(7)))
    found = grains.complete(daily, key=KEY, cutoff=day(97), exposure=out)
    last = {row["channel_id"]: row for row in found.filter(week_start=day(91)).to_dicts()}
    assert (last["shop"]["demand"], last["shop"]["is_censored"], last["shop"]["lost_units"]) == (
        0,
        False,
        None,
    )
    assert (last["web"]["demand"], last["web"]["is_censored"], last["web"]["lost_units"]) == (None, True, 14)
    assert last["web"]["lost_q10"] < 14 < last["web"]["lost_q90"]


def test_a_skus_exposure_holds_for_all_its_members():
    out = short(("A", "web", 3, 0.5)).drop("channel_id")
    found = grains.complete(
        sold(("A", "web", 0, 3), ("A", "shop", 0, 1), ("B", "web", 0, 1)),
        key=KEY,
        cutoff=day(6),
        exposure=out,
    )
    assert found["exposure"].to_list() == pytest.approx([6.5 / 7, 6.5 / 7, 1], abs=1e-3)


def test_days_out_of_stock_share_the_weeks_lost_units_and_have_unknown_demand_below_half():
    daily = sold(*steady(), ("A", "web", 91, 6))
    out = short(("A", "web", 92, 0.0), ("A", "web", 93, 0.5), ("A", "web", 94, 0.0))
    asked = {"key": KEY, "cutoff": day(97), "exposure": out}
    week = grains.complete(daily, **asked).row(-1, named=True)
    days = grains.complete(daily, **asked, grain="day").tail(7)
    assert week["lost_units"] == 14 * 2.5 / 7
    assert days["lost_units"].to_list() == [None, 2, 1, 2, None, None, None]
    assert days["demand"].to_list() == [6, None, 1, None, 0, 0, 0]
    assert days["is_censored"].to_list() == [False, True, True, True, False, False, False]
    assert (days["lost_q10"] <= days["lost_units"]).all() and (days["lost_units"] < days["lost_q90"]).all()


def test_a_day_loses_what_is_usual_less_what_was_ordered_out_of_stock_in_its_week():
    out = short(*(("A", "web", 91 + at, 0.0) for at in (1, 2)))
    asked = {"key": KEY, "cutoff": day(97), "grain": "day", "exposure": out}
    found = grains.complete(sold(*steady(), ("A", "web", 91, 13)), **asked)
    assert found["lost_units"].tail(7).to_list() == [None, 2, 2, None, None, None, None]
    taken = grains.complete(sold(*steady(), ("A", "web", 91, 13), ("A", "web", 92, 3)), **asked)
    assert taken["lost_units"].tail(7).to_list() == [None, 0.5, 0.5, None, None, None, None]


@pytest.mark.parametrize("grain", grains.GRAINS)
def test_returns_stand_apart_and_take_nothing_off_what_was_sold(grain):
    daily = sold(("A", "web", 0, 3), ("A", "web", 1, 0, 2), ("A", "web", 6, 5, 1), ("A", "shop", 1, 0, 9))
    found = grains.complete(daily, key=KEY, cutoff=day(6), grain=grain)
    assert set(found["channel_id"]) == {"web"}
    assert (found["units"].sum(), found["demand"].sum(), found["returned_units"].sum()) == (8, 8, 3)


def test_a_bulk_week_is_flagged_in_its_channel_and_its_days_are_capped_with_it():
    daily = sold(*steady(), ("A", "web", 91, 300), ("A", "web", 93, 120), *steady(weeks=14, channel="shop"))
    asked = {"key": KEY, "cutoff": day(97)}
    weeks, days = (grains.complete(daily, **asked, grain=grain) for grain in ("week", "day"))
    assert of(weeks, "web", "is_bulk") == [False] * 13 + [True]
    assert not any(of(weeks, "shop", "is_bulk"))
    assert of(weeks, "web", "demand")[-1] == 42
    assert of(days, "web", "is_bulk")[-8:] == [False] + [True] * 7
    assert of(days, "web", "demand")[-7:] == [30, 0, 12, 0, 0, 0, 0]


def test_under_the_sku_alone_the_weeks_are_those_of_the_history_the_forecast_learns_from():
    rows = [(("A", "B")[at % 2], at, float(at * 7 % 13)) for at in range(0, 200, 3)]
    lacking = [("A", 100 + at, 0.3) for at in range(9)]
    daily = pl.DataFrame(rows, schema=["sku", "at", "units"], orient="row").with_columns(
        business_date=pl.lit(MONDAY) + pl.duration(days=pl.col("at")), returned_units=0.0
    )
    out = pl.DataFrame(
        [(sku, day(at), share) for sku, at, share in lacking], schema=history.EXPOSURE, orient="row"
    )
    shown = daily.join(out, on=["sku", "business_date"], how="left").with_columns(
        pl.col("exposure").fill_null(1.0), orders=1, gross_sales=0.0
    )
    wanted = history_table(history.validate(shown, availability_day=out), cutoff=day(200))
    found = grains.complete(daily, key=["sku"], cutoff=day(200), exposure=out)
    told = found.filter((pl.col("units") > 0) | pl.col("is_censored")).select(wanted.columns)
    assert told.equals(wanted) and wanted["is_censored"].any()


def test_members_add_up_to_the_whole_by_day_and_by_week():
    daily = sold(*(("A", ("web", "shop", "fair")[at % 3], at, at % 5, at % 2) for at in range(60)))
    whole = daily.group_by("sku", "business_date").agg(pl.col("units", "returned_units").sum())
    for grain, when in grains.WHEN.items():
        parts = grains.complete(daily, key=KEY, cutoff=day(60), grain=grain)
        sums = parts.group_by(when).agg(pl.col("units").sum()).sort(when)
        one = grains.complete(whole, key=["sku"], cutoff=day(60), grain=grain)
        assert sums.equals(one.select(when, "units"))


def test_nothing_sold_is_an_empty_history_of_the_same_columns():
    full, empty = (grains.complete(rows, key=KEY, cutoff=CUTOFF) for rows in (sold(("A", "x", 0, 1)), sold()))
    assert empty.is_empty() and empty.columns == full.columns


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": ("sku", "country")}, "daily lacks country; it needs sku, country, business_date"),
        ({"key": ()}, "key must list distinct columns"),
        ({"key": "sku"}, "key must list distinct columns .* found 'sku'"),
        ({"key": ("sku", "units")}, "key must list distinct columns"),
        ({"key": ("sku",)}, "one row per sku, business_date; repeated: .*'A'"),
        ({"grain": "month"}, "grain 'month' is unknown; known: day, week"),
        ({"daily": sold(("A", "web", 0, -1))}, "units must be finite and at least 0.*'web'"),
        ({"daily": sold(("A", "web", 0, 1, -2))}, "returned_units must be finite and at least 0"),
        ({"exposure": short(("A", "web", 0, 1.5))}, "exposure must lie in 0..1"),
        (
            {"exposure": short(("A", "web", 0, 1)).drop("sku", "channel_id")},
            r"no column of the key \(sku, cha",
        ),
        ({"ended": pl.DataFrame({"sku": ["A"]})}, "ended lacks last_date"),
    ],
)
def test_what_cannot_be_a_history_is_refused_by_name(changes, words):
    usual = {"daily": sold(("A", "web", 0, 1), ("A", "shop", 0, 1)), "key": KEY, "cutoff": CUTOFF}
    asked = usual | changes
    with pytest.raises(HistoryError, match=words):
        grains.complete(asked.pop("daily"), **asked)
