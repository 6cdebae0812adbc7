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
    text,
)

from oms_ops.ledger import QUANTITIES

metadata = MetaData()

_number = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER keys are SQLite's own row number
_CLUSTERED = {"sqlite_with_rowid": False}


def _key(name: str) -> Column:
    return Column(name, _number, primary_key=True, autoincrement=False)


def _text(name: str) -> Column:
    return Column(name, Text, nullable=False)


def _whole(name: str) -> Column:
    return Column(name, BigInteger, nullable=False)


def _order_key() -> Column:
    return Column("order_seq", _number, ForeignKey("order.order_seq"), primary_key=True, autoincrement=False)


def _of_order(*, nullable: bool = False) -> Column:
    return Column("order_seq", _number, ForeignKey("order.order_seq"), nullable=nullable)


order = Table(
    "order",
    metadata,
    _key("order_seq"),
    Column("order_id", Text, nullable=False, unique=True),
    _text("channel_id"),
    _text("external_id"),
    _text("order_number"),
    Column("customer_id", Text),
    _text("country"),
    _text("currency"),
    _whole("is_test"),
    _whole("placed_at"),
    _whole("recorded_at"),
    Column("promised_ship_by", BigInteger),
    Column("promised_deliver_by", BigInteger),
    _whole("total_e4"),
    _whole("units_backordered_at_placement"),
    _text("order_status"),
    Column("cancel_reason", Text),
    Column("expires_at", BigInteger),
    Column("waits_until", BigInteger),
    Column("queue_seq", BigInteger),
)
Index(
    "order_expires",
    order.c.expires_at,
    sqlite_where=text("expires_at IS NOT NULL"),
    postgresql_where=text("expires_at IS NOT NULL"),
)
Index(
    "order_waits",
    order.c.waits_until,
    sqlite_where=text("waits_until IS NOT NULL"),
    postgresql_where=text("waits_until IS NOT NULL"),
)

order_line = Table(
    "order_line",
    metadata,
    _order_key(),
    _key("line_no"),
    _text("line_id"),
    _text("sku"),
    _text("line_type"),
    _whole("quantity"),
    _whole("unit_price_e4"),
    _whole("canceled"),
    _whole("backordered"),
    _whole("returned"),
    _whole("refunded_units"),
    _whole("refunded_e4"),
    Column("ships_not_before", BigInteger),
    Column("parent_line_no", BigInteger),
    **_CLUSTERED,
)
Index(
    "order_line_scheduled",
    order_line.c.ships_not_before,
    sqlite_where=text("ships_not_before IS NOT NULL"),
    postgresql_where=text("ships_not_before IS NOT NULL"),
)
Index(
    "order_line_waiting",
    order_line.c.sku,
    order_line.c.order_seq,
    order_line.c.line_no,
    sqlite_where=text("backordered > 0"),
    postgresql_where=text("backordered > 0"),
)

payment_transaction = Table(
    "payment_transaction",
    metadata,
    _key("payment_seq"),
    _of_order(),
    _text("kind"),
    _text("status"),
    _whole("amount_e4"),
    Column("reference", Text),
    _whole("occurred_at"),
    _whole("recorded_at"),
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
    sqlite_where=text("expires_at IS NOT NULL"),
    postgresql_where=text("expires_at IS NOT NULL"),
)

fulfillment_order = Table(
    "fulfillment_order",
    metadata,
    _order_key(),
    _key("fulfillment_no"),
    Column("parent_no", BigInteger),
    _text("location_id"),
    _text("state"),
    _whole("created_at"),
    Column("fulfill_at", BigInteger),
    **_CLUSTERED,
)
Index(
    "fulfillment_order_scheduled",
    fulfillment_order.c.fulfill_at,
    sqlite_where=text("state = 'scheduled'"),
    postgresql_where=text("state = 'scheduled'"),
)

allocation = Table(
    "allocation",
    metadata,
    _order_key(),
    _key("allocation_no"),
    _whole("line_no"),
    _whole("fulfillment_no"),
    Column("stock_no", _number, ForeignKey("stock_balance.stock_no"), nullable=False),
    _whole("quantity"),
    _whole("shipped"),
    _whole("released"),
    Column("picked", BigInteger, nullable=False, server_default="0"),
    ForeignKeyConstraint(["order_seq", "line_no"], ["order_line.order_seq", "order_line.line_no"]),
    **_CLUSTERED,
)

shipment = Table(
    "shipment",
    metadata,
    _key("shipment_seq"),
    _text("shipment_id"),
    _of_order(),
    _text("location_id"),
    _text("state"),
    Column("carrier", Text),
    Column("tracking_number", Text),
    _whole("shipped_at"),
    _whole("recorded_at"),
    Column("delivered_at", BigInteger),
    Column("state_at", BigInteger),
    Index("shipment_id_location", "shipment_id", "location_id", unique=True),
    Index("shipment_order", "order_seq"),
)

shipment_line = Table(
    "shipment_line",
    metadata,
    Column(
        "shipment_seq", _number, ForeignKey("shipment.shipment_seq"), primary_key=True, autoincrement=False
    ),
    _key("allocation_no"),
    _whole("quantity"),
    **_CLUSTERED,
)

