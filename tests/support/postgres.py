"""Order books on a private PostgreSQL server, fresh and already migrated, a few milliseconds each.

A book that was used is emptied and used again; one whose tables were altered is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from benchmarks.postgres import Server, private_server
from oms_ops.store import open_book

_TEMPLATE = "book"
_COLUMNS = """
    SELECT md5(string_agg(concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull), ','
                          ORDER BY c.relname, a.attnum))
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'public'::regnamespace
"""
_ROWS = "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {} AS t"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_NUMBERS = "SELECT sequencename, coalesce(last_value, 1), last_value IS NOT NULL FROM pg_sequences"
_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class PostgresBooks:
    """Gives out URLs of empty books and takes them back."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._free: list[str] = []
        self._made = 0
        with psycopg.connect(server.conninfo(), autocommit=True) as con:
            con.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        with open_book(server.url(_TEMPLATE)):
            pass
        with psycopg.connect(server.conninfo(_TEMPLATE)) as con:
            rows = {table: _only(con, _ROWS, table) for (table,) in con.execute(_TABLES)}
            self._empty = [table for table, found in rows.items() if found is None]
            self._filled = [table for table, found in rows.items() if found is not None]
            self._shape = self._shape_of(con)
            self._numbers = con.execute(_NUMBERS).fetchall()

    @contextmanager
    def book(self) -> Iterator[str]:
        """The URL of an empty book; nobody can use it afterwards."""
        name = self._free.pop() if self._free else self._make()
        yield self.server.url(name)
        if self._is_emptied(name):
            self._free.append(name)

    def _make(self) -> str:
        self._made += 1
        name = f"book_{self._made}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        with psycopg.connect(self.server.conninfo(), autocommit=True) as con:
            con.execute(statement.format(sql.Identifier(name), sql.Identifier(_TEMPLATE)))
        return name

    def _is_emptied(self, name: str) -> bool:
        with psycopg.connect(self.server.conninfo(name)) as con:
            con.execute(f"SELECT pg_terminate_backend(pid, 10000) {_OTHERS}")
            if self._shape_of(con) != self._shape:
                return False
            con.execute("SET LOCAL session_replication_role = replica")  # no foreign keys meanwhile
            for table in self._empty:
                con.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            con.cursor().executemany("SELECT setval(quote_ident(%s)::regclass, %s, %s)", self._numbers)
        return True

    def _shape_of(self, con: psycopg.Connection) -> list[str]:
        """Fingerprints of the columns, and of the rows of every table that a new book has rows in."""
        return [_only(con, _COLUMNS), *(_only(con, _ROWS, table) for table in self._filled)]


def _only(con: psycopg.Connection, query: str, *tables: str) -> str | None:
    return con.execute(sql.SQL(query).format(*map(sql.Identifier, tables))).fetchone()[0]


@contextmanager
def postgres_books(*, durable: bool = False) -> Iterator[PostgresBooks]:
    with private_server(durable=durable) as server:
        yield PostgresBooks(server)
