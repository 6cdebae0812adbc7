"""The order book's one engine: who may write when, and what differs between SQLite and PostgreSQL.

On either database one transaction writes at a time: a check and the claim that rests on it cannot be parted,
and sequence numbers become visible in order (docs/decisions/0002). Readers see one state and are not held up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.engine import URL

from oms_ops.store import migrations
from oms_ops.store.tables import intake_mark, inventory_movement, order_event

BookConnection = Connection
STREAM = "core.intake_fact"
_WRITER_LOCK = 7_305_551  # any fixed number: PostgreSQL's advisory lock of the book's writer
_BUSY_SECONDS = 60


class OrderBook:
    """An open order book. `write()` and `read()` are transactions; nothing else touches the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """The one writing transaction. Not `durable`: consistent, but a power cut may undo the last ones."""
        with self._engine.connect() as con:
            options = con.execution_options(oms_begin="BEGIN IMMEDIATE", oms_durable=durable)
            with options.begin():
                yield options

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent state of the book, however many statements it takes to read it."""
        with self._engine.connect() as con:
            if not self.is_sqlite:
                con = con.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with con.begin():
                yield con

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
def open_book(url: str) -> Iterator[OrderBook]:
    """The book at an SQLAlchemy `url`, created or migrated first."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(parsed)
    book = OrderBook(engine)
    try:
        with book.read() as con:
            is_current = migrations.is_current(con)
        if not is_current:
            with book.write() as con:
                migrations.migrate(con)
        yield book
    finally:
        engine.dispose()


def applied_through(con: Connection) -> int:
    mark = select(intake_mark.c.apply_seq).where(intake_mark.c.stream == STREAM)
    return con.execute(mark).scalar() or 0


def last_number(con: Connection, column) -> int:
    return con.execute(select(func.max(column))).scalar() or 0


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True)  # a server that was restarted is not a failed command
        event.listen(engine, "begin", _begin_postgresql)
        return engine
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection, _record) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "cache_size=-131072", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(con: Connection) -> None:
    options = con.get_execution_options()
    writes = "oms_begin" in options
    if writes:
        durable = options.get("oms_durable", True)
        con.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        con.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if durable else 'OFF'}")
    con.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(con: Connection) -> None:
    if "oms_begin" in con.get_execution_options():
        con.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
