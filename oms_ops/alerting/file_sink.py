"""Alerts appended to a file, one JSON object a line; exactly once, even when killed before remembering it.

Whoever writes holds the delivery lock, so a last line without an end is a killed writer's and is cut off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path


def append(path: Path, lines: Iterable[Mapping[str, object]]) -> None:
    """Write all lines in one append and wait until they are on the disk. OSError where that is impossible."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        _write_all(descriptor, text.encode("utf-8"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cut_torn_end(path: Path) -> None:
    """Remove a last line that was never finished."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        keep = _end_of_last_line(file)
        if keep != file.seek(0, os.SEEK_END):
            file.truncate(keep)
            os.fsync(file.fileno())


def keys_in(path: Path, wanted: set[str]) -> set[str]:
    """Which of the `wanted` delivery keys stand in the file already."""
    if not wanted or not path.exists():
        return set()
    with path.open(encoding="utf-8", errors="replace") as file:
        return {key for key in map(_key, file) if key in wanted}


def _key(line: str) -> str | None:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return None
    return entry.get("delivery_key") if isinstance(entry, dict) else None


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _end_of_last_line(file, *, block: int = 65536) -> int:
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - block)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
