"""Bulk statements on rows as tuples in column order: the driver's own `executemany` and `fetchall`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection, Table

_KEYS_AT_ONCE = 5_000


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


def write_rows(con: Connection, table: Table, rows: Sequence[tuple]) -> None:
    if rows:
        con.exec_driver_sql(_insertion(con, table), list(rows))


def put_rows(con: Connection, table: Table, rows: Sequence[tuple]) -> None:
    """Insert rows, or replace the ones that have the same key."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    others = [column.name for column in table.columns if column.name not in keys]
    replacement = ["ON CONFLICT (", ", ".join(keys), ") DO UPDATE SET"]
    values = ", ".join(f"{name} = excluded.{name}" for name in others)
    con.exec_driver_sql(" ".join([_insertion(con, table), *replacement, values]), list(rows))


def update_rows(con: Connection, table: Table, rows: Sequence[tuple], *, names: Sequence[str]) -> None:
    """Set the columns `names` in rows found by key: each tuple has their values, then the key's."""
    if not rows:
        return
    mark = _mark(con)
    assignments = ", ".join(f"{name} = {mark}" for name in names)
    key = " AND ".join(f"{column.name} = {mark}" for column in table.primary_key.columns)
    con.exec_driver_sql(" ".join(["UPDATE", _name(con, table), "SET", assignments, "WHERE", key]), list(rows))


def delete_rows(con: Connection, table: Table, keys: Sequence[tuple]) -> None:
    """Rows found by key are no more."""
    if keys:
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
