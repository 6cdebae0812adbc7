"""What was sold, and the demand behind a product's forecast."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from warehouse.queries.asking import EVERYTHING, ask, one_of, tuples

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def bounds(con: duckdb.DuckDBPyConnection) -> tuple[date, date] | None:
    """First and last business date with sales facts; None in an empty release."""
    first, last = ask(con, "bounds").row(0)
    return None if first is None else (first, last)


def channel_ids(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Every channel of the release, with sales or without."""
    return [channel_id for (channel_id,) in tuples(con, "channel_ids")]


def sales_by_channel(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    as_of: datetime | None = None,
) -> pl.DataFrame:
    """channel_id, gross_sales, net_sales, returns, units, orders."""
    return ask(con, "sales_by_channel", date_from=date_from, date_to=date_to, channel=channel, as_of=as_of)


def sales_by_country(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    as_of: datetime | None = None,
    limit: int = EVERYTHING,
) -> pl.DataFrame:
    """country, gross_sales, net_sales, units, orders; largest first."""
    return ask(
        con,
        "sales_by_country",
        date_from=date_from,
        date_to=date_to,
        channel=channel,
        as_of=as_of,
        limit=limit,
    )


def top_products(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    as_of: datetime | None = None,
    limit: int = 20,
) -> pl.DataFrame:
    """sku, title, abc_class, gross_sales, returns, units, orders; largest first."""
    return ask(
        con, "top_products", date_from=date_from, date_to=date_to, channel=channel, as_of=as_of, limit=limit
    )


def demand_weekly(
    con: duckdb.DuckDBPyConnection, sku: str, *, date_to: date, weeks: int = 104
) -> pl.DataFrame:
    """week_start, units, gross_sales, days_out, is_bulk, lost_units with lost_q10 and lost_q90,
    returned_units of the `weeks` weeks before Monday `date_to`.
    """
    return ask(con, "demand_weekly", sku=sku, date_to=date_to, weeks=weeks)


def demand_parts(con: duckdb.DuckDBPyConnection, sku: str, *, dimension: str) -> pl.DataFrame:
    """member, business_date, units, returned_units of a sku by channel or by location."""
    one_of(dimension, ("channel", "location"), what="dimension")
    return ask(con, "demand_parts", sku=sku, dimension=dimension)
