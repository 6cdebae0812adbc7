"""How far the models were off at past cutoffs, and which one is trusted with what.

A planner's accuracy is `overrides`, that of totals `totals`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.queries.asking import ask

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def champions(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return ask(con, "champions")


def forecast_accuracy(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """Every model tried on one sku, best first."""
    return ask(con, "forecast_accuracy", sku=sku)


def forecast_metrics(
    con: duckdb.DuckDBPyConnection,
    *,
    level: str | None = None,
    segment: str | None = None,
    horizon: str | None = None,
) -> pl.DataFrame:
    """Accuracy by level (sku, category, total), segment, horizon and model, the naive floor first."""
    return ask(con, "forecast_metrics", level=level, segment=segment, horizon=horizon)


def backtest_forecast(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """What the champion and the seasonal naive said at past cutoffs, and what came."""
    return ask(con, "backtest_forecast", sku=sku)
