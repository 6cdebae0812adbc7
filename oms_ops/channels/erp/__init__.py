"""The ERP: wholesale orders and credit notes as CSV exports, and the back office's own feeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from oms_ops.channels.adapter import Adapter, Kind

_FOLDER = Path(__file__).parent


def _table(name: str, *, fact: str, external_id: str, columns: str, optional: str = "") -> Kind:
    return Kind(
        name=name,
        fact=fact,
        mapping=_FOLDER / f"{name}.sql",
        external_id=external_id,
        sent_at="exported_at",
        columns=tuple(columns.split()),
        optional=tuple(optional.split()),
    )


ADAPTER = Adapter(
    kinds=(
        replace(
            _table(
                "sales_orders",
                fact="order",
                external_id="order_no",
                columns="order_no line_no order_lines order_date customer_no country currency item_code "
                "description quantity unit_price requested_delivery_date canceled_at exported_at",
            ),
            is_grouped=True,
            version="canceled_at",
        ),
        replace(
            _table(
                "credit_notes",
                fact="refund",
                external_id="credit_note_no",
                columns="credit_note_no line_no note_lines credit_date original_order_no original_line_no "
                "customer_no country currency item_code description quantity unit_price restock_type "
                "exported_at",
            ),
            is_grouped=True,
        ),
    ),
    back_office=(
        _table(
            "suppliers",
            fact="supplier",
            external_id="supplier_no",
            columns="supplier_no supplier_name lead_time_days exported_at",
        ),
        _table(
            "products",
            fact="product",
            external_id="item_code",
            columns="item_code description product_kind supplier_no unit_cost pack_size min_order_quantity "
            "listed_at exported_at",
            optional="discontinued_at",
        ),
        _table(
            "ledger",
            fact="ledger_entry",
            external_id="entry_no",
            columns="entry_no booked_at channel customer_no country currency code description quantity "
            "unit_price exported_at",
        ),
        _table(
            "purchase_orders",
            fact="purchase_order_line",
            external_id="po_no || '/' || line_no",
            columns="po_no line_no supplier_no item_code location quantity unit_cost ordered_at expected_at "
            "exported_at",
        ),
    ),
)
