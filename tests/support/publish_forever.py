"""Publishes one release after the other into the home it is given, until it is killed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from tests.support.home import settings_for
from warehouse import contracts, releases
from warehouse.releases import Release
from warehouse.settings import Settings

AS_OF = datetime(2011, 12, 10, tzinfo=UTC)


def marts_with(stages: int) -> duckdb.DuckDBPyConnection:
    """Every mart empty but for `dwell`, which has `stages` rows."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'; create schema marts")
    for contract in contracts.tables("marts").values():
        con.execute(contracts.ddl(contract))
    rows = f"select '2011-01-03', 'shopify', range::varchar, 1, 2, 3 from range({stages:d})"  # noqa: S608
    con.execute(f"insert into marts.dwell {rows}")
    return con


def publish(con: duckdb.DuckDBPyConnection, settings: Settings, **changes: object) -> Release:
    terms = {"as_of": AS_OF, "code_version": "abc", "run_id": "run-1"}
    return releases.publish(con, settings, **terms | changes)


def main(home: Path) -> None:
    settings, con = settings_for(home), marts_with(20_000)
    print("ready", flush=True)
    while True:
        con.execute("update marts.dwell set orders = orders + 1")
        publish(con, settings)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
