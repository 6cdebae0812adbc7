"""Builds a small published release from the table contracts, for tests that read releases."""

from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl

from oms_ops import decisions
from oms_ops.store import open_book
from tests.support.small_shop import AS_OF, Rows, sales
from tests.support.small_stock import stock_and_plans
from warehouse import contracts, releases
from warehouse.releases import Release
from warehouse.settings import Settings


def small_shop() -> Rows:
    rows = Rows()
    sales(rows)
    stock_and_plans(rows)
    return rows


def with_two_pools(rows: Rows) -> Rows:
    """The curve and the alerts' record also of two stock pools: LONDON fills less and is warned of more."""
    parts = {
        "policy_curve": {"LEICESTER": {"fill_rate": 0.97}, "LONDON": {"fill_rate": 0.88}},
        "alert_score": {
            "LEICESTER": {"stockouts": 190, "recall": 0.41}, "LONDON": {"stockouts": 110, "recall": 0.66}
        },
    }  # fmt: skip
    for name, pools in parts.items():
        for row in list(rows.tables[name]):
            for pool, part in pools.items():
                rows.add(name, **row | {"stock_pool": pool} | part)
    return rows


def filled(table: str, **given: object) -> dict:
    """A row of a mart table: what is given, NULL where allowed, else an empty value of the column's type."""
    contract = contracts.table(f"marts.{table}")
    empty = {"VARCHAR": "", "BOOLEAN": False, "DATE": AS_OF.date(), "TIMESTAMPTZ": AS_OF}
    strangers = set(given) - set(contract.column_names)
    assert not strangers, f"{table} has no column {strangers}"
    row = {c.name: None if c.is_nullable else empty.get(c.type, 0) for c in contract.columns}
    return row | given


def empty_marts() -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with every mart table of the contracts, named with and without its schema."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute("create schema marts")
    for contract in contracts.tables("marts").values():
        con.execute(contracts.ddl(contract))
    con.execute("set search_path = 'marts'")
    return con


def load(con: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    """Exactly these rows: what stood in the tables before goes."""
    for name, contract in contracts.tables("marts").items():
        con.execute(f"delete from {contract.sql_name}")  # noqa: S608
        found = rows.tables.get(name)
        if found:
            frame = pl.DataFrame(found, infer_schema_length=None)  # noqa: F841
            columns = ", ".join(contracts.quoted(column) for column in contract.column_names)
            con.execute(f"insert into {contract.sql_name} ({columns}) select {columns} from frame")  # noqa: S608


def publish(
    settings: Settings, *, rows: Rows | None = None, as_of: datetime = AS_OF, run_id: str = "run-1"
) -> Release:
    """The small shop as the current release of `settings.home`."""
    con = empty_marts()
    try:
        load(con, small_shop() if rows is None else rows)
        return releases.publish(con, settings, as_of=as_of, code_version="test", run_id=run_id)
    finally:
        con.close()


def raise_alerts(settings: Settings, *, rows: Rows, now: datetime = AS_OF) -> int:
    """The small shop's alerts as open episodes of the order book; how many were raised."""
    with open_book(settings.order_book_url) as book:
        return decisions.sync_alerts(book, rows.tables["alert"], now=now, run_id="run-1").raised
