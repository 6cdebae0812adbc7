"""What stock-outs cost: units that could not be sold, with an interval, week by week; bulk orders and what
was learned beside what was sold.

How a censored week trains the models is in `history`. Returns are no part of demand and stand elsewhere.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from models.history import FULL, LEVEL_WEEKS, trainable, weekly

DIGITS = 3
INTERVAL = (0.1, 0.9)
HISTORY = {
    "sku": pl.String, "week_start": pl.Date, "units": pl.Float64, "exposure": pl.Float64,
    "is_censored": pl.Boolean, "is_bulk": pl.Boolean, "demand": pl.Float64, "lost_units": pl.Float64,
    "lost_q10": pl.Float64, "lost_q90": pl.Float64,
}  # fmt: skip


def history_table(days: pl.DataFrame, *, cutoff: date, ended: pl.DataFrame | None = None) -> pl.DataFrame:
    """marts.demand_history of validated `days`: every full week up to `cutoff`, and to the product's end
    (`ended`: sku, ends_on), that sold or was censored.
    """
    weeks = trainable(weekly(days, cutoff=cutoff, ended=ended))
    found = with_lost_sales(weeks)
    told = found.filter((pl.col("units") > 0) | pl.col("is_censored"))
    return told.with_columns(pl.selectors.float().round(DIGITS)).select(
        pl.col(name).cast(kind) for name, kind in HISTORY.items()
    )


def with_lost_sales(weeks: pl.DataFrame) -> pl.DataFrame:
    """`weeks` (of `history.trainable`) with lost_units, lost_q10 and lost_q90; null where nothing was lost
    or the sku had no week in stock before.

    Lost is what is usually asked for in the share of the week without stock, less what was ordered then in
    spite of it. Usual demand is that of up to 13 weeks in stock before, bulk orders capped, as a negative
    binomial with their mean and variance (the mean's own doubt included); the interval holds 80 %.
    """
    ready = with_usual_demand(weeks)
    censored = ready.filter((pl.col("exposure") < FULL) & pl.col("usual").is_not_null())
    lost = censored.select("sku", "week_start", *estimate(censored))
    return weeks.join(lost, on=["sku", "week_start"], how="left", maintain_order="left")


def with_usual_demand(weeks: pl.DataFrame) -> pl.DataFrame:
    """`weeks` with usual, spread and count: mean and variance of up to 13 weeks in stock before, how many."""
    known = pl.when(~pl.col("is_censored")).then("demand")
    usual = known.rolling_mean(LEVEL_WEEKS, min_samples=1).shift(1).over("sku")
    spread = known.rolling_var(LEVEL_WEEKS, min_samples=2, ddof=1).shift(1).over("sku")
    count = known.is_not_null().cast(pl.Float64).rolling_sum(LEVEL_WEEKS, min_samples=1).shift(1).over("sku")
    return weeks.with_columns(usual=usual, spread=spread, count=count)


def estimate(censored: pl.DataFrame) -> list[pl.Series]:
    """lost_units, lost_q10 and lost_q90 of rows of usual, spread, count, the units ordered while out of stock
    and the share of the week in stock, `exposure`.
    """
    usual, ordered, exposure = (
        censored[name].to_numpy() for name in ("usual", "units_while_out", "exposure")
    )
    variance = np.maximum(np.nan_to_num(censored["spread"].to_numpy().astype(float), nan=0.0), usual)
    doubt = variance / np.maximum(censored["count"].to_numpy(), 1)
    out = 1 - exposure
    columns = {"lost_units": np.maximum(usual * out - ordered, 0.0)}
    for name, level in zip(("lost_q10", "lost_q90"), INTERVAL, strict=True):
        asked = quantile(level, mean=usual * out, variance=variance * out + doubt * out**2)
        columns[name] = np.maximum(asked - ordered, 0.0)
    columns["lost_q10"] = np.minimum(columns["lost_q10"], columns["lost_units"])
    columns["lost_q90"] = np.maximum(columns["lost_q90"], columns["lost_units"])
    return [pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()]


def quantile(level: float, *, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Of a negative binomial with this mean and variance; of a Poisson where the variance is no larger."""
    if not len(mean):
        return np.zeros(0)
    from scipy.stats import nbinom, poisson

    mean = np.asarray(mean, dtype=float)
    extra = np.asarray(variance, dtype=float) - mean
    is_wide = (extra > 1e-9) & (mean > 0)
    safe = np.where(is_wide, mean, 1.0)
    size = safe**2 / np.where(is_wide, extra, 1.0)
    wide = nbinom.ppf(level, size, size / (size + safe))
    narrow = poisson.ppf(level, np.maximum(mean, 0.0))
    return np.where(mean > 0, np.where(is_wide, wide, narrow), 0.0)
