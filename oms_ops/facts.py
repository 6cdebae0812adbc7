"""Canonical facts as the order book reads them: microseconds, ten-thousandths of money, whole units.

Plain named tuples: a million of them pass through one run. Field meanings are the contract's (core.toml).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class OrderLineFact(NamedTuple):
    line_no: int
    line_id: str
    sku: str
    line_type: str
    quantity: int
    unit_price_e4: int


class OrderFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    order_id: str
    channel_id: str
    external_id: str
    order_number: str
    customer_id: str | None
    country: str
    currency: str
    is_test: bool
    placed_at: int
    promised_ship_by: int | None
    promised_deliver_by: int | None
    lines: Sequence[OrderLineFact]


class CancellationFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    order_id: str
    canceled_at: int
    cancel_reason: str


class RefundLineFact(NamedTuple):
    order_line_id: str | None
    sku: str
    line_type: str
    quantity: int
    amount_e4: int
    restock_kind: str


class RefundFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    refund_id: str
    order_id: str | None
    refunded_at: int
    lines: Sequence[RefundLineFact]


class PurchaseOrderFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    purchase_order_line_id: str
    supplier_id: str
    sku: str
    location_id: str
    quantity: int
    ordered_at: int
    expected_at: int


class ReceiptFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    receipt_id: str
    purchase_order_line_id: str | None
    sku: str
    location_id: str
    quantity: int
    received_at: int


class StockCountFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    count_id: str
    sku: str
    location_id: str
    quantity: int
    counted_at: int


class StockAdjustmentFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    adjustment_id: str
    sku: str
    location_id: str
    quantity: int
    reason: str
    adjusted_at: int


class ShipmentFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    shipment_id: str
    order_id: str
    shipped_at: int
    carrier: str
    tracking_number: str


class DeliveryFact(NamedTuple):
    apply_seq: int
    recorded_at: int
    shipment_id: str
    order_id: str
    delivered_at: int


Fact = (
    OrderFact
    | CancellationFact
    | RefundFact
    | PurchaseOrderFact
    | ReceiptFact
    | StockCountFact
    | StockAdjustmentFact
    | ShipmentFact
    | DeliveryFact
)
