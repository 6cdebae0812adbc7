"""The only place that opens the warehouse file: one writer at a time, or readers, never both.

DuckDB allows one writing process; the lock makes the second wait instead of failing. Whatever the machine
does to the file (no space, no permission, damage) leaves here as one error: what, where and what to do.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse import lock
from warehouse.errors import WarehouseBusy, WarehouseMissing, WarehouseUnusable
from warehouse.migrations import migrate
from warehouse.settings import Settings

__all__ = ["WarehouseBusy", "WarehouseMissing", "WarehouseUnusable", "reader", "writer"]

MEMORY_LIMIT = "3GB"
_FULL = ("No space left on device", "failed to offload", "max_temp_directory_size", "File too large")
_DAMAGED = ("not a valid DuckDB database", "Serialization Error", "checksum", "Could not read enough bytes")
_HEADER_BYTES = 3 * 4096
_FORBIDDEN = ("Permission denied", "Read-only file system")


@contextmanager
def writer(
    settings: Settings, *, wait_seconds: float = lock.WAIT_SECONDS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The one writing connection: UTC, migrated; waits for the lock, names its holder if it gives up."""
    path = settings.warehouse_path
    with _one_clear_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        settings.home.mkdir(parents=True, exist_ok=True)
        with lock.exclusive(_lock_path(settings), wait_seconds=wait_seconds):
            _clear_stillborn(path)
            shutil.rmtree(_spill_path(settings), ignore_errors=True)
            with _opened(settings) as con:
                migrate(con)
                yield con


@contextmanager
def reader(
    settings: Settings, *, wait_seconds: float = lock.WAIT_SECONDS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection; waits for a writer to finish. Dashboards read releases instead."""
    path = settings.warehouse_path
    if not path.exists():
        raise WarehouseMissing(f"there is no warehouse at {path} yet; run `oms run` first")
    with (
        _one_clear_error(path),
        lock.shared(_lock_path(settings), wait_seconds=wait_seconds),
        _opened(settings, read_only=True) as con,
    ):
        yield con


def _lock_path(settings: Settings) -> Path:
    return settings.home / "warehouse.lock"


def _spill_path(settings: Settings) -> Path:
    """Where a query that outgrows memory puts its pages; a killed process leaves them behind."""
    return settings.home / "warehouse.spill"


def _clear_stillborn(path: Path) -> None:
    """A process killed while it created the file leaves less than its three headers, and no data."""
    if path.exists() and path.stat().st_size < _HEADER_BYTES:
        head = path.read_bytes()
        if not head or head[8:12] == b"DUCK":
            path.unlink()


@contextmanager
def _opened(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    config = {"memory_limit": MEMORY_LIMIT, "temp_directory": str(_spill_path(settings))}
    con = duckdb.connect(str(settings.warehouse_path), read_only=read_only, config=config)
    try:
        con.execute("set TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


@contextmanager
def _one_clear_error(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        message = _explained(path, found=str(error))
        if message is None:
            raise
        raise WarehouseUnusable(message) from error
    except OSError as error:
        where = error.filename or path
        if error.errno == errno.ENOSPC:
            raise WarehouseUnusable(_full(path)) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise WarehouseUnusable(_forbidden(Path(where))) from error
        raise


def _explained(path: Path, *, found: str) -> str | None:
    """The sentence for what the machine did; None where the fault lies in the SQL or the data."""
    first = found.splitlines()[0] if found else found
    if any(sign in found for sign in _FULL):
        return _full(path)
    if any(sign in found for sign in _FORBIDDEN):
        return _forbidden(path) + f" ({first})"
    if "Could not set lock" in found or "Conflicting lock" in found:
        return f"{path} is open in another program that does not take turns ({first}); close it and run again"
    if any(sign in found for sign in _DAMAGED):
        return (
            f"the warehouse file {path} is damaged ({first}); put back a copy, or move it and the order book "
            "away and run again: both are rebuilt from the inbox, all but the planners' decisions"
        )
    return None


def _full(path: Path) -> str:
    free = os.statvfs(path.parent)
    return (
        f"the disk of {path.parent} is full ({free.f_bavail * free.f_frsize // 2**20} MiB left); "
        "free some space and run again: what was not committed is done anew, nothing is lost"
    )


def _forbidden(path: Path) -> str:
    return f"no permission for {path}; give this user access to it, or set OMS_HOME to another folder"
