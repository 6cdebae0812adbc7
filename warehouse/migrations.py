"""Schema migrations of the warehouse file, each recorded in `meta.migration` in its own transaction.

A table that a contract declares and the file lacks is created from the contract. A change to a table that
exists is a numbered file in `sql/migrations`, which leaves a table that is not there yet alone (IF EXISTS).
A new file starts from the contracts, which already hold every change: there the numbered files are recorded,
not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from warehouse import contracts
from warehouse.errors import WarehouseUnusable
from warehouse.transaction import transaction

FOLDER = Path(__file__).resolve().parent / "sql" / "migrations"
_BASE = """
create schema if not exists meta;
create schema if not exists raw;
create schema if not exists staging;
create schema if not exists core;
create schema if not exists marts;
create table if not exists meta.migration (
    name varchar primary key,
    applied_at timestamptz not null default current_timestamp
);
"""


def migrate(con: duckdb.DuckDBPyConnection, *, files: Mapping[str, str] | None = None) -> list[str]:
    """Bring the file to the current schema; returns the names of what was applied now, in order.

    `files` is name to SQL of the numbered changes, in order; by default those in `sql/migrations`.
    """
    changes = _files() if files is None else files
    recorded = _recorded(con)
    creations = {f"create {name}": contract for name, contract in _declared().items()}
    _refuse_newer(recorded, known={*changes, *creations})
    if not recorded:
        statements = [_BASE, *map(contracts.ddl, creations.values())]
        _run(con, statements=statements, names=[*changes, *creations])
        return [*changes, *creations]
    applied = [name for name in (*changes, *creations) if name not in recorded]
    for name in applied:
        statement = changes[name] if name in changes else contracts.ddl(creations[name])
        _run(con, statements=[statement], names=[name])
    return applied


def _files() -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("[0-9]*.sql"))}


def _declared() -> dict[str, contracts.Table]:
    return {
        found.full_name: found for schema in contracts.SCHEMAS for found in contracts.tables(schema).values()
    }


def _recorded(con: duckdb.DuckDBPyConnection) -> set[str]:
    try:
        found = con.execute("select name from meta.migration").fetchall()
    except duckdb.CatalogException:  # a new file
        return set()
    return {name for (name,) in found}


def _refuse_newer(recorded: set[str], *, known: set[str]) -> None:
    """A numbered change this code does not know is newer code; a dropped contract table is harmless."""
    strangers = sorted(name for name in recorded - known if not name.startswith("create "))
    if strangers:
        raise WarehouseUnusable(
            f"the warehouse was written by a newer version (it has migration {strangers[-1]}); "
            "update the code, or start with an empty home"
        )


def _run(con: duckdb.DuckDBPyConnection, *, statements: list[str], names: list[str]) -> None:
    with transaction(con):
        for statement in statements:
            con.execute(statement)
        con.execute("insert into meta.migration (name) select unnest(?)", [names])
