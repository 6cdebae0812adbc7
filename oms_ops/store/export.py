"""Rows of the book for the warehouse's copy, as plain tuples, a range at a time, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, bindparam, select, text

from oms_ops.store import tables as t
from oms_ops.store.numbering import last_number
from warehouse.sql_files import read_sql

_FOLDER = Path(__file__).resolve().parent.parent / "sql" / "pull"
_ORDERS_AT_ONCE = 5_000


def last_event(con: Connection) -> int:
    return last_number(con, t.order_event.c.event_seq)


def last_movement(con: Connection) -> int:
    return last_number(con, t.inventory_movement.c.movement_seq)


def ranges(low: int, high: int, *, size: int) -> Iterator[tuple[int, int]]:
    """(above, up to) pairs that cover low < number <= high."""
    for start in range(low, high, size):
        yield start, min(start + size, high)


def events(con: Connection, low: int, high: int) -> list[tuple]:
    return _rows(con, "order_event", low=low, high=high)


def movements(con: Connection, low: int, high: int) -> list[tuple]:
    return _rows(con, "inventory_movement", low=low, high=high)


def postings(con: Connection, low: int, high: int) -> list[tuple]:
    return _rows(con, "posting", low=low, high=high)


def places(con: Connection) -> list[tuple]:
    """(stock_no, sku, location_id, the eight quantities)."""
    return _tuples(
        con, select(t.stock_balance).order_by(t.stock_balance.c.sku, t.stock_balance.c.location_id)
    )


def incoming_supply(con: Connection) -> list[tuple]:
    return _rows(con, "incoming_supply")


def orders_touched(con: Connection, *, after_event: int) -> list[int]:
    """Numbers of the orders something has happened to since."""
    event = t.order_event.c
    query = select(event.order_seq).where(event.event_seq > after_event).distinct()
    return sorted(con.execute(query).scalars())


def order_states(con: Connection, order_seqs: Sequence[int]) -> Iterator[list[tuple]]:
    statement = text(read_sql(_FOLDER, "order_state")).bindparams(bindparam("order_seqs", expanding=True))
    for start in range(0, len(order_seqs), _ORDERS_AT_ONCE):
        batch = order_seqs[start : start + _ORDERS_AT_ONCE]
        yield con.execute(statement, {"order_seqs": batch}).cursor.fetchall()


def _rows(con: Connection, name: str, **values: int) -> list[tuple]:
    return _tuples(con, text(read_sql(_FOLDER, name)), values)


def _tuples(con: Connection, statement, values: dict | None = None) -> list[tuple]:
    """The driver's own tuples: a million rows are not wrapped one by one."""
    return con.execute(statement, values or {}).cursor.fetchall()
