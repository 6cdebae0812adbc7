"""Runs the invariants' SQL on the book, and sets the balances right from the ledger."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from oms_ops.ledger import QUANTITIES
from oms_ops.store import publication
from oms_ops.store import stock_tables as s
from oms_ops.store import tables as t
from oms_ops.store.rows import put_rows, update_rows
from warehouse.sql_files import read_sql

_FOLDER = Path(__file__).resolve().parent.parent / "sql" / "invariants"


def violations(con: Connection, name: str) -> list[tuple[str, int, int]]:
    """(subject, found, expected) of every row the statement `name` finds."""
    return [(row[0], int(row[1]), int(row[2])) for row in con.execute(text(read_sql(_FOLDER, name)))]


def drifted(con: Connection) -> list[tuple[int, str, list[int], list[int]]]:
    """(stock_no, subject, stored balance, the ledger's) where the two differ."""
    rows = con.execute(text(read_sql(_FOLDER, "I2"))).all()
    size = len(QUANTITIES)
    return [(row[0], row[1], [*map(int, row[2 : 2 + size])], [*map(int, row[2 + size :])]) for row in rows]


def restore(con: Connection) -> None:
    """Balances that differ become what the ledger says."""
    rows = [(*ledger, stock_no) for stock_no, _, _, ledger in drifted(con)]
    update_rows(con, t.stock_balance, rows, names=QUANTITIES)
    if rows:
        publication.forget_mark(con)


def drifted_lots(con: Connection) -> list[tuple]:
    """(subject, on hand stored, by its movements, set aside stored, by its movements, stock_no, lot code)."""
    return [
        (row[0], *map(int, row[1:6]), row[6]) for row in con.execute(text(read_sql(_FOLDER, "L1_movements")))
    ]


def restore_lots(con: Connection) -> None:
    """Lots that differ become what their movements say."""
    rows = [(row[5], row[6], row[2], row[4]) for row in drifted_lots(con)]
    put_rows(con, s.stock_lot, rows)
