"""The warehouse management system: counts, receipts, adjustments, shipments and deliveries as CSV rows."""

from __future__ import annotations

from pathlib import Path

from oms_ops.channels.adapter import Adapter, Kind

_FOLDER = Path(__file__).parent


def _rows(name: str, *, fact: str, columns: str) -> Kind:
    """A row is sent the moment it happens: its time is the column *_at; its number, the first column."""
    names = tuple(columns.split())
    return Kind(
        name=name,
        fact=fact,
        mapping=_FOLDER / f"{name}.sql",
        external_id=names[0],
        sent_at=next(column for column in names if column.endswith("_at")),
        columns=names,
    )


ADAPTER = Adapter(
    back_office=(
        _rows(
            "stock_counts",
            fact="stock_count",
            columns="count_no item_code location quantity counted_at",
        ),
        _rows(
            "receipts",
            fact="receipt",
            columns="receipt_no po_no po_line_no item_code location quantity received_at",
        ),
        _rows(
            "stock_adjustments",
            fact="stock_adjustment",
            columns="adjustment_no item_code location quantity reason adjusted_at",
        ),
        _rows(
            "shipments",
            fact="shipment",
            columns="shipment_no channel order_no shipped_at carrier tracking_number",
        ),
        _rows("deliveries", fact="delivery", columns="shipment_no channel order_no delivered_at"),
    )
)
