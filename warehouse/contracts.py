"""Table contracts: grain, key, types, units and identities, read from `contracts/*.toml`.

DDL, column comments, blocking checks and the data dictionary all come from here; nothing here knows what a
table is for. A type that ends in "?" allows NULL.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from warehouse.errors import ContractError

SCHEMAS = ("raw", "core", "marts")
_FOLDER = Path(__file__).resolve().parent / "contracts"
_SPELLINGS = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    is_nullable: bool
    unit: str
    meaning: str

    @property
    def comment(self) -> str:
        return "; ".join(part for part in (self.meaning, f"unit: {self.unit}" if self.unit else "") if part)


@dataclass(frozen=True)
class Table:
    schema: str
    name: str
    grain: str
    key: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...]
    columns: tuple[Column, ...]
    identities: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def sql_name(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


@dataclass(frozen=True)
class CheckResult:
    check_name: str
    subject: str
    is_blocking: bool
    passed: bool
    violations: int
    detail: str


def quoted(identifier: str) -> str:
    """The one place where an identifier becomes SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text literal, for the few statements (comments, COPY targets) that take no bound value."""
    return "'" + text.replace("'", "''") + "'"


@cache
def tables(schema: str) -> dict[str, Table]:
    """Every table of a schema by its unqualified name, in the order of the contract file."""
    if schema not in SCHEMAS:
        raise ContractError(f"no contracts for schema {schema!r}; known: {', '.join(SCHEMAS)}")
    tree = tomllib.loads((_FOLDER / f"{schema}.toml").read_text(encoding="utf-8"))
    return {name: _table(schema, name, body) for name, body in tree.items()}


def table(full_name: str) -> Table:
    """The contract of `schema.name`."""
    schema, _, name = full_name.partition(".")
    known = tables(schema)
    if name not in known:
        raise ContractError(f"no contract for {full_name!r}; {schema} has {', '.join(known)}")
    return known[name]


def _table(schema: str, name: str, body: dict) -> Table:
    columns = tuple(_column(f"{schema}.{name}", row) for row in body["columns"])
    found = Table(
        schema=schema,
        name=name,
        grain=body["grain"],
        key=tuple(body["key"]),
        unique=tuple(tuple(names) for names in body.get("unique", [])),
        columns=columns,
        identities=tuple(body.get("identities", [])),
    )
    strangers = {name for names in (found.key, *found.unique) for name in names} - set(found.column_names)
    if strangers or len(set(found.column_names)) < len(columns):
        raise ContractError(
            f"contract {schema}.{name}: columns repeat, or keys name unknown ones {sorted(strangers)}"
        )
    return found


def _column(full_name: str, row: Sequence[str]) -> Column:
    if len(row) != 4:
        raise ContractError(f"contract {full_name}: a column is [name, type, unit, meaning], found {row}")
    name, kind, unit, meaning = row
    return Column(
        name=name, type=kind.removesuffix("?"), is_nullable=kind.endswith("?"), unit=unit, meaning=meaning
    )


def ddl(contract: Table, *, anew: bool = False) -> str:
    """CREATE TABLE, NOT NULL and comments; `anew` puts it in place of one that is there.

    Keys are checked, not indexed: an index costs time and memory.
    """
    columns = ",\n    ".join(
        f"{quoted(column.name)} {column.type}{'' if column.is_nullable else ' not null'}"
        for column in contract.columns
    )
    start, unless = ("create or replace table", "") if anew else ("create table", "if not exists ")
    create = f"{start} {unless}{contract.sql_name} (\n    {columns}\n);"
    return "\n".join([create, *_comments(contract)])


def _comments(contract: Table) -> Iterator[str]:
    yield f"comment on table {contract.sql_name} is {literal(contract.grain)};"
    for column in contract.columns:
        if column.comment:
            target = f"{contract.sql_name}.{quoted(column.name)}"
            yield f"comment on column {target} is {literal(column.comment)};"


def check(con: duckdb.DuckDBPyConnection, table_name: str) -> list[CheckResult]:
    """Columns as declared, key and unique sets unique, nothing NULL that must not be, identities true."""
    contract = table(table_name)
    columns = _check_columns(con, contract)
    if not columns.passed:
        return [columns]
    uniques = [("key", contract.key), *(("unique", names) for names in contract.unique)]
    return [
        columns,
        *_check_rows(con, contract),
        *(_check_unique(con, contract, label=label, names=names) for label, names in uniques),
    ]


def _result(contract: Table, name: str, *, violations: int, detail: str) -> CheckResult:
    return CheckResult(
        check_name=f"{contract.full_name}: {name}",
        subject=contract.full_name,
        is_blocking=True,
        passed=violations == 0,
        violations=violations,
        detail=detail,
    )


def _check_columns(con: duckdb.DuckDBPyConnection, contract: Table) -> CheckResult:
    try:
        described = con.execute(f"describe {contract.sql_name}").fetchall()
    except duckdb.CatalogException:
        described = []
    found = {name: kind for name, kind, *_ in described}
    declared = {column.name: _SPELLINGS.get(column.type, column.type) for column in contract.columns}
    faults = [
        *(f"missing {name}" for name in declared if name not in found),
        *(f"unexpected {name}" for name in found if name not in declared),
        *(
            f"{name} is {found[name]}, not {kind}"
            for name, kind in declared.items()
            if found.get(name, kind) != kind
        ),
    ]
    detail = ", ".join(faults) if found else "no such table"
    return _result(contract, "columns", violations=len(faults), detail=detail or f"{len(found)} as declared")


def _check_rows(con: duckdb.DuckDBPyConnection, contract: Table) -> list[CheckResult]:
    """One scan for every not-null and identity; an identity over a NULL is not a violation."""
    required = [column.name for column in contract.columns if not column.is_nullable]
    tests = [f"{quoted(name)} is null" for name in required]
    tests += [f"({identity}) is false" for identity in contract.identities]
    counts = ", ".join(f"count(*) filter (where {test})" for test in tests)
    rows, *found = con.execute(f"select count(*), {counts} from {contract.sql_name}").fetchone()  # noqa: S608
    nulls = {name: count for name, count in zip(required, found, strict=False) if count}
    detail = ", ".join(f"{name} is NULL in {count}" for name, count in nulls.items())
    results = [
        _result(
            contract,
            "not null",
            violations=sum(nulls.values()),
            detail=detail or f"{len(required)} columns, {rows} rows",
        )
    ]
    for identity, count in zip(contract.identities, found[len(required) :], strict=True):
        results.append(
            _result(contract, identity, violations=count, detail=f"{rows - count} of {rows} rows agree")
        )
    return results


def _check_unique(
    con: duckdb.DuckDBPyConnection, contract: Table, *, label: str, names: tuple[str, ...]
) -> CheckResult:
    columns = ", ".join(quoted(name) for name in names)
    repeated, example = con.execute(
        f"with repeated as (select {columns} from {contract.sql_name} group by all having count(*) > 1) "  # noqa: S608
        f"select count(*), min(row({columns})::varchar) from repeated"
    ).fetchone()
    detail = f"({', '.join(names)}) repeats, e.g. {example}" if repeated else f"({', '.join(names)})"
    return _result(contract, f"{label} ({', '.join(names)}) is unique", violations=repeated, detail=detail)
