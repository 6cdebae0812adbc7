"""Whether the data can be trusted: checks, stages, what was quarantined, how fresh each channel is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.queries.asking import ask

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def checks(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return ask(con, "checks")


def stages(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return ask(con, "stages")


def quarantine(
    con: duckdb.DuckDBPyConnection,
    *,
    status: str | None = "open",
    reason_code: str | None = None,
    channel: str | None = None,
    limit: int = 500,
) -> pl.DataFrame:
    return ask(con, "quarantine", status=status, reason_code=reason_code, channel=channel, limit=limit)


def quarantine_counts(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """channel_id, kind, reason_code, open_documents, resolved_documents."""
    return ask(con, "quarantine_counts")


def freshness(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """channel_id, last_business_date, last_recorded_at, facts."""
    return ask(con, "freshness")
