"""Demand history: sku and day in, one complete row per sku and week out, and what a model may train on.

Weeks start on Monday; a week that the cutoff cuts short is no training week. A sku's history runs from
its first sale to the cutoff, or to its end where it is discontinued before, zeros in the gaps, nothing
outside. Returns are no part of demand. Models are elsewhere.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from models.errors import HistoryError
from models.frames import checked, require

FULL = 1 - 1e-9
MOST_UNITS = 1e12
MOST_ORDERS = 10**9
TRUSTED_EXPOSURE = 0.5
LEVEL_WEEKS = 13
BULK_SPREADS = 6.0
BULK_TIMES = 3.0
BULK_NEEDS_WEEKS = 4
MAD_TO_SIGMA = 1.4826
DEMAND = {
    "sku": pl.String,
    "business_date": pl.Date,
    "units": pl.Float64,
    "orders": pl.Int64,
    "gross_sales": pl.Float64,
    "exposure": pl.Float64,
}
EXPOSURE = {"sku": pl.String, "business_date": pl.Date, "exposure": pl.Float64}
ENDS = {"sku": pl.String, "ends_on": pl.Date}
DAY = ("sku", "business_date")


def validate(demand_daily: pl.DataFrame, *, availability_day: pl.DataFrame | None = None) -> pl.DataFrame:
    """Demand by sku and day with the exposure of every day that is known, sorted; `HistoryError` names an
    offender.

    `availability_day` holds (sku, business_date, exposure) of days that could not sell in full, sold or not.
    More than `MOST_UNITS` units, as much money or 10^9 orders on a day count as so many: no shop's numbers,
    and their squares and sums must stay finite.
    """
    days = checked(demand_daily, name="demand_daily", schema=DEMAND, key=DAY, error=HistoryError)
    _require_demand(days)
    days = days.with_columns(
        pl.col("units").clip(upper_bound=MOST_UNITS),
        pl.col("orders").clip(upper_bound=MOST_ORDERS),
        pl.col("gross_sales").clip(-MOST_UNITS, MOST_UNITS),
    )
    if availability_day is None or availability_day.is_empty():
        return days.sort(DAY)
    outages = checked(availability_day, name="availability_day", schema=EXPOSURE, key=DAY, error=HistoryError)
    _require_exposure(outages, name="availability_day")
    unsold = outages.join(days, on=DAY, how="anti").with_columns(units=0.0, orders=0, gross_sales=0.0)
    return pl.concat([days, unsold.select(*DEMAND).cast(DEMAND)]).sort(DAY)


def last_full_week(cutoff: date) -> date:
    """Monday of the last week that `cutoff` does not cut short."""
    return cutoff - timedelta(days=cutoff.weekday() + (0 if cutoff.weekday() == 6 else 7))


def ends(product: pl.DataFrame | None) -> pl.DataFrame:
    """sku, ends_on of those with an end, reached or announced: the first business date without them.

    `product` may have discontinued_on; without it, and where it is null, nothing ends.
    """
    if product is None or "discontinued_on" not in product.columns:
        return pl.DataFrame(schema=ENDS)
    found = product.select("sku", ends_on=pl.col("discontinued_on").cast(pl.Date)).drop_nulls()
    return checked(found, name="product", schema=ENDS, key=("sku",), error=HistoryError).sort("sku")


def on_sale(product: pl.DataFrame, *, day: date) -> pl.DataFrame:
    """The products that have not ended by `day`, as known then: of a later end nothing is known, because no
    feed says when it was announced.
    """
    if "discontinued_on" not in product.columns:
        return product
    end = pl.col("discontinued_on")
    known = product.filter(end.is_null() | (end > day))
    return known.with_columns(discontinued_on=pl.lit(None, pl.Date))


def last_dates(ended: pl.DataFrame) -> pl.DataFrame:
    """sku, last_date: the last day of each that is history."""
    return ended.select("sku", last_date=pl.col("ends_on") - timedelta(days=1))


def before_end(
    rows: pl.DataFrame, ended: pl.DataFrame | None, *, when: str = "business_date", days: int = 1
) -> pl.DataFrame:
    """`rows` whose period, so many days from `when` on, is over before the product ends (`ENDS`)."""
    if ended is None or ended.is_empty():
        return rows
    is_before = pl.col("ends_on").is_null() | (pl.col(when) + timedelta(days=days - 1) < pl.col("ends_on"))
    dated = rows.join(ended.select(*ENDS), on="sku", how="left", maintain_order="left")
    return dated.filter(is_before).drop("ends_on")


def weekly(days: pl.DataFrame, *, cutoff: date, ended: pl.DataFrame | None = None) -> pl.DataFrame:
    """sku, week_start, units, orders, gross_sales, exposure, units_while_out: each sku's full weeks from its
    first sale to `cutoff`, or up to its end (`ended`: `ENDS`).

    Exposure is the mean over the week's seven days; a day not listed had all of it. What days without any
    exposure sold all the same is `units_while_out`, part of `units`.
    """
    last = last_full_week(cutoff)
    seen = (
        before_end(days, ended)
        .with_columns(week_start=pl.col("business_date").dt.truncate("1w"))
        .filter(pl.col("week_start") <= last)
    )
    sums = seen.group_by("sku", "week_start").agg(
        pl.col("units").sum().round(3),
        pl.col("orders").sum(),
        pl.col("gross_sales").sum().round(4),
        exposure=(1 - (1 - pl.col("exposure")).sum() / 7).round(9),
        units_while_out=pl.col("units").filter(pl.col("exposure") <= 1 - FULL).sum().round(3),
    )
    weeks = (
        sums.filter(pl.col("units") > 0)
        .group_by("sku")
        .agg(pl.col("week_start").min().alias("first"))
        .with_columns(week_start=pl.date_ranges("first", last, interval="1w"))
        .select("sku", "week_start")
        .explode("week_start", empty_as_null=False)
    )
    weeks = before_end(weeks, ended, when="week_start", days=7)
    filled = weeks.join(sums, on=["sku", "week_start"], how="left")
    return filled.with_columns(
        pl.col("units", "gross_sales", "units_while_out").fill_null(0.0),
        pl.col("orders").fill_null(0),
        pl.col("exposure").fill_null(1.0),
    ).sort("sku", "week_start")


def trainable(weeks: pl.DataFrame) -> pl.DataFrame:
    """`weeks` with is_censored (exposure below 1), is_bulk, adjusted and demand (null: unknown).

    A stock-out hides demand. To what a censored week sold is added what is usual in the time out of stock
    (the sku's usual level is the mean of up to 13 uncensored weeks before it), less what was ordered then all
    the same; without a usual level it is scaled up by its exposure. Where neither stock nor such orders show
    half of a week's demand it is unknown. Where that leaves nothing known of a sku, such as a launch that
    sold out in days, its weeks count as they sold.
    A week above the sku's median selling week plus six robust standard deviations, above three times that
    median and above the ninth decile is a bulk order: capped at the largest of the three.
    """
    known = weeks.with_columns(is_censored=pl.col("exposure") < FULL)
    uncensored = pl.when(~pl.col("is_censored")).then(pl.col("units"))
    usual = uncensored.rolling_mean(LEVEL_WEEKS, min_samples=1).shift(1).over("sku")
    adjusted = known.with_columns(adjusted=_adjusted(usual)).with_columns(adjusted=_at_least_sold())
    is_bulk = (pl.col("adjusted") > pl.col("cap")).fill_null(value=False)
    return adjusted.join(_caps(adjusted), on="sku", how="left", maintain_order="left").select(
        *adjusted.columns, is_bulk=is_bulk, demand=pl.when(is_bulk).then("cap").otherwise("adjusted")
    )


def _adjusted(usual: pl.Expr) -> pl.Expr:
    hidden = usual * (1 - pl.col("exposure"))
    ordered = pl.min_horizontal("units_while_out", hidden)
    seen = pl.col("exposure") + pl.when(usual > 0).then(ordered / usual).otherwise(0.0)
    scaled = pl.col("units") / pl.col("exposure")
    return (
        pl.when(~pl.col("is_censored"))
        .then(pl.col("units"))
        .when(seen >= TRUSTED_EXPOSURE)
        .then(pl.when(usual > 0).then(pl.col("units") + hidden - ordered).otherwise(scaled))
    )


def _at_least_sold() -> pl.Expr:
    nothing_known = pl.col("adjusted").is_null().all().over("sku")
    return pl.when(nothing_known & (pl.col("units") > 0)).then("units").otherwise("adjusted")


def _caps(weeks: pl.DataFrame) -> pl.DataFrame:
    selling = weeks.filter(pl.col("adjusted") > 0)
    sold = pl.col("adjusted")
    spread = (sold - sold.median()).abs().median() * MAD_TO_SIGMA
    cap = pl.max_horizontal(
        sold.median() + BULK_SPREADS * spread,
        BULK_TIMES * sold.median(),
        sold.quantile(0.9, interpolation="lower"),
    )
    enough = pl.len() >= BULK_NEEDS_WEEKS
    return selling.group_by("sku").agg(cap=pl.when(enough).then(cap).otherwise(float("inf")))


def _require_demand(days: pl.DataFrame) -> None:
    rule = {
        "units must be finite and at least 0": pl.col("units").is_finite() & (pl.col("units") >= 0),
        "orders must be at least 0": pl.col("orders") >= 0,
        "gross_sales must be finite": pl.col("gross_sales").is_finite(),
    }
    for allowed, expression in rule.items():
        require(days, expression, name="demand_daily", allowed=allowed, key=DAY, error=HistoryError)
    _require_exposure(days, name="demand_daily")


def _require_exposure(days: pl.DataFrame, *, name: str) -> None:
    rule = pl.col("exposure").is_between(-1e-9, 1 + 1e-9)
    require(days, rule, name=name, allowed="exposure must lie in 0..1", key=DAY, error=HistoryError)
