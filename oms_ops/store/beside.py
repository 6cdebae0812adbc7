"""The process beside a bulk run that writes its chunks, and the pipe to it.

It reads parcels from its input and answers each with one byte. It writes a parcel in one transaction, and
only into the book the parcel was worked out for: where anybody has written since, it says so and changes
nothing. It ends with its input, so that a killed run leaves no half of a chunk.
"""

from __future__ import annotations

import marshal
import os
import struct
import subprocess
import sys
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import IO

from oms_ops.desk import Numbers
from oms_ops.errors import OmsError
from oms_ops.store import numbering
from oms_ops.store import tables as t
from oms_ops.store.book import OrderBook, applied_through, open_book
from oms_ops.store.rows import carry_out

_ROOT = str(Path(__file__).resolve().parent.parent.parent)
_START = f"import sys; sys.path.insert(0, {_ROOT!r}); from oms_ops.store import beside; beside.main()"
_SIZE = struct.Struct("<Q")
_WRITTEN, _OUTDATED = b"w", b"o"


@dataclass(frozen=True)
class Parcel:
    """A chunk's statements, and the book (position, last numbers) they were worked out for."""

    mark: int
    before: Numbers
    after: Numbers
    statements: list[tuple]

    def pack(self) -> bytes:
        return marshal.dumps((self.mark, astuple(self.before), astuple(self.after), self.statements))

    @classmethod
    def unpack(cls, packed: bytes) -> Parcel:
        mark, before, after, statements = marshal.loads(packed)
        return cls(mark, Numbers(*before), Numbers(*after), statements)


class Writer:
    """This end of the pipe. One parcel is on its way at a time."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def send(self, parcel: Parcel) -> None:
        packed = parcel.pack()
        try:
            self._process.stdin.write(_SIZE.pack(len(packed)))
            self._process.stdin.write(packed)
            self._process.stdin.flush()
        except BrokenPipeError:
            self._fail()

    def is_written(self) -> bool:
        """Wait for the answer: committed, or False where the book had moved on."""
        answer = self._process.stdout.read(1)
        if answer not in (_WRITTEN, _OUTDATED):
            self._fail()
        return answer == _WRITTEN

    def close(self) -> None:
        """The process ends when it has written what it was sent."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _fail(self) -> None:
        code = self._process.wait()
        raise OmsError(
            f"the process that writes the order book ended with {code}; its own message is above. What it "
            "had not committed is applied again by the next run"
        )


def write_parcels(book: OrderBook, parcels: IO[bytes], answers: IO[bytes]) -> None:
    """Until the input ends. A parcel cut short was never sent."""
    while len(head := parcels.read(_SIZE.size)) == _SIZE.size:
        (size,) = _SIZE.unpack(head)
        packed = parcels.read(size)
        if len(packed) < size:
            return
        answers.write(_WRITTEN if _write(book, Parcel.unpack(packed)) else _OUTDATED)
        answers.flush()


def _write(book: OrderBook, parcel: Parcel) -> bool:
    with book.write(durable=False) as con:
        if (applied_through(con), numbering.numbers(con)) != (parcel.mark, parcel.before):
            return False
        carry_out(con, parcel.statements, tables=t.metadata.tables)
        numbering.leave_numbers(con, before=parcel.before, after=parcel.after)
    return True


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else prints must not answer
    with open_book(sys.argv[1]) as book:
        write_parcels(book, sys.stdin.buffer, answers)
