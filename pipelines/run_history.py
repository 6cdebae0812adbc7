"""Dagster's run history with its files kept open while this process runs.

A run writes hundreds of events; Dagster's own storage opens, compiles for, syncs and closes a file for each.
The files stay as Dagster's UI reads them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.sql import create_engine

WAIT_SECONDS = 30  # for another process that writes the same file


def instance(folder: Path) -> dg.DagsterInstance:
    """The instance of a folder with a dagster.yaml."""
    storages = {"event_log_storage": ("EventLog", "history/runs"), "run_storage": ("Runs", "history")}
    kept_open = {
        name: {"module": __name__, "class": kind, "config": {"base_dir": str(folder / place)}}
        for name, (kind, place) in storages.items()
    }
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides=kept_open))


class EventLog(SqliteEventLogStorage):
    """One file a run, and one of all runs' assets."""

    def __init__(self, base_dir: str, inst_data: object = None) -> None:
        self._engines: dict[str, Any] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: object, config_value: Mapping[str, str]) -> EventLog:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Any]:
        with self._db_lock:
            with self._opened(shard).begin() as connection:
                yield connection
            os.utime(self.path_for_shard(shard))  # the UI watches it; what is written goes beside it

    def has_table(self, table_name: str) -> bool:
        engine = self._opened(INDEX_SHARD_NAME)
        with engine.connect() as connection:
            return engine.dialect.has_table(connection, table_name)

    def _opened(self, shard: str) -> Any:
        if shard not in self._engines:
            engine = _engine(self.conn_string_for_shard(shard))
            self._initdb(engine)
            self._engines[shard] = engine
        return self._engines[shard]

    def dispose(self) -> None:
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()


class Runs(SqliteRunStorage):
    """The file of runs and how they ended."""

    def __init__(self, conn_string: str, inst_data: object = None) -> None:
        self._engine = _engine(conn_string)
        super().__init__(conn_string, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: object, config_value: Mapping[str, str]) -> Runs:
        return cls.from_local(inst_data=inst_data, **config_value)

    @contextmanager
    def connect(self) -> Iterator[Any]:
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        super().dispose()
        self._engine.dispose()


def _engine(address: str) -> Any:
    """A commit outlives this process; the last ones may not outlive the machine, and nothing breaks."""
    found = create_engine(address, connect_args={"timeout": WAIT_SECONDS})
    with found.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
    return found
