"""Forecasts added up by category, channel and location and for the whole shop, and what such sums came to.

Means are plain sums of the skus' means, so that every dimension adds up to the shop; how far sums are off,
and so their ranges, is in `total_spread`. Tables in, tables out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl

from models import splits, total_spread
from models.quantiles import QUANTILE_NAMES
from models.total_spread import Record
from models.year_before import MEMBER, SHOP, Sold

DIMENSIONS = ("shop", "category", "channel", "location")
NO_CATEGORY = "Other"
DIGITS = 6
LEVEL = {
    "dimension": pl.String, "member": pl.String, "week_start": pl.Date, "mean": pl.Float64,
    "expected": pl.Float64, **dict.fromkeys(QUANTILE_NAMES, pl.Float64),
}  # fmt: skip
HISTORY = {
    "dimension": pl.String, "member": pl.String, "week_start": pl.Date, "units": pl.Float64,
    "demand": pl.Float64,
}  # fmt: skip
PAST = {
    "dimension": pl.String, "member": pl.String, "cutoff_date": pl.Date, "week_start": pl.Date,
    "step": pl.Int64, "said": pl.Float64, "came": pl.Float64,
}  # fmt: skip


def forecast(
    forecast_weekly: pl.DataFrame,
    split: pl.DataFrame,
    category: pl.DataFrame,
    past: pl.DataFrame,
    history: pl.DataFrame,
) -> pl.DataFrame:
    """The columns of marts.forecast_level; `split` is marts.forecast_split, `past` and `history` those of the
    functions.
    """
    said = sums(*_by_planner(forecast_weekly, split), category, values=("mean", "model_mean", "planned"))
    if said.is_empty():
        return pl.DataFrame(schema=LEVEL)
    now = said.select(MEMBER).unique(maintain_order=True)
    known = sorted({*now.rows(), *past.select(MEMBER).unique().rows()})
    weeks = said["week_start"].unique().sort()

    def arranged(name: str) -> np.ndarray:
        found = np.zeros((len(known), len(weeks)))
        found[[known.index(row) for row in now.rows()]] = said[name].to_numpy().reshape(now.height, -1)
        return found

    mean, sold = arranged("mean"), Sold.of(history, known)
    expected, quantiles = total_spread.ranges(
        mean,
        sold.year_before(arranged("model_mean"), first_week=weeks[0]),
        record(past, known, sold),
        np.array([name for name, _ in known], dtype=object),
        planned=arranged("planned"),
    )
    table = pl.DataFrame(
        {
            "dimension": [name for name, _ in known for _ in weeks],
            "member": [name for _, name in known for _ in weeks],
            "week_start": weeks.to_list() * len(known),
            "mean": mean.reshape(-1),
            "expected": expected.reshape(-1),
            **{name: quantiles[:, :, place].reshape(-1) for place, name in enumerate(QUANTILE_NAMES)},
        },
        schema=LEVEL,
    )
    table = table.join(now, on=MEMBER, how="semi").with_columns(pl.selectors.float().round(DIGITS))
    return table.sort(*MEMBER, "week_start")


def _by_planner(weekly: pl.DataFrame, split: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both with model_mean, and `planned`: the part of mean that planners have set."""
    key = ("sku", "week_start")
    planned = pl.when(pl.col("override_id").is_not_null()).then("mean").otherwise(0.0)
    whole = weekly.select(*key, "mean", "model_mean", planned=planned)
    shares = whole.filter(pl.col("mean") > 0).select(*key, pl.col("model_mean", "planned") / pl.col("mean"))
    parts = split.join(shares, on=key, how="left")
    return whole, parts.with_columns((pl.col("model_mean", "planned") * pl.col("mean")).fill_null(0.0))


def sums(
    weekly: pl.DataFrame, split: pl.DataFrame, category: pl.DataFrame, *, values: tuple[str, ...] = ("mean",)
) -> pl.DataFrame:
    """dimension, member, week_start and `values` of every member in every week of `weekly` (sku, week_start,
    values), sorted; a sku without a category counts as 'Other'.
    """
    of = category.select("sku", member=pl.col("category"))
    skus = weekly.join(of, on="sku", how="left").with_columns(pl.col("member").fill_null(NO_CATEGORY))
    named = (
        weekly.with_columns(dimension=pl.lit("shop"), member=pl.lit(SHOP)),
        skus.with_columns(dimension=pl.lit("category")),
        split,
    )
    columns = (*MEMBER, "week_start", *values)
    added = [each.select(columns).group_by(columns[:3]).agg(pl.col(values).sum()) for each in named]
    found = pl.concat(added)
    grid = found.select(MEMBER).unique().join(weekly.select("week_start").unique(), how="cross")
    return (
        grid.join(found, on=columns[:3], how="left")
        .with_columns(pl.col(values).fill_null(0.0))
        .select(columns)
        .sort(columns[:3])
    )


