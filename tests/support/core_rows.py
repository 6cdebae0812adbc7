"""Hand-made rows of any contract table: a test states the columns it is about, the rest get a plain value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from tests.support.home import settings_for
from warehouse import contracts
from warehouse.connection import writer
from warehouse.settings import Settings

PLAIN = {
    "VARCHAR": "",
    "BOOLEAN": False,
    "DATE": date(2011, 1, 1),
    "TIMESTAMPTZ": datetime(2011, 1, 1, tzinfo=UTC),
}
MOVEMENT_KINDS = {
    "received": {"on_hand": 1, "available": 1, "incoming": -1},
    "allocated": {"available": -1, "committed": 1},
    "released": {"available": 1, "committed": -1},
    "shipped": {"on_hand": -1, "committed": -1},
}


def at(text: str) -> datetime:
    """'2011-03-01 12:00' in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    """'2011-03-01 12:00' on the shop's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London"))


@contextmanager
def warehouse_of(home: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Settings]]:
    """A migrated warehouse with the channels, locations and movement kinds of the shipped settings."""
    settings = settings_for(home)
    with writer(settings) as con:
        for channel in settings.channels:
            add(
                con,
                "core.channel",
                channel_id=channel.channel_id,
                channel_name=channel.channel_name,
                network=",".join(channel.network),
                threshold=channel.threshold,
                share=channel.share,
                max_quantity=channel.max_quantity,
            )
        for place in settings.locations:
            add(
                con,
                "core.location",
                location_id=place.location_id,
                location_name=place.location_name,
                priority=place.priority,
                is_active=place.is_active,
                facility_buffer=place.facility_buffer,
            )
        for kind, signs in MOVEMENT_KINDS.items():
            add(con, "core.movement_kind", kind=kind, **signs)
        yield con, settings


def add(con: duckdb.DuckDBPyConnection, table_name: str, **row: object) -> None:
    contract = contracts.table(table_name)
    strangers = set(row) - set(contract.column_names)
    assert not strangers, f"{table_name} has no {strangers}"
    names = [column.name for column in contract.columns]
    values = [row.get(column.name, _plain(column)) for column in contract.columns]
    marks = ", ".join("?" for _ in names)
    columns = ", ".join(contracts.quoted(name) for name in names)
    con.execute(f"insert into {contract.sql_name} ({columns}) values ({marks})", values)  # noqa: S608


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict]:
    found = con.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _plain(column: contracts.Column) -> object:
    return None if column.is_nullable else PLAIN.get(column.type, 0)
