"""Stock as it stands, what may still be sold of it, and the days on which nothing could be bought.

What to buy or move is `restocking`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from warehouse.queries.asking import ask

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def stock_by_location(con: duckdb.DuckDBPyConnection, *, sku: str | None = None) -> pl.DataFrame:
    """location_id, skus_in_stock, the eight quantities and stock_value, of one sku or of all."""
    return ask(con, "stock_by_location", sku=sku)


def stock_by_class(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """abc_class, skus, skus_out_of_stock, on_hand, stock_value."""
    return ask(con, "stock_by_class")


def ats(con: duckdb.DuckDBPyConnection, sku: str, *, channel: str | None = None) -> pl.DataFrame:
    """What each channel may still sell of one sku, with the terms it came from."""
    return ask(con, "ats", sku=sku, channel=channel)


def stock_list(
    con: duckdb.DuckDBPyConnection,
    *,
    text: str | None = None,
    channel: str | None = None,
    abc_class: str | None = None,
    only_out: bool = False,
    limit: int = 500,
) -> pl.DataFrame:
    """One row per sku, largest value first; days_of_cover is forward and counts available stock alone."""
    return ask(
        con,
        "stock_list",
        text=text or None,
        channel=channel,
        abc_class=abc_class,
        only_out=only_out,
        limit=limit,
    )


def stockout_daily(
    con: duckdb.DuckDBPyConnection, *, date_from: date, date_to: date, channel: str | None = None
) -> pl.DataFrame:
    """business_date, days_lost, skus_affected, listed, stockout_rate.

    Listed are the (channel, sku) pairs with an ATS whose sku sold in the 13 weeks before `date_to`.
    """
    return ask(con, "stockout_daily", date_from=date_from, date_to=date_to, channel=channel)


def stockout_skus(
    con: duckdb.DuckDBPyConnection,
    *,
    date_from: date,
    date_to: date,
    channel: str | None = None,
    limit: int = 200,
) -> pl.DataFrame:
    """Skus that could not be bought for part of the period; the most sales at stake first."""
    return ask(con, "stockout_skus", date_from=date_from, date_to=date_to, channel=channel, limit=limit)


def sku_exposure(con: duckdb.DuckDBPyConnection, sku: str, *, date_from: date, date_to: date) -> pl.DataFrame:
    """channel_id, business_date, exposure; days not listed have exposure 1."""
    return ask(con, "sku_exposure", sku=sku, date_from=date_from, date_to=date_to)


def sku_days_out(con: duckdb.DuckDBPyConnection, sku: str) -> pl.DataFrame:
    """business_date, exposure of the days on which no channel could sell it in full."""
    return ask(con, "sku_days_out", sku=sku)
