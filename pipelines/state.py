"""What each stage last ran on, so that a stage whose inputs have not changed does nothing.

One row per stage in `meta.stage_state`. A fingerprint is any string that changes when an input changes. What
a stage has to remember besides, from run to run, is a table of its own.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import polars as pl

CREATE = """
CREATE TABLE IF NOT EXISTS meta.stage_state (
    stage VARCHAR PRIMARY KEY,
    fingerprint VARCHAR NOT NULL,
    as_of TIMESTAMPTZ NOT NULL,
    run_id VARCHAR NOT NULL
)"""


def fingerprint(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(repr, parts)).encode()).hexdigest()[:24]


def is_there(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    space, name = table.split(".")
    query = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
    return con.execute(query, [space, name]).fetchone() is not None


def recorded(con: duckdb.DuckDBPyConnection, stage: str) -> tuple[str, datetime] | None:
    """The fingerprint and as-of instant the stage last finished with, or None."""
    if not is_there(con, "meta.stage_state"):
        return None
    return con.execute("SELECT fingerprint, as_of FROM meta.stage_state WHERE stage = ?", [stage]).fetchone()


def is_current(con: duckdb.DuckDBPyConnection, stage: str, mark: str) -> bool:
    row = recorded(con, stage)
    return row is not None and row[0] == mark


def record(con: duckdb.DuckDBPyConnection, stage: str, mark: str, *, as_of: datetime, run_id: str) -> None:
    con.execute(CREATE)
    con.execute("INSERT OR REPLACE INTO meta.stage_state VALUES (?, ?, ?, ?)", [stage, mark, as_of, run_id])


def kept(con: duckdb.DuckDBPyConnection, table: str, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """A table of `keep`, as it was left; empty, of these columns, where none has been kept yet."""
    import polars as pl

    return con.table(table).pl() if is_there(con, table) else pl.DataFrame(schema=schema)


def keep(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """A working table of our own, replaced whole; not a mart, never published."""
    con.execute(" ".join(["DROP TABLE IF EXISTS", table]))
    con.from_arrow(frame.to_arrow()).create(table)
