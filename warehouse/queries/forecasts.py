"""The forecast product by product, and what it is made of.

How far forecasts were off is `accuracy`; forecasts of groups of products are `totals`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.queries.asking import ask, one_of, tuples

if TYPE_CHECKING:
    from datetime import date

    import duckdb
    import polars as pl

SORTS = ("error", "value", "change", "lost", "wape", "bias")


def forecast_review(
    con: duckdb.DuckDBPyConnection,
    *,
    sort: str = "error",
    demand_class: str | None = None,
    abc_class: str | None = None,
    category: str | None = None,
    supplier_id: str | None = None,
    channel: str | None = None,
    author: str | None = None,
    also: tuple[str, ...] = (),
    text: str | None = None,
    limit: int = 500,
) -> pl.DataFrame:
    """One row per forecast sku; error_value = champion's absolute backtest error at the sku's mean price.

    `channel` keeps what sold there in the last half year, `author` what that planner overruled, `also` skus
    besides (overrides younger than the release).
    """
    one_of(sort, SORTS, what="sort")
    return ask(
        con,
        "forecast_review",
        sort=sort,
        demand_class=demand_class,
        abc_class=abc_class,
        category=category,
        supplier_id=supplier_id,
        channel=channel,
        author=author,
        also=list(also),
        text=text or None,
        limit=limit,
    )


def forecast_sums(con: duckdb.DuckDBPyConnection, *, category: str | None = None) -> pl.DataFrame:
    """sku, category, mean_price, week_start, mean, model_mean: a category's forecast, or the whole shop's."""
    return ask(con, "forecast_sums", category=category)


def forecast_weekly(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    return ask(con, "forecast_weekly", sku=sku)


def forecast_daily(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    return ask(con, "forecast_daily", sku=sku)


def forecast_reach(con: duckdb.DuckDBPyConnection) -> date | None:
    """The last week that any product is forecast for."""
    return tuples(con, "forecast_reach")[0][0]


def forecast_split(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """A sku's forecast by channel and by location, next four weeks and whole horizon."""
    return ask(con, "forecast_split", sku=sku)


def forecast_drivers(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """driver, units: what moved one sku's forecast; they add up to it."""
    return ask(con, "forecast_drivers", sku=sku)


def forecast_change(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """One row: what changed in one sku's forecast since the last one; none where there was none."""
    return ask(con, "forecast_change", sku=sku)
