"""Shopify: REST orders and refunds, as `GET /orders.json` and the webhooks deliver them."""

from __future__ import annotations

from pathlib import Path

from oms_ops.channels.adapter import Adapter, Kind, is_signed

_FOLDER = Path(__file__).parent
SIGNATURE_HEADER = "X-Shopify-Hmac-Sha256"

ADAPTER = Adapter(
    kinds=(
        Kind(
            name="orders",
            fact="order",
            mapping=_FOLDER / "orders.sql",
            keys=("id", "updated_at"),
            external_id="id",
            sent_at="updated_at",
            pages=("orders", "order"),
            required=(
                "id",
                "created_at",
                "currency",
                "shipping_address/country",
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
            keys=("id", "created_at"),
            external_id="id",
            sent_at="created_at",
            pages=("refunds", "refund"),
            required=(
                "id",
                "order_id",
                "created_at",
                "refund_line_items",
                "refund_line_items/line_item_id",
                "refund_line_items/quantity",
            ),
        ),
    )
)


def is_authentic(body: bytes, *, signature: str, secret: str) -> bool:
    """Whether a webhook's `X-Shopify-Hmac-Sha256` was made with the app's client secret."""
    return is_signed(body, signature=signature, secret=secret)
