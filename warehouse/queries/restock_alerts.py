"""Restock alerts, and how alerts did on past mornings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.queries.asking import EVERYTHING, ask

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def alerts(
    con: duckdb.DuckDBPyConnection,
    *,
    sku: str | None = None,
    include_resolved: bool = False,
    limit: int = EVERYTHING,
) -> pl.DataFrame:
    """Restock alert episodes as the release knows them, gravest first."""
    return ask(con, "alerts", sku=sku, include_resolved=include_resolved, limit=limit)


def alert_scores(con: duckdb.DuckDBPyConnection, *, stock: str) -> pl.DataFrame:
    """How each rule's alerts did on past mornings, on stock `played` or `recorded`, all stock pools together
    and each where there are several; empty until scored.
    """
    return ask(con, "alert_scores", stock=stock)


def alert_calibration(con: duckdb.DuckDBPyConnection, *, stock: str) -> pl.DataFrame:
    """What was said, by tenths, and what came true."""
    return ask(con, "alert_calibration", stock=stock)
