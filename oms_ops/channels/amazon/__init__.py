"""Amazon: Selling Partner API orders and order items (Orders v0), refund events (Finances v0).

An order arrives in two halves: the order, and its items in a document of their own.
"""

from __future__ import annotations

from pathlib import Path

from oms_ops.channels.adapter import Adapter, Kind

_FOLDER = Path(__file__).parent

ADAPTER = Adapter(
    kinds=(
        Kind(
            name="orders",
            fact="order",
            mapping=_FOLDER / "orders.sql",
            keys=("AmazonOrderId", "LastUpdateDate"),
            external_id='"AmazonOrderId"',
            sent_at='"LastUpdateDate"',
            pages=("payload/Orders", "Orders", "payload"),
            required=(
                "AmazonOrderId",
                "PurchaseDate",
                "LastUpdateDate",
                "OrderStatus",
                "ShippingAddress/CountryCode",
            ),
            partner="order_items",
        ),
        Kind(
            name="order_items",
            fact="order",
            mapping=_FOLDER / "orders.sql",
            keys=("AmazonOrderId",),
            external_id='"AmazonOrderId"',
            sent_at="",
            pages=("payload",),
            required=(
                "AmazonOrderId",
                "OrderItems",
                "OrderItems/OrderItemId",
                "OrderItems/SellerSKU",
                "OrderItems/QuantityOrdered",
                "OrderItems/ItemPrice/Amount",
            ),
            partner="orders",
            is_part=True,
        ),
        Kind(
            name="refunds",
            fact="refund",
            mapping=_FOLDER / "refunds.sql",
            keys=("SellerOrderId", "AmazonOrderId", "PostedDate"),
            external_id='coalesce("SellerOrderId", "AmazonOrderId" || "PostedDate")',
            sent_at='"PostedDate"',
            pages=("payload/FinancialEvents/RefundEventList", "RefundEventList"),
            required=(
                "AmazonOrderId",
                "PostedDate",
                "ShipmentItemAdjustmentList",
                "ShipmentItemAdjustmentList/QuantityShipped",
                "ShipmentItemAdjustmentList/ItemChargeAdjustmentList",
            ),
        ),
    )
)
