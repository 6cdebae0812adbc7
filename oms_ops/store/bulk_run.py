"""What a bulk run keeps between its transactions: the shelf, the last numbers given out, the position."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from oms_ops.desk import Desk, Numbers, Places
from oms_ops.store import numbering
from oms_ops.store import tables as t
from oms_ops.store.book import STREAM, applied_through
from oms_ops.store.rows import put_rows
from oms_ops.store.shelf import Shelf
from oms_ops.store.writing import write_journal


class BulkRun:
    def __init__(self, places: Places, *, keep_lines: int) -> None:
        self.applied_through = 0
        self._places = places
        self._keep_lines = keep_lines
        self._desk: Desk | None = None
        self._before = Numbers()

    def open(self, con: Connection) -> Desk:
        """The desk, at the state the book has in this transaction.

        Whoever changes orders or stock gives out a number: while they are our own last ones, what is on the
        shelf is still true; else it is read anew.
        """
        self.applied_through = applied_through(con)
        numbers = numbering.numbers(con)
        if self._desk is None or self._desk.numbers != numbers:
            self._desk = Desk(Shelf(con, preload=True), self._places, numbers=numbers)
        self._desk.shelf.con = con
        self._before = replace(numbers)
        return self._desk

    def close(self, con: Connection, *, applied_through: int) -> None:
        """Write what the desk did and the position reached."""
        desk = self._desk
        write_journal(con, desk, shelf=desk.shelf)
        put_rows(con, t.intake_mark, [(STREAM, applied_through)])
        numbering.leave_numbers(con, before=self._before, after=desk.numbers)
        desk.shelf.tidy(keep_lines=self._keep_lines)
