"""Writes the inbox: one file per channel, kind and UTC day, some days at a time to keep memory bounded.

What a document says stands in `sql/documents/`, one query per channel and kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import duckdb

SQL = Path(__file__).parent / "sql"
LINES_PER_CHUNK = 250_000
HEADERS = {
    (
        "wholesale",
        "sales_orders",
    ): "order_no,line_no,order_lines,order_date,customer_no,country,currency,item_code,"
    "description,quantity,unit_price,requested_delivery_date,canceled_at,exported_at",
    (
        "wholesale",
        "credit_notes",
    ): "credit_note_no,line_no,note_lines,credit_date,original_order_no,original_line_no,"
    "customer_no,country,currency,item_code,description,quantity,unit_price,restock_type,exported_at",
    ("erp", "suppliers"): "supplier_no,supplier_name,lead_time_days,exported_at",
    (
        "erp",
        "products",
    ): "item_code,description,product_kind,supplier_no,unit_cost,pack_size,min_order_quantity,"
    "listed_at,exported_at",
    (
        "erp",
        "ledger",
    ): "entry_no,booked_at,channel,customer_no,country,currency,code,description,quantity,unit_price,"
    "exported_at",
    ("erp", "purchase_orders"): "po_no,line_no,supplier_no,item_code,location,quantity,unit_cost,ordered_at,"
    "expected_at,exported_at",
    ("wms", "stock_counts"): "count_no,item_code,location,quantity,counted_at",
    ("wms", "receipts"): "receipt_no,po_no,po_line_no,item_code,location,quantity,received_at",
    ("wms", "stock_adjustments"): "adjustment_no,item_code,location,quantity,reason,adjusted_at",
    ("wms", "shipments"): "shipment_no,channel,order_no,shipped_at,carrier,tracking_number",
    ("wms", "deliveries"): "shipment_no,channel,order_no,delivered_at",
}
KINDS = (
    ("erp", "suppliers"),
    ("erp", "products"),
    ("erp", "purchase_orders"),
    ("erp", "ledger"),
    ("wms", "stock_counts"),
    ("wms", "receipts"),
    ("wms", "stock_adjustments"),
    ("shopify", "orders"),
    ("shopify", "refunds"),
    ("amazon", "orders"),
    ("amazon", "order_items"),
    ("amazon", "refunds"),
    ("woocommerce", "orders"),
    ("woocommerce", "refunds"),
    ("wholesale", "sales_orders"),
    ("wholesale", "credit_notes"),
    ("wms", "shipments"),
    ("wms", "deliveries"),
)


def write_inbox(
    con: duckdb.DuckDBPyConnection, inbox: Path, *, scale: int, progress: Callable[[str], None]
) -> Counter[str]:
    """Writes every document sent before the clock below `inbox`; returns documents per "channel/kind"."""
    written: Counter[str] = Counter()
    chunks = _chunks(con, scale=scale)
    statements = {kind: (SQL / "documents" / f"{kind[0]}_{kind[1]}.sql").read_text() for kind in KINDS}
    gather = (SQL / "day_files.sql").read_text()
    for number, (start, end) in enumerate(chunks, start=1):
        con.execute("SET VARIABLE chunk_from = ?", [start])
        con.execute("SET VARIABLE chunk_to = ?", [end])
        for kind, statement in statements.items():
            con.execute(statement)
            rows = con.execute(gather).fetchall()
            written["/".join(kind)] += _write(inbox, kind, rows)
        progress(f"documents to {end:%Y-%m-%d} ({number} of {len(chunks)})")
    return written


def _write(inbox: Path, kind: tuple[str, str], rows: Iterable[tuple[str, int, str]]) -> int:
    header = HEADERS.get(kind)
    folder = inbox.joinpath(*kind)
    folder.mkdir(parents=True, exist_ok=True)
    documents = 0
    for name, count, content in rows:
        path = folder / f"{name}.{'csv' if header else 'jsonl'}"
        with path.open("ab") as file:
            if header and file.tell() == 0:
                file.write(f"{header}\n".encode())
            file.write(content.encode())
        documents += count
    return documents


def _chunks(con: duckdb.DuckDBPyConnection, *, scale: int) -> list[tuple[datetime, datetime]]:
    """Half-open spans of whole days, from before the opening to the clock, of about LINES_PER_CHUNK lines."""
    days = con.execute(
        "SELECT date_trunc('day', placed_at)::TIMESTAMP AS day, count(*) FROM line GROUP BY day ORDER BY day"
    ).fetchall()
    first, clock = con.execute(
        "SELECT getvariable('opening')::DATE::TIMESTAMP, getvariable('clock')::TIMESTAMP"
    ).fetchone()
    edges, lines = [first], 0
    for day, count in days:
        if lines and lines + count * scale > LINES_PER_CHUNK:
            edges.append(day)
            lines = 0
        lines += count * scale
    return list(zip(edges, [*edges[1:], clock], strict=True))
