"""How a question is put: its SQL stands in `sql/queries/<name>.sql`, its values are always bound.

No question lives here; those are the other modules of the package.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.errors import WarehouseError
from warehouse.sql_files import read_sql

if TYPE_CHECKING:
    import duckdb
    import polars as pl

SQL = Path(__file__).resolve().parents[1] / "sql" / "queries"
EVERYTHING = 1_000_000


class QueryError(WarehouseError, ValueError):
    """A query was asked for something it does not offer; the message names what it offers."""


def ask(con: duckdb.DuckDBPyConnection, name: str, **values: object) -> pl.DataFrame:
    return _execute(con, name, values).pl()


def tuples(con: duckdb.DuckDBPyConnection, name: str, **values: object) -> list[tuple]:
    """The answer without a frame: a command that lists a few names need not wait for polars."""
    return _execute(con, name, values).fetchall()


def holds(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the release has the table; one written before there was such a table has not."""
    found = con.execute("select count(*) from information_schema.tables where table_name = ?", [table])
    return found.fetchone()[0] > 0


def one_of(value: str, allowed: tuple[str, ...], *, what: str) -> str:
    if value not in allowed:
        raise QueryError(f"{what} {value!r} is unknown; known: {', '.join(allowed)}")
    return value


def _execute(
    con: duckdb.DuckDBPyConnection, name: str, values: dict[str, object]
) -> duckdb.DuckDBPyConnection:
    return con.execute(read_sql(SQL, name), values or None)
