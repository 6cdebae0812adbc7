"""Are two homes the same platform? Compares every table but for the numbers that only count runs.

Ids of events, runs, documents and files, and wall-clock columns, may differ; everything else may not.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

RUN_COLUMNS = {
    "document_seq", "apply_seq", "event_seq", "movement_seq", "run_id", "file_id", "quarantine_id",
    "landed_at",
}  # fmt: skip
SAME_CORE = (
    "product", "order_header", "order_line", "order_cancellation", "refund", "refund_line",
    "ledger_entry", "purchase_order_line", "receipt", "stock_count", "stock_adjustment", "shipment",
    "delivery", "order_event", "inventory_movement", "stock_balance", "order_state", "ats",
    "incoming_supply",
)  # fmt: skip
SAME_MARTS = (
    "sales_fact", "order_fact", "order_line_fact", "kpi_daily", "service_daily", "dwell", "order_event",
    "inventory", "ats", "availability_day", "demand_part", "demand_daily", "product",
)  # fmt: skip


def differences(left: Path, right: Path) -> dict[str, int]:
    """Rows that stand in one warehouse and not in the other, by table; empty when the two are the same."""
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        for name, home in (("l", left), ("r", right)):
            con.execute(f"ATTACH '{home / 'warehouse.duckdb'}' AS {name} (READ_ONLY)")
        tables = [("core", name) for name in SAME_CORE] + [("marts", name) for name in SAME_MARTS]
        counts = {f"{schema}.{name}": _difference(con, schema, name) for schema, name in tables}
    return {name: count for name, count in counts.items() if count}


def _difference(con: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    columns = [
        row[0]
        for row in con.execute(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = 'l' AND schema_name = ? "
            "AND table_name = ? ORDER BY column_index",
            [schema, name],
        ).fetchall()
        if row[0] not in RUN_COLUMNS
    ]
    chosen = ", ".join(f'"{column}"' for column in columns)
    sides = [f'SELECT {chosen} FROM {side}."{schema}"."{name}"' for side in ("l", "r")]
    return con.execute(
        f"SELECT (SELECT count(*) FROM ({sides[0]} EXCEPT ALL {sides[1]}))"
        f" + (SELECT count(*) FROM ({sides[1]} EXCEPT ALL {sides[0]}))"
    ).fetchone()[0]
