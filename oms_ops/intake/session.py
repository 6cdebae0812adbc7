"""The intake's part of a warehouse connection: variables, macros, and CSV headers by place."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from oms_ops.channels import Kind
from oms_ops.intake.reading import header_names
from oms_ops.intake.sql_files import sql
from warehouse.contracts import quoted
from warehouse.settings import Settings


def begin(con: duckdb.DuckDBPyConnection, settings: Settings, *, run_id: str) -> None:
    con.execute("SET VARIABLE shop_zone = ?", [settings.shop.zone])
    con.execute("SET VARIABLE run_id = ?", [run_id])
    con.execute(sql("macros"))
    con.execute(sql("staging"))


def roll_back(con: duckdb.DuckDBPyConnection) -> None:
    """After a failure; a failed commit leaves nothing to roll back."""
    with suppress(duckdb.Error):
        con.rollback()


def csv_headers(con: duckdb.DuckDBPyConnection, kind: Kind, headers: str) -> None:
    """csv_header: for each header that the query `headers` finds, its width and the place of every known column."""
    if kind.layout != "csv":
        return
    found = [header for (header,) in con.execute(headers).fetchall() if header is not None]
    places = ", ".join(f"{quoted(column)} INTEGER" for column in kind.columns)
    con.execute(f"CREATE OR REPLACE TEMP TABLE csv_header (header VARCHAR, width INTEGER, {places})")
    slots = ", ".join("?" * (2 + len(kind.columns)))
    for header in found:
        names = header_names(header)
        row = [header, len(names), *(names.index(column) + 1 for column in kind.columns)]
        con.execute(f"INSERT INTO csv_header VALUES ({slots})", row)


def csv_names(kind: Kind) -> str:
    """The known columns of a row, by name: fields picked from their places, empty ones NULL."""
    return ", ".join(
        f"nullif(trim(field[csv_header.{quoted(column)}]), '') AS {quoted(column)}" for column in kind.columns
    )
