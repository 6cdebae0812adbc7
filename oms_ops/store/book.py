"""The order book's one engine: who may write when, and what differs between SQLite and PostgreSQL.

A writing transaction has the book to itself: a check and the claim that rests on it cannot be parted. Quick
reservations (store/reserving.py) run side by side on PostgreSQL, never beside such a writer
(docs/decisions/0002, 0030). Readers see one state and are not held up.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from oms_ops.store import migrations
from oms_ops.store.numbering import last_number, sequence_name
from oms_ops.store.tables import intake_mark, inventory_movement, order_event

BookConnection = Connection
STREAM = "core.intake_fact"
WRITER_LOCK = 7_305_551  # any fixed number: PostgreSQL's advisory lock of the book's writer
MARK_LOCKS = WRITER_LOCK << 40  # plus a movement number: "from here on I may still add some"
_BUSY_SECONDS = 60
# Pages after which SQLite copies its log into the database: a bulk run writes the same pages many times over.
_PAGES, _BULK_PAGES = 1_000, 32_768


class OrderBook:
    """An open order book. `write()` and `read()` are transactions; nothing else touches the database."""

    def __init__(self, engine: Engine, *, quick: Engine) -> None:
        """`quick`: the engine whose connections begin no transactions of their own."""
        self._engine = engine
        self._quick = quick
        self._own = threading.local()
        self._borrowed: weakref.WeakSet = weakref.WeakSet()

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @property
    def url(self) -> str:
        return self._engine.url.render_as_string(hide_password=False)

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """The one writing transaction. Not `durable`: consistent, but a power cut may undo the last ones."""
        with self._engine.connect() as con, queue(con.connection.driver_connection):
            options = con.execution_options(oms_begin="BEGIN IMMEDIATE", oms_durable=durable)
            with options.begin():
                yield options

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent state of the book, however many statements it takes to read it."""
        with self._engine.connect() as con, self._reading(con) as reading:
            yield reading

    @contextmanager
    def read_settled(self) -> Iterator[tuple[Connection, int]]:
        """`read()`, and the last movement number that no open transaction can still come in below.

        The horizon is read before the state: what is not in the state yet has a number above it.
        """
        with self._engine.connect() as con:
            horizon = None if self.is_sqlite else _horizon(con)
            with self._reading(con) as reading:
                last = last_number(reading, inventory_movement.c.movement_seq)
                yield reading, last if horizon is None else min(last, horizon)

    def driver_connection(self):
        """The driver's own connection of this thread, no transaction begun: for store/reserving.py.

        It is kept until the thread ends or the book is closed: taking one out of a pool costs as much as the
        statement. Where the server has ended it since, the driver finds out when it is used; it is replaced
        by the next call.
        """
        connection = getattr(self._own, "connection", None)
        if connection is None or (not self.is_sqlite and connection.closed):
            self._own.borrowed = self._quick.raw_connection()
            self._borrowed.add(self._own.borrowed)
            connection = self._own.connection = self._own.borrowed.driver_connection
        return connection

    @property
    def borrowed_connections(self) -> int:
        """How many threads hold a connection of their own now."""
        return len(self._borrowed)

    def close(self) -> None:
        for borrowed in list(self._borrowed):
            borrowed.close()
        self._quick.dispose()
        self._engine.dispose()

    def applied_through(self) -> int:
        """The last `apply_seq` whose fact stands in the book; 0 for none."""
        with self.read() as con:
            return applied_through(con)

    def last_event_seq(self) -> int:
        with self.read() as con:
            return last_number(con, order_event.c.event_seq)

    def last_movement_seq(self) -> int:
        with self.read() as con:
            return last_number(con, inventory_movement.c.movement_seq)

    @contextmanager
    def _reading(self, con: Connection) -> Iterator[Connection]:
        if not self.is_sqlite:
            con = con.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with con.begin():
            yield con


@contextmanager
def open_book(url: str) -> Iterator[OrderBook]:
    """The book at an SQLAlchemy `url`, created or migrated first."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine, quick = _engine(parsed), _quick_engine(parsed)
    book = OrderBook(engine, quick=quick)
    try:
        with book.read() as con:
            is_current = migrations.is_current(con)
        if not is_current:
            with book.write() as con:
                migrations.migrate(con)
        yield book
    finally:
        book.close()


@contextmanager
def queue(connection) -> Iterator[None]:
    """Wait in line for SQLite's one writing transaction; PostgreSQL keeps such a line itself.

    SQLite lets who finds the book locked sleep and try again, so that one of sixteen writers can wait for
    seconds. The kernel's file lock wakes them in turn, and a killed holder gives it up.
    """
    gate = getattr(connection, "gate", None)
    if gate is None:
        yield
        return
    fcntl.flock(gate, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(gate, fcntl.LOCK_UN)


def applied_through(con: Connection) -> int:
    mark = select(intake_mark.c.apply_seq).where(intake_mark.c.stream == STREAM)
    return con.execute(mark).scalar() or 0


def _horizon(con: Connection) -> int:
    """Where the movement numbers stand, or the lowest one at which an open transaction began to draw."""
    drawn = con.exec_driver_sql(
        f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence_name('movement')}"  # noqa: S608
    ).scalar_one()
    low = MARK_LOCKS >> 32
    marks = con.exec_driver_sql(
        "SELECT min((classid::bigint << 32) | objid::bigint) FROM pg_locks "
        "WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint BETWEEN %s AND %s "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (low, low + 255),
    ).scalar_one()
    con.rollback()  # the state is read in a transaction of its own, begun after this
    return drawn if marks is None else min(drawn, marks - MARK_LOCKS)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True)  # a server that was restarted is not a failed command
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    connect_args = {"timeout": _BUSY_SECONDS, "factory": _QueueingConnection}
    engine = create_engine(url, connect_args=connect_args)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _quick_engine(url: URL) -> Engine:
    """One connection a thread, however many threads; see `driver_connection`."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            connect_args={"timeout": _BUSY_SECONDS, "factory": _QueueingConnection},
            poolclass=NullPool,
            pool_reset_on_return=None,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool, pool_reset_on_return=None)


class _QueueingConnection(sqlite3.Connection):
    """SQLite's connection and the open lock file in which its writers stand in line."""

    gate: IO[bytes] | None = None


def _prepare_sqlite(connection: _QueueingConnection, _record) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "cache_size=-131072", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    (_, _, file), *_ = connection.execute("PRAGMA database_list").fetchall()
    if file:
        connection.gate = Path(f"{file}-writers").open("ab")  # noqa: SIM115 closed with the connection


def _begin_sqlite(con: Connection) -> None:
    options = con.get_execution_options()
    writes = "oms_begin" in options
    if writes:
        durable = options.get("oms_durable", True)
        con.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        con.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if durable else 'OFF'}")
        con.exec_driver_sql(f"PRAGMA wal_autocheckpoint={_PAGES if durable else _BULK_PAGES}")
    con.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(con: Connection) -> None:
    if "oms_begin" in con.get_execution_options():
        con.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
