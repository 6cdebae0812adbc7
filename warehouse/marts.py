"""The marts that follow from the canonical facts and the order book, rebuilt whole on every run.

One SQL file per table in `sql/marts`; every result is cast through the table's contract. Forecasts,
proposals, alerts and the run's own reports are computed elsewhere and come in through `replace`.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse import contracts
from warehouse.contracts import CheckResult, Table, quoted
from warehouse.errors import ContractError
from warehouse.settings import Settings
from warehouse.transaction import transaction

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

BUILT = (
    "sales_fact",
    "order_fact",
    "order_line_fact",
    "kpi_daily",
    "service_daily",
    "dwell",
    "order_event",
    "product",
    "supplier",
    "inventory",
    "ats",
    "availability_interval",
    "availability_day",
    "demand_part",
    "demand_daily",
    "quarantine",
)
_SQL = Path(__file__).resolve().parent / "sql"
_INCOMING = "incoming_mart"
_INCOMING_ROWS = "select * from incoming_mart"


def build(con: duckdb.DuckDBPyConnection, settings: Settings, *, as_of: datetime) -> dict[str, int]:
    """Rebuild every mart of `BUILT`, in order, in one transaction; rows per table."""
    values = {
        "as_of": as_of,
        "zone": settings.shop.zone,
        "category_names": [category.category_name for category in settings.categories],
        "category_words": [[word.upper() for word in category.words] for category in settings.categories],
    }
    with transaction(con):
        return {name: _build_one(con, name, values=values) for name in BUILT}


def replace(con: duckdb.DuckDBPyConnection, table_name: str, frame: pl.DataFrame | pa.Table) -> int:
    """Put `frame`, with the contract's columns in any order, in place of marts.<table_name>; its rows.

    Several statements: it belongs in a transaction of the caller's.
    """
    contract = contracts.table(f"marts.{table_name}")
    con.register(_INCOMING, frame)
    try:
        return _fill(con, contract, query=_INCOMING_ROWS, values={})
    finally:
        con.unregister(_INCOMING)


def reconcile(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """What must agree between tables: a query in `sql/checks` gives (violations, detail) under its title."""
    results = []
    for path in sorted((_SQL / "checks").glob("*.sql")):
        query = path.read_text(encoding="utf-8")
        violations, detail = con.execute(query).fetchone()
        results.append(
            CheckResult(
                check_name=query.splitlines()[0].removeprefix("-- "),
                subject=f"marts.{path.stem.partition('__')[0]}",
                is_blocking=True,
                passed=violations == 0,
                violations=violations,
                detail=detail,
            )
        )
    return results


def _build_one(con: duckdb.DuckDBPyConnection, name: str, *, values: dict[str, object]) -> int:
    query = (_SQL / "marts" / f"{name}.sql").read_text(encoding="utf-8")
    used = {key: value for key, value in values.items() if re.search(rf"\${key}\b", query)}
    return _fill(con, contracts.table(f"marts.{name}"), query=query, values=used)


def _fill(con: duckdb.DuckDBPyConnection, contract: Table, *, query: str, values: dict[str, object]) -> int:
    """Replace the table by the query's rows, each column cast to the contract's type."""
    _same_columns(contract, found=_columns_of(con, query, values=values))
    columns = ", ".join(
        f"cast({quoted(column.name)} as {column.type}) as {quoted(column.name)}"
        for column in contract.columns
    )
    con.execute(contracts.ddl(contract, anew=True))
    statement = f"insert into {contract.sql_name} select {columns} from (\n{query}\n)"  # noqa: S608
    try:
        return con.execute(statement, values or None).fetchone()[0]
    except (duckdb.ConversionException, duckdb.ConstraintException) as error:
        raise ContractError(f"{contract.full_name}: {str(error).splitlines()[0]}") from error


def _columns_of(con: duckdb.DuckDBPyConnection, query: str, *, values: dict[str, object]) -> list[str]:
    found = con.execute(f"select * from (\n{query}\n) limit 0", values or None)  # noqa: S608
    return [column[0] for column in found.description]


def _same_columns(contract: Table, *, found: list[str]) -> None:
    missing = [name for name in contract.column_names if name not in found]
    unexpected = [name for name in found if name not in contract.column_names]
    if missing or unexpected:
        raise ContractError(
            f"{contract.full_name}: missing columns {missing}, unexpected columns {unexpected}; "
            f"the contract has {', '.join(contract.column_names)}"
        )
