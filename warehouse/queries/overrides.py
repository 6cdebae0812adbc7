"""Planners' overrides of the forecast: whose they are, and the value they added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.queries.asking import ask, one_of, tuples

if TYPE_CHECKING:
    import duckdb
    import polars as pl

SCORED_BY = ("all", "planner", "reason", "sku", "category", "override")


def override_authors(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Planners whose overrides were laid over a forecast, by name."""
    return [author for (author,) in tuples(con, "override_authors")]


def override_score(
    con: duckdb.DuckDBPyConnection, *, by: str = "planner", author: str | None = None, sku: str | None = None
) -> pl.DataFrame:
    """Forecast value added of overrides, the costliest first: WAPE before less WAPE as the planner said,
    each override against the number it changed, over weeks that are over and were not cut by a stock-out.
    """
    one_of(by, SCORED_BY, what="by")
    return ask(con, "override_score", by=by, author=author, sku=sku)


def override_values(con: duckdb.DuckDBPyConnection, sku: str | None = None) -> pl.DataFrame:
    """Each override's step on each week, of one sku or of all, and what came."""
    return ask(con, "override_values", sku=sku)
