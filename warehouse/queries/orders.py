"""Orders: how they were served, where they stand, and one order's whole story."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from warehouse.kpis import PERIODS
from warehouse.queries.asking import ask, one_of, tuples

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def service(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    by: str | None = None,
) -> pl.DataFrame:
    """Orders and units by promise date (`by` day, week, month or None for one row) and the ratios
    on_time, in_full, otif, fill_rate; a ratio over nothing due is NULL."""
    if by is not None:
        one_of(by, PERIODS, what="by")
    return ask(con, "service", date_from=date_from, date_to=date_to, channel=channel, by=by)


def cancellations(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    as_of: datetime | None = None,
) -> pl.DataFrame:
    """cancel_reason, orders_placed, orders_canceled; the row 'all' counts every order placed."""
    return ask(con, "cancellations", date_from=date_from, date_to=date_to, channel=channel, as_of=as_of)


def funnel(
    con: duckdb.DuckDBPyConnection, *, date_from: date, date_to: date, channel: str | None = None
) -> pl.DataFrame:
    """stage_no, stage, orders, gross_sales: how many orders placed in the period reached each stage."""
    return ask(con, "funnel", date_from=date_from, date_to=date_to, channel=channel)


def open_order_ages(
    con: duckdb.DuckDBPyConnection, *, as_of: datetime, channel: str | None = None
) -> pl.DataFrame:
    """bucket_no, bucket, fulfillment_status, orders, gross_sales, units_to_ship, late_orders."""
    return ask(con, "open_order_ages", as_of=as_of, channel=channel)


def dwell(
    con: duckdb.DuckDBPyConnection, *, date_from: date, date_to: date, channel: str | None = None
) -> pl.DataFrame:
    """week_start, channel_id, stage, orders, median_hours, p90_hours."""
    return ask(con, "dwell", date_from=date_from, date_to=date_to, channel=channel)


def find_orders(
    con: duckdb.DuckDBPyConnection,
    *,
    text: str | None = None,
    channel: str | None = None,
    order_status: str | None = None,
    fulfillment_status: str | None = None,
    date_from: date | None = None,
    date_to: date | None = None,
    limit: int = 200,
) -> pl.DataFrame:
    """Orders whose id, number or customer contains `text`, newest first."""
    return ask(
        con,
        "find_orders",
        text=text or None,
        channel=channel,
        order_status=order_status,
        fulfillment_status=fulfillment_status,
        date_from=date_from,
        date_to=date_to,
        limit=limit,
    )


def order_header(con: duckdb.DuckDBPyConnection, order: str) -> pl.DataFrame:
    """The order of that order id, external id or order number; no row where there is none."""
    return ask(con, "order_header", order=order)


def order_lines(con: duckdb.DuckDBPyConnection, order_id: str) -> pl.DataFrame:
    return ask(con, "order_lines", order_id=order_id)


def order_events(con: duckdb.DuckDBPyConnection, order_id: str) -> pl.DataFrame:
    """event_seq, event_kind, occurred_at, recorded_at, detail (JSON), as it happened."""
    return ask(con, "order_events", order_id=order_id)


def similar_orders(con: duckdb.DuckDBPyConnection, wanted: str) -> list[str]:
    """The 20 order ids, numbers and external ids spelled most like it, the nearest first."""
    return [name for (name,) in tuples(con, "similar_orders", wanted=wanted)]
