"""The intake's part of a warehouse connection: variables, macros, small tables, and CSV headers by place."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from oms_ops.channels import Feed, Kind
from oms_ops.intake.reading import header_names
from oms_ops.intake.sql_files import sql
from warehouse.contracts import quoted
from warehouse.settings import Settings


def begin(con: duckdb.DuckDBPyConnection, settings: Settings, *, run_id: str) -> None:
    con.execute("SET VARIABLE shop_zone = ?", [settings.shop.zone])
    con.execute("SET VARIABLE run_id = ?", [run_id])
    con.execute(sql("macros"))
    con.execute(sql("staging"))


def point_at(con: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Make `feed` the one that the SQL files mean."""
    con.execute("SET VARIABLE channel_id = ?", [feed.channel_id])
    con.execute("SET VARIABLE kind = ?", [feed.kind.name])
    con.execute("SET VARIABLE partner_kind = ?", [feed.kind.partner])


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple]) -> None:
    """Rows by position, in one statement; `table` is a name of our own code."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        slots = ", ".join(["unnest(?)"] * len(columns))
        con.execute(f"INSERT INTO {table} SELECT {slots}", columns)


def csv_headers(con: duckdb.DuckDBPyConnection, kind: Kind, headers: str) -> None:
    """csv_header: width and places of the known columns of each header that the query `headers` finds."""
    if kind.layout != "csv":
        return
    found = [header for (header,) in con.execute(headers).fetchall() if header is not None]
    places = ", ".join(f"{quoted(column)} INTEGER" for column in kind.named)
    con.execute(f"CREATE OR REPLACE TEMP TABLE csv_header (header VARCHAR, width INTEGER, {places})")
    rows = []
    for header in found:
        names = header_names(header)
        places_of = {name: place for place, name in enumerate(names, start=1)}
        rows.append((header, len(names), *(places_of.get(column) for column in kind.named)))
    insert(con, "csv_header", rows)


def csv_names(kind: Kind) -> str:
    """The known columns of a row, by name: fields picked from their places, empty ones NULL."""
    return ", ".join(
        f"nullif(trim(field[csv_header.{quoted(column)}]), '') AS {quoted(column)}" for column in kind.named
    )
