"""A sku's forecast by channel and by location: parts that add up to it, as the units sold lately did.

A sku with few sales borrows its category's proportions, a category with few the shop's (empirical Bayes). Top
down, so that parts and whole agree by construction (Gross and Sohl 1990).
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

PRIOR_UNITS = 20.0
HALF_LIFE_DAYS = 91.0
YEAR = timedelta(days=364)
COLUMNS = {
    "sku": pl.String, "week_start": pl.Date, "dimension": pl.String, "member": pl.String, "mean": pl.Float64,
}  # fmt: skip


def split(forecast_weekly: pl.DataFrame, units: pl.DataFrame, category: pl.DataFrame) -> pl.DataFrame:
    """The columns of marts.forecast_split, of every sku and week with demand.

    `units`: sku, dimension, member and units sold, as from `decayed`; a dimension's members are those in it.
    `category`: sku, category.
    """
    wanted = forecast_weekly.filter(pl.col("mean") > 0).select("sku", "week_start", "mean")
    return (
        wanted.join(shares(units, category, wanted["sku"].unique().sort()), on="sku")
        .with_columns(mean=pl.col("mean") * pl.col("share"))
        .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
        .sort("sku", "dimension", "member", "week_start")
    )


def shares(units: pl.DataFrame, category: pl.DataFrame, skus: pl.Series) -> pl.DataFrame:
    """sku, dimension, member, share; those of a sku and dimension sum to 1."""
    members = units.group_by("dimension", "member").agg(shop=pl.col("units").sum()).filter(pl.col("shop") > 0)
    members = members.with_columns(shop=pl.col("shop") / pl.col("shop").sum().over("dimension"))
    of = pl.DataFrame({"sku": skus}).join(category.select("sku", "category"), on="sku", how="left")
    by_category = (
        units.join(category.select("sku", "category"), on="sku", how="left")
        .group_by("category", "dimension", "member")
        .agg(kin=pl.col("units").sum())
    )
    table = (
        of.join(members, how="cross")
        .join(by_category, on=["category", "dimension", "member"], how="left", nulls_equal=True)
        .join(units.rename({"units": "own"}), on=["sku", "dimension", "member"], how="left")
        .with_columns(pl.col("kin", "own").fill_null(0.0))
    )
    whole = ("sku", "dimension")
    prior = (pl.col("kin") + PRIOR_UNITS * pl.col("shop")) / (pl.col("kin").sum().over(whole) + PRIOR_UNITS)
    share = (pl.col("own") + PRIOR_UNITS * pl.col("prior")) / (pl.col("own").sum().over(whole) + PRIOR_UNITS)
    return (
        table.with_columns(prior=prior)
        .with_columns(share=share)
        .select("sku", "dimension", "member", "share")
    )


def lately(sold: pl.DataFrame, *, today: date) -> pl.DataFrame:
    """`decayed`, of the year up to a day; nothing after it is seen."""
    return decayed(sold.filter(pl.col("day") > today - YEAR, pl.col("day") <= today), today=today)


def decayed(sold: pl.DataFrame, *, today: date) -> pl.DataFrame:
    """sku, dimension, member, day and units to what `split` takes: a unit counts half after 91 days."""
    age = (pl.lit(today) - pl.col("day")).dt.total_days()
    weight = (age.cast(pl.Float64) * (-0.6931471805599453 / HALF_LIFE_DAYS)).exp()
    found = sold.filter(pl.col("units") > 0).group_by("sku", "dimension", "member")
    return found.agg(units=(pl.col("units").cast(pl.Float64) * weight).sum()).sort(
        "sku", "dimension", "member"
    )
