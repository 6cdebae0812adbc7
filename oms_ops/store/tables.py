"""The order book's tables. Instants (`*_at`) are BIGINT microseconds since 1970 UTC, money (`*_e4`) BIGINT
ten-thousandths, quantities BIGINT whole units.

Numbered rows are small on purpose: a year of a busy shop is ten million of them. What follows from other rows
(a line's shipped units, an order's payment status) is derived in oms_ops.lifecycle, not stored. A posting is
an entry of the stock ledger (who, when, why); its movements are the entry's lines.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from oms_ops.ledger import QUANTITIES
from oms_ops.store import columns as col

metadata = MetaData()

order = Table(
    "order",
    metadata,
    col.key("order_seq"),
    Column("order_id", Text, nullable=False, unique=True),
    col.text("channel_id"),
    col.text("external_id"),
    col.text("order_number"),
    Column("customer_id", Text),
    col.text("country"),
    col.text("currency"),
    col.whole("is_test"),
    col.whole("placed_at"),
    col.whole("recorded_at"),
    Column("promised_ship_by", BigInteger),
    Column("promised_deliver_by", BigInteger),
    col.whole("total_e4"),
    col.whole("units_backordered_at_placement"),
    col.text("order_status"),
    Column("cancel_reason", Text),
    Column("expires_at", BigInteger),
    Column("waits_until", BigInteger),
    Column("queue_seq", BigInteger),
)
Index("order_expires", order.c.expires_at, **col.only_where("expires_at IS NOT NULL"))
Index("order_waits", order.c.waits_until, **col.only_where("waits_until IS NOT NULL"))

order_line = Table(
    "order_line",
    metadata,
    col.order_key(),
    col.key("line_no"),
    col.text("line_id"),
    col.text("sku"),
    col.text("line_type"),
    col.whole("quantity"),
    col.whole("unit_price_e4"),
    col.whole("canceled"),
    col.whole("backordered"),
    col.whole("returned"),
    col.whole("refunded_units"),
    col.whole("refunded_e4"),
    Column("ships_not_before", BigInteger),
    Column("parent_line_no", BigInteger),
    **col.CLUSTERED,
)
Index("order_line_scheduled", order_line.c.ships_not_before, **col.only_where("ships_not_before IS NOT NULL"))
Index(
    "order_line_waiting",
    order_line.c.sku,
    order_line.c.order_seq,
    order_line.c.line_no,
    **col.only_where("backordered > 0"),
)

payment_transaction = Table(
    "payment_transaction",
    metadata,
    col.key("payment_seq"),
    col.of_order(),
    col.text("kind"),
    col.text("status"),
    col.whole("amount_e4"),
    Column("reference", Text),
    col.whole("occurred_at"),
    col.whole("recorded_at"),
    Column("parent_seq", BigInteger),  # a capture's authorization, a refund's capture or sale
    Column("expires_at", BigInteger),
    Column("settled_at", BigInteger),
    Column("tender", Text),
    Column("message", Text),
    Index("payment_transaction_order", "order_seq"),
)
Index(
    "payment_transaction_expiry",
    payment_transaction.c.expires_at,
    **col.only_where("expires_at IS NOT NULL"),
)

fulfillment_order = Table(
    "fulfillment_order",
    metadata,
    col.order_key(),
    col.key("fulfillment_no"),
    Column("parent_no", BigInteger),
    col.text("location_id"),
    col.text("state"),
    col.whole("created_at"),
    Column("fulfill_at", BigInteger),
    **col.CLUSTERED,
)
Index("fulfillment_order_scheduled", fulfillment_order.c.fulfill_at, **col.only_where("state = 'scheduled'"))

allocation = Table(
    "allocation",
    metadata,
    col.order_key(),
    col.key("allocation_no"),
    col.whole("line_no"),
    col.whole("fulfillment_no"),
    Column("stock_no", col.NUMBER, ForeignKey("stock_balance.stock_no"), nullable=False),
    col.whole("quantity"),
    col.whole("shipped"),
    col.whole("released"),
    Column("picked", BigInteger, nullable=False, server_default="0"),
    ForeignKeyConstraint(["order_seq", "line_no"], ["order_line.order_seq", "order_line.line_no"]),
    **col.CLUSTERED,
)

shipment = Table(
    "shipment",
    metadata,
    col.key("shipment_seq"),
    col.text("shipment_id"),
    col.of_order(),
    col.text("location_id"),
    col.text("state"),
    Column("carrier", Text),
    Column("tracking_number", Text),
    col.whole("shipped_at"),
    col.whole("recorded_at"),
    Column("delivered_at", BigInteger),
    Column("state_at", BigInteger),
    Index("shipment_id_location", "shipment_id", "location_id", unique=True),
    Index("shipment_order", "order_seq"),
)

shipment_line = Table(
    "shipment_line",
    metadata,
    Column(
        "shipment_seq", col.NUMBER, ForeignKey("shipment.shipment_seq"), primary_key=True, autoincrement=False
    ),
    col.key("allocation_no"),
    col.whole("quantity"),
    **col.CLUSTERED,
)

return_ = Table(
    "return",
    metadata,
    col.key("return_seq"),
    Column("return_id", Text, nullable=False, unique=True),
    col.of_order(),
    col.text("state"),
    col.whole("requested_at"),
    col.whole("recorded_at"),
    Column("reason", Text),  # why it was declined or canceled
    Column("closed_at", BigInteger),
    Index("return_order", "order_seq"),
)

return_line = Table(
    "return_line",
    metadata,
    Column("return_seq", col.NUMBER, ForeignKey("return.return_seq"), primary_key=True, autoincrement=False),
    col.key("return_line_no"),
    col.whole("line_no"),
    col.whole("quantity"),
    col.text("state"),
    Column("disposition", Text),
    Column("location_id", Text),
    Column("reason", Text),
    **col.CLUSTERED,
)

hold = Table(
    "hold",
    metadata,
    col.key("hold_seq"),
    col.of_order(),
    col.text("reason"),
    col.whole("held_at"),
    Column("released_at", BigInteger),
    Column("fulfillment_no", BigInteger),
    Index("hold_order", "order_seq"),
)

reservation = Table(
    "reservation",
    metadata,
    col.key("reservation_seq"),
    col.text("reservation_id"),
    col.text("sku"),
    col.text("location_id"),
    col.whole("quantity"),
    col.text("state"),
    col.whole("reserved_at"),
    col.whole("expires_at"),
    Column("channel_id", Text, nullable=False, server_default=""),
    Column("ended_at", BigInteger),
    col.of_order(nullable=True),  # the order it was converted into
)
Index("reservation_item", *reservation.c["reservation_id", "sku", "location_id"], unique=True)
Index("reservation_due", reservation.c.expires_at, **col.only_where("state = 'active'"))

stock_balance = Table(
    "stock_balance",
    metadata,
    col.key("stock_no"),
    col.text("sku"),
    col.text("location_id"),
    *(col.whole(name) for name in QUANTITIES),
    Index("stock_balance_place", "sku", "location_id", unique=True),
)

movement_kind = Table(
    "movement_kind",
    metadata,
    col.key("kind_no"),
    col.text("kind"),
    *(col.whole(name) for name in QUANTITIES),
)

posting = Table(
    "posting",
    metadata,
    col.key("posting_seq"),
    col.of_order(nullable=True),
    Column("reference", Text),
    Column("reason", Text),
    col.whole("occurred_at"),
    col.whole("recorded_at"),
)

inventory_movement = Table(
    "inventory_movement",
    metadata,
    col.key("movement_seq"),
    Column("posting_seq", col.NUMBER, ForeignKey("posting.posting_seq"), nullable=False),
    Column("stock_no", col.NUMBER, ForeignKey("stock_balance.stock_no"), nullable=False),
    Column("kind_no", col.NUMBER, ForeignKey("movement_kind.kind_no"), nullable=False),
    col.whole("quantity"),
    Column("line_no", BigInteger),
)

order_event = Table(
    "order_event",
    metadata,
    col.key("event_seq"),
    col.of_order(),
    col.text("event_kind"),
    col.whole("occurred_at"),
    col.whole("recorded_at"),
    col.text("detail"),
    Column("idempotency_key", Text),
    Index("order_event_order", "order_seq"),
    Index(
        "order_event_idempotency_key",
        "idempotency_key",
        unique=True,
        **col.only_where("idempotency_key IS NOT NULL"),
    ),
)

stock_event = Table(
    "stock_event",
    metadata,
    col.key("event_seq"),
    col.text("event_kind"),
    col.text("subject"),
    col.whole("occurred_at"),
    col.whole("recorded_at"),
    col.text("detail"),
    Column("idempotency_key", Text, unique=True),
)

purchase_order_line = Table(
    "purchase_order_line",
    metadata,
    col.name("purchase_order_line_id"),
    Column("supplier_id", Text),
    col.text("sku"),
    col.text("location_id"),
    col.whole("quantity"),
    col.whole("received"),
    Column("ordered_at", BigInteger),
    Column("expected_at", BigInteger),
    Column("purchase_order_id", Text),
    Column("canceled", BigInteger, nullable=False, server_default="0"),
    Column("drafted", BigInteger, nullable=False, server_default="0"),
    **col.CLUSTERED,
)

command = Table(
    "command",
    metadata,
    col.name("idempotency_key"),
    col.text("command_kind"),
    col.text("terms"),
    col.text("answer"),
    col.whole("recorded_at"),
    **col.CLUSTERED,
)

intake_mark = Table(
    "intake_mark",
    metadata,
    col.name("stream"),
    col.whole("apply_seq"),
)

schema_migration = Table(
    "schema_migration",
    metadata,
    Column("migration_no", Integer, primary_key=True, autoincrement=False),
    col.text("migration_name"),
)

ORDER_BOOK = (
    order, order_line, payment_transaction, fulfillment_order, allocation, shipment, shipment_line,
    return_, return_line, hold, reservation, stock_balance, movement_kind, posting, inventory_movement,
    order_event, purchase_order_line, command, intake_mark, stock_event,
)  # fmt: skip

for _table in ORDER_BOOK:
    for _reference in _table.foreign_key_constraints:
        _reference.ddl_if(dialect="sqlite")  # on PostgreSQL each is a query per row: docs/decisions/0030