def history(demand_history: pl.DataFrame, sold: pl.DataFrame, category: pl.DataFrame) -> pl.DataFrame:
    """The columns of marts.level_history: each member's full weeks from its first on, zeros in the gaps.

    `sold`: dimension, member, week_start, units by channel and location; their share of what stock-outs
    hid is taken to be the shop's of that week.
    """
    if demand_history.is_empty():
        return pl.DataFrame(schema=HISTORY)
    of = category.select("sku", member=pl.col("category"))
    weeks = demand_history.join(of, on="sku", how="left").select(
        pl.col("member").fill_null(NO_CATEGORY),
        "week_start",
        "units",
        demand=pl.col("units") + pl.col("lost_units").fill_null(0.0),
    )
    both = pl.col("units", "demand").sum()
    shop = weeks.group_by("week_start").agg(both)
    hidden = shop.select(
        "week_start",
        scale=pl.when(pl.col("units") > 0).then(pl.col("demand") / pl.col("units")).otherwise(1.0),
    )
    named = {"dimension": pl.lit("shop"), "member": pl.lit(SHOP)}
    parts = (
        sold.filter(pl.col("week_start") <= demand_history["week_start"].max())
        .join(hidden, on="week_start", how="left")
        .with_columns(demand=pl.col("units") * pl.col("scale").fill_null(1.0))
    )
    found = pl.concat(
        [
            shop.with_columns(**named).select(*HISTORY),
            weeks.group_by("member", "week_start").agg(both)
            .with_columns(dimension=pl.lit("category")).select(*HISTORY),
            parts.select(*HISTORY),
        ]
    ).cast(HISTORY)  # fmt: skip
    return _filled(found).with_columns(pl.selectors.float().round(DIGITS)).sort(*MEMBER, "week_start")


def past(
    backtest_forecast: pl.DataFrame,
    units: Mapping[date, pl.DataFrame],
    category: pl.DataFrame,
    history: pl.DataFrame,
) -> pl.DataFrame:
    """What sums were said to be at past cutoffs and what came, week by week: the columns of PAST.

    `units` are each cutoff's, as from `splits.decayed`, seen up to it alone. What came is all demand of the
    member, of skus too that were not yet known, and what stock-outs are estimated to have hidden.
    """
    parts = [_said(backtest_forecast, cutoff, units[cutoff], category) for cutoff in sorted(units)]
    if not parts or history.is_empty():
        return pl.DataFrame(schema=PAST)
    came = history.select(*MEMBER, "week_start", came=pl.col("demand"))
    return (
        pl.concat(parts)
        .filter(pl.col("week_start") <= history["week_start"].max())
        .join(came, on=[*MEMBER, "week_start"], how="left")
        .with_columns(pl.col("came").fill_null(0.0))
        .select(*PAST)
        .sort(*MEMBER, "cutoff_date", "step")
    )


def _said(
    backtest_forecast: pl.DataFrame, cutoff: date, units: pl.DataFrame, category: pl.DataFrame
) -> pl.DataFrame:
    rows = backtest_forecast.filter(pl.col("cutoff_date") == cutoff).select("sku", "week_start", "mean")
    found = sums(rows, splits.split(rows, units, category), category)
    days = (pl.col("week_start") - pl.lit(cutoff)).dt.total_days()
    return found.rename({"mean": "said"}).with_columns(cutoff_date=pl.lit(cutoff), step=days // 7)


def _filled(found: pl.DataFrame) -> pl.DataFrame:
    last = found["week_start"].max()
    spans = found.group_by(MEMBER).agg(first=pl.col("week_start").min())
    weeks = spans.with_columns(week_start=pl.date_ranges("first", pl.lit(last), interval="1w"))
    return (
        weeks.select(*MEMBER, "week_start")
        .explode("week_start", empty_as_null=False)
        .join(found, on=[*MEMBER, "week_start"], how="left")
        .with_columns(pl.col("units", "demand").fill_null(0.0))
        .select(*HISTORY)
    )


def record(past: pl.DataFrame, members: list[tuple[str, str]], sold: Sold) -> Record:
    """`past` as arrays over these members."""
    cutoffs = past["cutoff_date"].unique().sort().to_list()
    steps = 1 + (past["step"].max() if past.height else 0)
    said, came = (np.full((len(cutoffs), len(members), steps), np.nan) for _ in range(2))
    row = {member: place for place, member in enumerate(members)}
    at = {cutoff: place for place, cutoff in enumerate(cutoffs)}
    columns = (*MEMBER, "cutoff_date", "step", "said", "came")
    for dimension, member, cutoff, step, told, found in past.select(columns).iter_rows():
        place = at[cutoff], row[dimension, member], step
        said[place], came[place] = told, found
    year = np.full_like(said, np.nan)
    for place, cutoff in enumerate(cutoffs):
        year[place] = sold.year_before(np.nan_to_num(said[place]), first_week=cutoff + timedelta(days=1))
    return Record(said, came, year)
