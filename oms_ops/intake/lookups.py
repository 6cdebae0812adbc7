"""What interpretation looks up: the settings' channels and locations, the feeds, the service codes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import duckdb

from oms_ops.channels import feeds
from oms_ops.intake import session
from oms_ops.intake.sql_files import sql
from warehouse.settings import Settings

_SERVICE_CODES = Path(__file__).parent / "service_codes.csv"


def load(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    con.execute("SET VARIABLE currencies = ?", [list(settings.shop.currencies)])
    _mirror(con, "core.channel", _channels(settings))
    _mirror(con, "core.location", _locations(settings))
    _table(
        con,
        "promise (channel_id VARCHAR, ship_days INTEGER, deliver_days INTEGER)",
        [(row.channel_id, row.promise_ship_days, row.promise_deliver_days) for row in settings.channels],
    )
    _table(
        con,
        "feed (channel_id VARCHAR, kind VARCHAR, fact VARCHAR, layout VARCHAR, is_part BOOLEAN)",
        [
            (feed.channel_id, feed.kind.name, feed.kind.fact, feed.kind.layout, feed.kind.is_part)
            for feed in feeds(settings)
        ],
    )
    _table(
        con,
        "service_code (code VARCHAR, line_type VARCHAR, adjustment_kind VARCHAR, is_prefix BOOLEAN)",
        _service_codes(),
    )


def _channels(settings: Settings) -> list[tuple]:
    return [
        (row.channel_id, row.channel_name, ",".join(row.network), row.threshold, row.share, row.max_quantity)
        for row in settings.channels
    ]


def _locations(settings: Settings) -> list[tuple]:
    return [
        (row.location_id, row.location_name, row.priority, row.is_active, row.facility_buffer)
        for row in settings.locations
    ]


def _service_codes() -> list[tuple]:
    """A code that ends in * stands for every code that begins so."""
    with _SERVICE_CODES.open(encoding="utf-8", newline="") as file:
        return [
            (code.removesuffix("*"), line_type, adjustment_kind or None, code.endswith("*"))
            for code, line_type, adjustment_kind in list(csv.reader(file))[1:]
        ]


def _table(con: duckdb.DuckDBPyConnection, declaration: str, rows: Sequence[tuple]) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {declaration}")
    session.insert(con, declaration.partition(" ")[0], rows)


def _mirror(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple]) -> None:
    """Make `table` hold `rows`; left alone where it does."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE wanted AS FROM {table} LIMIT 0")
    session.insert(con, "wanted", rows)
    if con.execute(sql("differences", table=table)).fetchone()[0]:
        con.execute(sql("mirror", table=table))
