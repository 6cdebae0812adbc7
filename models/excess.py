"""Stock that will not be needed for a long time, or ever, and what to do about it.

Excess is what lies beyond half a year of expected demand; dead is what has not sold for half a year and is
expected not to; discontinued is what is not expected to sell before its product ends, all of it once that has
ended. Tables in, one table out.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from models import history

ENOUGH_WEEKS = 26
DEAD_DAYS = 182
LITTLE_A_WEEK = 0.05
DEAD, EXCESS, ENDING = KINDS = ("dead", "excess", "discontinued")
COLUMNS = {
    "sku": pl.String, "kind": pl.String, "available": pl.Float64, "on_order": pl.Float64,
    "weekly_demand": pl.Float64, "weeks_of_stock": pl.Float64, "last_sold": pl.Date,
    "excess_units": pl.Float64, "excess_value": pl.Float64, "annual_holding": pl.Float64,
    "action": pl.String,
}  # fmt: skip


def find(
    *,
    forecast_weekly: pl.DataFrame,
    product: pl.DataFrame,
    inventory: pl.DataFrame,
    incoming_supply: pl.DataFrame,
    last_sold: pl.DataFrame,
    as_of: datetime,
    holding_rate: float,
) -> pl.DataFrame:
    """The columns of marts.excess_stock, dearest first. `last_sold`: sku, last_sold (date) of what ever sold.

    Where the unit cost is unknown, so are value and holding. Stock is summed over locations.
    """
    today = as_of.date()
    units = pl.col("available").cast(pl.Float64).clip(lower_bound=0).sum()
    owed = pl.col("open_quantity").cast(pl.Float64).sum()
    goods = product.filter(pl.col("product_kind") == "product").select(
        "sku", pl.col("unit_cost").cast(pl.Float64)
    )
    goods = goods.join(history.ends(product), on="sku", how="left", maintain_order="left")
    found = (
        goods.join(inventory.group_by("sku").agg(available=units), on="sku")
        .filter(pl.col("available") > 0)
        .join(_demand(forecast_weekly), on="sku", how="left")
        .join(incoming_supply.group_by("sku").agg(on_order=owed), on="sku", how="left")
        .join(last_sold.select("sku", "last_sold"), on="sku", how="left")
        .with_columns(pl.col("weekly_demand", "on_order").fill_null(0.0))
        .with_columns(sells=_before_end(today))
    )
    enough = ENOUGH_WEEKS * pl.col("weekly_demand")
    silent = pl.col("last_sold").is_null() | ((today - pl.col("last_sold")).dt.total_days() > DEAD_DAYS)
    is_dead = silent & (pl.col("weekly_demand") < LITTLE_A_WEEK)
    too_late = (pl.col("available") - pl.col("sells")).floor()
    is_ending = (too_late >= 1) & (too_late >= (pl.col("available") - enough).floor())
    excess = (
        pl.when(is_ending)
        .then(too_late)
        .when(is_dead)
        .then(pl.col("available"))
        .otherwise((pl.col("available") - enough).floor())
    )
    found = (
        found.with_columns(
            kind=pl.when(is_ending)
            .then(pl.lit(ENDING))
            .when(is_dead)
            .then(pl.lit(DEAD))
            .otherwise(pl.lit(EXCESS)),
            excess_units=excess,
        )
        .filter(pl.col("excess_units") >= 1)
        .with_columns(
            weeks_of_stock=pl.when(pl.col("weekly_demand") >= LITTLE_A_WEEK).then(
                (pl.col("available") / pl.col("weekly_demand")).round(1)
            ),
            excess_value=(pl.col("excess_units") * pl.col("unit_cost")).round(2),
            annual_holding=(pl.col("excess_units") * pl.col("unit_cost") * holding_rate).round(2),
        )
        .sort("excess_value", "sku", descending=[True, False], nulls_last=True)
    )
    told = [_action(row, today) for row in found.iter_rows(named=True)]
    return found.with_columns(
        pl.col("weekly_demand").round(3), action=pl.Series(told, dtype=pl.String)
    ).select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())


def _demand(forecast_weekly: pl.DataFrame) -> pl.DataFrame:
    """sku, weekly_demand, in_horizon (units) and horizon_end, the day after the last forecast week."""
    return forecast_weekly.group_by("sku").agg(
        weekly_demand=pl.col("mean").mean(),
        in_horizon=pl.col("mean").sum(),
        horizon_end=pl.col("week_start").max() + timedelta(days=7),
    )


def _before_end(today: date) -> pl.Expr:
    """Units expected to sell before an end; null where none is known."""
    days = (pl.col("ends_on") - today).dt.total_days()
    ahead = pl.when(pl.col("ends_on") <= pl.col("horizon_end")).then("in_horizon")
    ahead = ahead.otherwise(pl.col("weekly_demand") * days / 7).fill_null(0.0)
    return pl.when(pl.col("ends_on") <= today).then(0.0).when(pl.col("ends_on").is_not_null()).then(ahead)


def _action(row: dict, today: date) -> str:
    """What to do, the cheapest first: not to receive more, then to sell what is there."""
    first = f"Cancel or postpone the {row['on_order']:,.0f} on order. " if row["on_order"] >= 1 else ""
    if row["kind"] == ENDING and row["ends_on"] <= today:
        return f"{first}Sell it off, or return it to the supplier: discontinued on {row['ends_on']}."
    if row["kind"] == ENDING:
        return (
            f"{first}Mark down or return about {row['excess_units']:,.0f} now: it is discontinued on "
            f"{row['ends_on']}, and only about {row['sells']:,.0f} are expected to sell before."
        )
    if row["kind"] == DEAD:
        since = f"not sold for {(today - row['last_sold']).days:,} days" if row["last_sold"] else "never sold"
        return f"{first}Clear it in a bundle or outlet, return it, or write it off: {since}."
    if row["weeks_of_stock"] is None:
        return f"{first}Do not buy it again; mark it down: next to nothing is asked for."
    return (
        f"{first}Do not buy it; mark down about {row['excess_units']:,.0f}: at its pace the stock lasts "
        f"{row['weeks_of_stock']:,.0f} weeks."
    )
