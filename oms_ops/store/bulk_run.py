"""A bulk run, chunk by chunk: what it keeps between its transactions, and who writes them.

A small chunk is one transaction here. A large one is worked out here while a process beside this one writes
the chunk before it (store/beside.py): rules and database have a processor each. If somebody else wrote in
between, what was worked out is thrown away and the chunk is done here, with the book to itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from oms_ops.desk import Desk, Places
from oms_ops.store import numbering
from oms_ops.store import tables as t
from oms_ops.store.beside import Parcel, Writer
from oms_ops.store.book import STREAM, OrderBook, applied_through
from oms_ops.store.rows import Notebook, put_rows
from oms_ops.store.shelf import Shelf
from oms_ops.store.writing import write_journal


@dataclass(frozen=True)
class Done:
    """What one chunk did. `ignored`: facts about orders nobody has told us of, and orders told twice."""

    facts: int
    orders: int
    lines: int
    events: int
    movements: int
    ignored: int
    applied_through: int


Carry = Callable[[Desk, Sequence, int], Done | None]  # a chunk's facts above a mark, if any


class BulkRun:
    def __init__(
        self, book: OrderBook, places: Places, *, carry: Carry, keep_lines: int, beside_from: int
    ) -> None:
        """`beside_from`: facts in a chunk from which it is worth a process of its own to write it."""
        self._book = book
        self._places = places
        self._carry = carry
        self._keep_lines = keep_lines
        self._beside_from = beside_from
        self._writer: Writer | None = None
        self._in_flight: tuple[Sequence, Done] | None = None
        self._desk: Desk | None = None
        self._mark = 0

    def written(self, chunks: Iterable[Sequence]) -> Iterator[Done]:
        """What each chunk did, in order, once it is committed."""
        try:
            for chunk in chunks:
                if len(chunk) < self._beside_from:
                    yield from self._settle()
                    yield from self._here(chunk)
                else:
                    yield from self._beside(chunk)
            yield from self._settle()
        finally:
            if self._writer:
                self._writer.close()

    def _here(self, chunk: Sequence) -> list[Done]:
        with self._book.write(durable=False) as con:
            self._open(con)
            before = replace(self._desk.numbers)
            done = self._carry(self._desk, chunk, self._mark)
            if done is None:
                return []
            self._write(con, done)
            numbering.leave_numbers(con, before=before, after=self._desk.numbers)
        return [done]

    def _beside(self, chunk: Sequence) -> list[Done]:
        if self._desk is None:
            with self._book.write(durable=False) as con:
                self._open(con)
        mark, before, notebook = self._mark, replace(self._desk.numbers), Notebook()
        with self._book.read() as con:
            self._desk.shelf.con = con
            done = self._carry(self._desk, chunk, mark)
            if done is not None:
                self._write(notebook, done)
        earlier = self._settle()
        if self._desk is None:
            return earlier + self._here(chunk)
        if done is not None:
            self._writer = self._writer or Writer(self._book.url)
            after = replace(self._desk.numbers)
            self._writer.send(Parcel(mark, before, after, notebook.statements))
            self._in_flight = (chunk, done)
        return earlier

    def _settle(self) -> list[Done]:
        """Wait for the chunk that is being written. The desk is gone where it rested on an older state."""
        if self._in_flight is None:
            return []
        (chunk, done), self._in_flight = self._in_flight, None
        if self._writer.is_written():
            return [done]
        self._desk = None
        redone = self._here(chunk)
        self._desk = None
        return redone

    def _open(self, con: Connection) -> None:
        """Set the desk to the state the book has in this transaction.

        Whoever changes orders or stock gives out a number: while they are our own last ones, what is on the
        shelf is still true; else it is read anew.
        """
        self._mark = applied_through(con)
        numbers = numbering.numbers(con)
        if self._desk is None or self._desk.numbers != numbers:
            self._desk = Desk(Shelf(con, preload=True), self._places, numbers=numbers)
        self._desk.shelf.con = con

    def _write(self, target: Connection | Notebook, done: Done) -> None:
        """What the desk did and the position reached."""
        written = write_journal(target, self._desk, shelf=self._desk.shelf)
        put_rows(target, t.intake_mark, [(STREAM, done.applied_through)])
        self._desk.shelf.tidy(written, keep_lines=self._keep_lines)
        self._mark = done.applied_through
