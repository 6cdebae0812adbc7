"""What lies in the inbox, and which of it is new: a file is read until its every document is landed.

No file is opened here.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from oms_ops.channels import Feed
from oms_ops.intake.errors import IntakeError

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")
_SUFFIXES = {"json": (".jsonl", ".json"), "csv": (".csv",)}
_UNFINISHED = (".part", ".partial", ".tmp", ".swp", ".crdownload", "~")


@dataclass(frozen=True)
class Found:
    """One file in the inbox. `feed` is None, and `fault` says why, where it cannot belong to any.

    `day` is the start of the UTC day in the file's name, else of the day it was written.
    """

    path: str
    channel_id: str
    kind: str
    feed: Feed | None
    fault: str
    size_bytes: int
    modified_ns: int
    day: datetime


@dataclass(frozen=True)
class Known:
    """The last version of a file that was landed, or begun."""

    file_id: int
    size_bytes: int
    modified_ns: int
    landed_through: datetime | None
    next_sent_at: datetime | None


def find(inbox: Path, feeds: Iterable[Feed]) -> list[Found]:
    """Every file below <inbox>/<channel>/<kind>/, in order of its path."""
    if not inbox.is_dir():
        raise IntakeError(
            f"no inbox at {inbox}: create it and put the channels' files there "
            "(docs/channel-formats.md), or load the sample with `make run`"
        )
    by_name = {(feed.channel_id, feed.kind.name): feed for feed in feeds}
    return sorted(_walk(inbox, by_name), key=lambda found: found.path)


def _walk(inbox: Path, feeds: dict[tuple[str, str], Feed]) -> Iterator[Found]:
    channels = {channel_id for channel_id, _ in feeds}
    for channel in _folders(inbox):
        for kind in _folders(channel):
            feed = feeds.get((channel.name, kind.name))
            fault = "" if feed else _stranger(channel.name, kind.name, feeds, channels)
            with os.scandir(kind) as entries:
                for entry in entries:
                    if not entry.name.startswith(".") and not entry.name.endswith(_UNFINISHED):
                        yield from _found(entry, channel.name, kind.name, feed, fault)


def _folders(parent: Path) -> list[Path]:
    return [path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _stranger(channel: str, kind: str, feeds: dict[tuple[str, str], Feed], channels: set[str]) -> str:
    if channel not in channels:
        return f"no channel {channel!r} in the settings; known: {', '.join(sorted(channels))}"
    kinds = sorted(name for owner, name in feeds if owner == channel)
    return f"channel {channel} has no documents of kind {kind!r}; known: {', '.join(kinds)}"


def _found(entry: os.DirEntry, channel: str, kind: str, feed: Feed | None, fault: str) -> Iterator[Found]:
    try:
        status = entry.stat()
    except OSError:
        return  # gone since it was listed
    if stat.S_ISDIR(status.st_mode):
        return
    if feed and not entry.name.lower().endswith(_SUFFIXES[feed.kind.layout]):
        fault = f"{entry.name} does not end in {' or '.join(_SUFFIXES[feed.kind.layout])}"
    yield Found(
        path=f"{channel}/{kind}/{entry.name}",
        channel_id=channel,
        kind=kind,
        feed=None if fault else feed,
        fault=fault,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        day=_day(entry.name, modified_ns=status.st_mtime_ns),
    )


def _day(name: str, *, modified_ns: int) -> datetime:
    match = _DAY.match(name)
    try:
        if match:
            return datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    except ValueError:
        pass
    written = datetime.fromtimestamp(modified_ns / 1e9, UTC)
    return written.replace(hour=0, minute=0, second=0, microsecond=0)


def known_files(con: duckdb.DuckDBPyConnection) -> dict[str, Known]:
    """The newest version of every file seen so far, by path."""
    rows = con.execute(
        """
        SELECT path, file_id, size_bytes, modified_ns, landed_through, next_sent_at
        FROM raw.delivery_file
        QUALIFY row_number() OVER (PARTITION BY path ORDER BY file_id DESC) = 1
        """
    ).fetchall()
    return {path: Known(*row) for path, *row in rows}


def is_same(found: Found, known: Known) -> bool:
    return (found.size_bytes, found.modified_ns) == (known.size_bytes, known.modified_ns)


def is_due(found: Found, known: Known | None, *, as_of: datetime) -> bool:
    """Whether the file may hold a document, sent up to `as_of`, that is not landed."""
    if known is None or not is_same(found, known):
        return True
    if known.landed_through is None:
        return False
    return known.landed_through < as_of and (known.next_sent_at is None or known.next_sent_at <= as_of)
