"""Order books on a private PostgreSQL server, fresh and already migrated, a few milliseconds each.

A book that was used is emptied and used again; one whose tables were altered is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from benchmarks.postgres import Server, private_server
from oms_ops.store import open_book
from oms_ops.store.tables import movement_kind, schema_migration

_TEMPLATE = "book"
_KEPT = [schema_migration.name, movement_kind.name]
_SHAPE = """
    SELECT md5(string_agg(concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull), ','
                          ORDER BY c.relname, a.attnum))
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'public'::regnamespace
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
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
            self._shape = _only(con, _SHAPE)
            self._tables = [name for (name,) in con.execute(_TABLES) if name not in _KEPT]

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
            if _only(con, _SHAPE) != self._shape:
                return False
            con.execute("SET LOCAL session_replication_role = replica")  # no foreign keys meanwhile
            for table in self._tables:
                con.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            con.execute("SELECT setval(c.oid, 1, false) FROM pg_class AS c WHERE c.relkind = 'S'")
        return True


def _only(con: psycopg.Connection, query: str) -> str:
    return con.execute(query).fetchone()[0]


@contextmanager
def postgres_books(*, durable: bool = False) -> Iterator[PostgresBooks]:
    with private_server(durable=durable) as server:
        yield PostgresBooks(server)
