"""WooCommerce: REST v3 orders and order refunds, as the API and the webhooks deliver them."""

from __future__ import annotations

from pathlib import Path

from oms_ops.channels.adapter import Adapter, Kind, is_signed

_FOLDER = Path(__file__).parent
SIGNATURE_HEADER = "X-WC-Webhook-Signature"

ADAPTER = Adapter(
    kinds=(
        Kind(
            name="orders",
            fact="order",
            mapping=_FOLDER / "orders.sql",
            keys=("id", "date_modified_gmt"),
            external_id="id",
            sent_at="date_modified_gmt",
            pages=("orders",),
            required=(
                "id",
                "status",
                "currency",
                "date_created_gmt",
                "line_items",
                "line_items/id",
                "line_items/sku",
                "line_items/quantity",
                "line_items/price",
            ),
        ),
        Kind(
            name="refunds",
            fact="refund",
            mapping=_FOLDER / "refunds.sql",
            keys=("id", "date_created_gmt"),
            external_id="id",
            sent_at="date_created_gmt",
            pages=("refunds",),
            required=("id", "date_created_gmt", "amount", "line_items", "_links/up/href"),
        ),
    )
)


def is_authentic(body: bytes, *, signature: str, secret: str) -> bool:
    """Whether a webhook's `X-WC-Webhook-Signature` was made with the webhook's secret."""
    return is_signed(body, signature=signature, secret=secret)
