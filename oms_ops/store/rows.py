"""Bulk statements on rows as tuples in column order: the driver's own `executemany`, COPY and `fetchall`.

Where a statement would be given to a connection, it can be given to a notebook instead, to be carried out by
another process (store/beside.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Select, Table

_KEYS_AT_ONCE = 5_000
_COPY_FROM = 100  # rows from which PostgreSQL's COPY is worth its round trips

_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


@dataclass
class Notebook:
    """Statements in order: what to do, the table's name, its rows, and the columns an update sets."""

    statements: list[tuple[str, str, list[tuple], tuple[str, ...]]] = field(default_factory=list)

    def note(self, what: str, table: Table, rows: Sequence[tuple], names: Sequence[str] = ()) -> None:
        if rows:
            self.statements.append((what, f"{table.name}", list(rows), tuple(names)))


Target = Connection | Notebook


def carry_out(con: Connection, statements: Iterable[tuple], *, tables: Mapping[str, Table]) -> None:
    """The statements of a notebook."""
    for what, name, rows, names in statements:
        if what == "update":
            update_rows(con, tables[name], rows, names=names)
        else:
            _WRITE[what](con, tables[name], rows)


def find_rows(con: Connection, table: Table, column: str, *, keys: Iterable) -> Iterator[tuple]:
    """Rows whose `column` is among `keys`, as the driver's own tuples, in the order of the table's key."""
    keys = list(keys)
    names = ", ".join(field.name for field in table.columns)
    order = ", ".join(field.name for field in table.primary_key.columns)
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        batch = tuple(keys[start : start + _KEYS_AT_ONCE])
        marks = ", ".join([_mark(con)] * len(batch))
        query = [
            "SELECT",
            names,
            "FROM",
            _name(con, table),
            "WHERE",
            column,
            "IN (",
            marks,
            ") ORDER BY",
            order,
        ]
        yield from con.exec_driver_sql(" ".join(query), batch).cursor.fetchall()


def write_rows(con: Target, table: Table, rows: Sequence[tuple]) -> None:
    if isinstance(con, Notebook):
        con.note("write", table, rows)
    elif len(rows) > _COPY_FROM and con.dialect.name == "postgresql":
        _copy(con, table, rows)
    elif rows:
        con.exec_driver_sql(_insertion(con, table), list(rows))


def _copy(con: Connection, table: Table, rows: Sequence[tuple]) -> None:
    """PostgreSQL's COPY: a tenth of the time of as many INSERTs."""
    names = ", ".join(column.name for column in table.columns)
    cursor = con.connection.cursor()
    with cursor.copy(" ".join(["COPY", _name(con, table), "(", names, ") FROM STDIN"])) as copy:
        for row in rows:
            copy.write_row(row)


def write_events(con: Target, table: Table, rows: Sequence[tuple]) -> None:
    """Rows whose `detail` is a mapping, stored as JSON."""
    if isinstance(con, Notebook):
        con.note("events", table, rows)
        return
    at = [column.name for column in table.columns].index("detail")
    write_rows(con, table, [(*row[:at], _encode(row[at]), *row[at + 1 :]) for row in rows])


def put_rows(con: Target, table: Table, rows: Sequence[tuple]) -> None:
    """Insert rows, or replace the ones that have the same key."""
    if isinstance(con, Notebook):
        con.note("put", table, rows)
        return
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    others = [column.name for column in table.columns if column.name not in keys]
    replacement = ["ON CONFLICT (", ", ".join(keys), ") DO UPDATE SET"]
    values = ", ".join(f"{name} = excluded.{name}" for name in others)
    con.exec_driver_sql(" ".join([_insertion(con, table), *replacement, values]), list(rows))


def update_rows(con: Target, table: Table, rows: Sequence[tuple], *, names: Sequence[str]) -> None:
    """Set the columns `names` in rows found by key: each tuple has their values, then the key's."""
    if isinstance(con, Notebook):
        con.note("update", table, rows, names)
        return
    if not rows:
        return
    mark = _mark(con)
    assignments = ", ".join(f"{name} = {mark}" for name in names)
    key = " AND ".join(f"{column.name} = {mark}" for column in table.primary_key.columns)
    con.exec_driver_sql(" ".join(["UPDATE", _name(con, table), "SET", assignments, "WHERE", key]), list(rows))


def dicts(con: Connection, query: Select) -> list[dict]:
    """What a query finds, each row by its columns' names."""
    return [dict(row) for row in con.execute(query).mappings()]


def delete_rows(con: Target, table: Table, keys: Sequence[tuple]) -> None:
    """Rows found by key are no more."""
    if isinstance(con, Notebook):
        con.note("delete", table, keys)
    elif keys:
        key = " AND ".join(f"{column.name} = {_mark(con)}" for column in table.primary_key.columns)
        con.exec_driver_sql(" ".join(["DELETE FROM", _name(con, table), "WHERE", key]), list(keys))


def _insertion(con: Connection, table: Table) -> str:
    names = [column.name for column in table.columns]
    marks = ", ".join([_mark(con)] * len(names))
    return " ".join(["INSERT INTO", _name(con, table), "(", ", ".join(names), ") VALUES (", marks, ")"])


def _name(con: Connection, table: Table) -> str:
    return con.dialect.identifier_preparer.quote(table.name)


def _mark(con: Connection) -> str:
    return "?" if con.dialect.name == "sqlite" else "%s"


_WRITE: Mapping[str, Callable] = {
    "write": write_rows,
    "events": write_events,
    "put": put_rows,
    "delete": delete_rows,
}