return_ = Table(
    "return",
    metadata,
    _key("return_seq"),
    Column("return_id", Text, nullable=False, unique=True),
    _of_order(),
    _text("state"),
    _whole("requested_at"),
    _whole("recorded_at"),
    Column("reason", Text),  # why it was declined or canceled
    Column("closed_at", BigInteger),
    Index("return_order", "order_seq"),
)

return_line = Table(
    "return_line",
    metadata,
    Column("return_seq", _number, ForeignKey("return.return_seq"), primary_key=True, autoincrement=False),
    _key("return_line_no"),
    _whole("line_no"),
    _whole("quantity"),
    _text("state"),
    Column("disposition", Text),
    Column("location_id", Text),
    Column("reason", Text),
    **_CLUSTERED,
)

hold = Table(
    "hold",
    metadata,
    _key("hold_seq"),
    _of_order(),
    _text("reason"),
    _whole("held_at"),
    Column("released_at", BigInteger),
    Column("fulfillment_no", BigInteger),
    Index("hold_order", "order_seq"),
)

reservation = Table(
    "reservation",
    metadata,
    _key("reservation_seq"),
    _text("reservation_id"),
    _text("sku"),
    _text("location_id"),
    _whole("quantity"),
    _text("state"),
    _whole("reserved_at"),
    _whole("expires_at"),
    Column("channel_id", Text, nullable=False, server_default=""),
    Column("ended_at", BigInteger),
    _of_order(nullable=True),  # the order it was converted into
)
Index("reservation_item", *reservation.c["reservation_id", "sku", "location_id"], unique=True)
Index(
    "reservation_due",
    reservation.c.expires_at,
    sqlite_where=text("state = 'active'"),
    postgresql_where=text("state = 'active'"),
)

stock_balance = Table(
    "stock_balance",
    metadata,
    _key("stock_no"),
    _text("sku"),
    _text("location_id"),
    *(_whole(name) for name in QUANTITIES),
    Index("stock_balance_place", "sku", "location_id", unique=True),
)

movement_kind = Table(
    "movement_kind",
    metadata,
    _key("kind_no"),
    _text("kind"),
    *(_whole(name) for name in QUANTITIES),
)

posting = Table(
    "posting",
    metadata,
    _key("posting_seq"),
    _of_order(nullable=True),
    Column("reference", Text),
    Column("reason", Text),
    _whole("occurred_at"),
    _whole("recorded_at"),
)

inventory_movement = Table(
    "inventory_movement",
    metadata,
    _key("movement_seq"),
    Column("posting_seq", _number, ForeignKey("posting.posting_seq"), nullable=False),
    Column("stock_no", _number, ForeignKey("stock_balance.stock_no"), nullable=False),
    Column("kind_no", _number, ForeignKey("movement_kind.kind_no"), nullable=False),
    _whole("quantity"),
    Column("line_no", BigInteger),
)

order_event = Table(
    "order_event",
    metadata,
    _key("event_seq"),
    _of_order(),
    _text("event_kind"),
    _whole("occurred_at"),
    _whole("recorded_at"),
    _text("detail"),
    Column("idempotency_key", Text),
    Index("order_event_order", "order_seq"),
    Index(
        "order_event_idempotency_key",
        "idempotency_key",
        unique=True,
        sqlite_where=text("idempotency_key IS NOT NULL"),
        postgresql_where=text("idempotency_key IS NOT NULL"),
    ),
)

stock_event = Table(
    "stock_event",
    metadata,
    _key("event_seq"),
    _text("event_kind"),
    _text("subject"),
    _whole("occurred_at"),
    _whole("recorded_at"),
    _text("detail"),
    Column("idempotency_key", Text, unique=True),
)

purchase_order_line = Table(
    "purchase_order_line",
    metadata,
    Column("purchase_order_line_id", Text, primary_key=True),
    Column("supplier_id", Text),
    _text("sku"),
    _text("location_id"),
    _whole("quantity"),
    _whole("received"),
    Column("ordered_at", BigInteger),
    Column("expected_at", BigInteger),
    Column("purchase_order_id", Text),
    Column("canceled", BigInteger, nullable=False, server_default="0"),
    Column("drafted", BigInteger, nullable=False, server_default="0"),
    **_CLUSTERED,
)

command = Table(
    "command",
    metadata,
    Column("idempotency_key", Text, primary_key=True),
    _text("command_kind"),
    _text("terms"),
    _text("answer"),
    _whole("recorded_at"),
    **_CLUSTERED,
)

intake_mark = Table(
    "intake_mark",
    metadata,
    Column("stream", Text, primary_key=True),
    _whole("apply_seq"),
)

schema_migration = Table(
    "schema_migration",
    metadata,
    Column("migration_no", Integer, primary_key=True, autoincrement=False),
    _text("migration_name"),
)

ORDER_BOOK = (
    order, order_line, payment_transaction, fulfillment_order, allocation, shipment, shipment_line,
    return_, return_line, hold, reservation, stock_balance, movement_kind, posting, inventory_movement,
    order_event, purchase_order_line, command, intake_mark, stock_event,
)  # fmt: skip

for _table in ORDER_BOOK:
    for _reference in _table.foreign_key_constraints:
        _reference.ddl_if(dialect="sqlite")  # on PostgreSQL each is a query per row: docs/decisions/0030
