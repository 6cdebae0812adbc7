"""Handing published values to a channel, and the sink that writes them to a file.

At least once and in order, each under a key of its own: `attempts` is written down before the sink is asked,
`pushed_at` after it took the values. Only the newest value of a (channel, sku) is handed over; a receiver
keeps the one with the highest `publication_seq`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from oms_ops.alerting import file_sink
from oms_ops.store import OrderBook, publication
from oms_ops.units import instant, micros
from warehouse import lock
from warehouse.settings import Settings

Line = Mapping[str, object]


class SinkUnavailable(Exception):  # noqa: N818 - not an error of ours: the values wait for the next push
    """The channel cannot be reached now; says why."""


class ChannelSink(Protocol):
    """Where values go."""

    def accepted(self, keys: set[str]) -> set[str]:
        """Which of these it took already, as far as it can tell: a killed push may have handed them over."""
        ...

    def push(self, lines: Sequence[Line]) -> None:
        """Take all of them, in this order, or raise SinkUnavailable."""
        ...


@dataclass(frozen=True)
class FileSink:
    """One JSON object a line; exactly once, even when the writer is killed before remembering it."""

    path: Path

    def accepted(self, keys: set[str]) -> set[str]:
        return file_sink.keys_in(self.path, keys)

    def push(self, lines: Sequence[Line]) -> None:
        try:
            file_sink.cut_torn_end(self.path)
            file_sink.append(self.path, lines)
        except OSError as error:
            raise SinkUnavailable(f"{self.path}: {error.strerror or error}") from error


@dataclass(frozen=True)
class PushReport:
    pushed: int
    waiting: int
    reason: str = ""


def push(
    book: OrderBook,
    settings: Settings,
    *,
    now: datetime,
    sink: ChannelSink | None = None,
    wait_seconds: float = lock.WAIT_SECONDS,
) -> PushReport:
    """Hand over what waits, one process at a time. Without a `sink`: the file of the settings, if any."""
    sink = sink or sink_of(settings)
    if sink is None:
        with book.read() as con:
            return PushReport(0, len(publication.unpushed(con)), "no file is set under [publication]")
    settings.home.mkdir(parents=True, exist_ok=True)
    with lock.exclusive(settings.home / "ats.lock", wait_seconds=wait_seconds):
        return _push(book, sink, at=micros(now))


def sink_of(settings: Settings) -> ChannelSink | None:
    name = settings.publication.file
    return FileSink(settings.home / name) if name else None


def delivery_key(row: Mapping[str, object]) -> str:
    """The same value keeps its key; the instant in it parts a rebuilt book's values from the lost one's."""
    parts = (quote(str(row["channel_id"])), quote(str(row["sku"])))
    return f"{'/'.join(parts)}/{row['publication_seq']}-{row['computed_at']}"


def line_of(row: Mapping[str, object]) -> Line:
    return {
        "delivery_key": delivery_key(row),
        "publication_seq": row["publication_seq"],
        "channel_id": row["channel_id"],
        "sku": row["sku"],
        "available_to_sell": row["value"],
        "computed_at": instant(row["computed_at"]).isoformat(),
        "explanation": json.loads(row["terms"])["explanation"],
    }


def _push(book: OrderBook, sink: ChannelSink, *, at: int) -> PushReport:
    _settle(book, sink, at=at)
    with book.write() as con:
        rows = [row for row in publication.unpushed(con) if row["superseded_at"] is None]
        seqs = [row["publication_seq"] for row in rows]
        publication.count_attempt(con, seqs)
    if not rows:
        return PushReport(0, 0)
    try:
        sink.push([line_of(row) for row in rows])
    except SinkUnavailable as error:
        return PushReport(0, len(rows), str(error))
    with book.write() as con:
        publication.note(con, seqs, pushed_at=at)
    return PushReport(len(rows), 0)


def _settle(book: OrderBook, sink: ChannelSink, *, at: int) -> None:
    """What a killed push left open: handed over, or not."""
    with book.read() as con:
        unsure = {delivery_key(row): row for row in publication.unpushed(con) if row["attempts"]}
    if not unsure:
        return
    taken = sink.accepted(set(unsure))
    ended = [
        row["publication_seq"]
        for key, row in unsure.items()
        if key not in taken and row["superseded_at"] is not None
    ]
    with book.write() as con:
        publication.note(con, [unsure[key]["publication_seq"] for key in taken], pushed_at=at)
        publication.note(con, ended, attempts=0)
