"""Runs the invariants' SQL on the book, and sets the balances right from the ledger."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text

from oms_ops.ledger import QUANTITIES
from oms_ops.store import publication
from oms_ops.store import tables as t
from oms_ops.store.rows import update_rows

_FOLDER = Path(__file__).resolve().parent.parent / "sql" / "invariants"


def violations(con: Connection, name: str) -> list[tuple[str, int, int]]:
    """(subject, found, expected) of every row the statement `name` finds."""
    return [(row[0], int(row[1]), int(row[2])) for row in con.execute(text(_sql(name)))]


def drifted(con: Connection) -> list[tuple[int, str, list[int], list[int]]]:
    """(stock_no, subject, stored balance, the ledger's) where the two differ."""
    rows = con.execute(text(_sql("I2"))).all()
    size = len(QUANTITIES)
    return [(row[0], row[1], [*map(int, row[2 : 2 + size])], [*map(int, row[2 + size :])]) for row in rows]


def restore(con: Connection) -> int:
    """Balances that differ become what the ledger says; how many there were."""
    rows = drifted(con)
    update_rows(
        con, t.stock_balance, [(*ledger, stock_no) for stock_no, _, _, ledger in rows], names=QUANTITIES
    )
    if rows:
        publication.forget_mark(con)
    return len(rows)


@cache
def _sql(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
