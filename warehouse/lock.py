"""The one lock on the warehouse: an OS file lock that the kernel drops when its holder ends, however it ends.

Writers hold it alone, readers together. The file's content only serves the message to whoever waits.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from warehouse.errors import WarehouseBusy

WAIT_SECONDS = 60.0
_POLL_SECONDS = 0.05


@contextmanager
def exclusive(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock alone; `WarehouseBusy` names the holder after `wait_seconds`."""
    with _held(path, mode=fcntl.LOCK_EX, wait_seconds=wait_seconds) as file:
        file.write(f"{os.getpid()} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


@contextmanager
def shared(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock beside other readers, never beside a writer."""
    with _held(path, mode=fcntl.LOCK_SH, wait_seconds=wait_seconds):
        yield


@contextmanager
def _held(path: Path, *, mode: int, wait_seconds: float) -> Iterator[IO[str]]:
    with path.open("a+", encoding="ascii") as file:
        deadline = time.monotonic() + wait_seconds
        while not _try(file, mode=mode):
            if time.monotonic() >= deadline:
                raise WarehouseBusy(_busy_message(file, waited=wait_seconds))
            time.sleep(_POLL_SECONDS)
        if mode == fcntl.LOCK_EX:
            file.truncate(0)
        yield file


def _try(file: IO[str], *, mode: int) -> bool:
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _busy_message(file: IO[str], *, waited: float) -> str:
    file.seek(0)
    pid, _, since = file.read().partition(" ")
    if not since:
        return f"the warehouse is being read (waited {waited:g} s); wait for the reader or stop it"
    return f"another run (pid {pid}) is writing since {since} (waited {waited:g} s); wait for it or stop it"
