"""The order book's tables for routing: where an order goes and how, and which orders wait for a person.

What channels tell us with the order itself (its country) stands in `order`. Decisions are events.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Index, Integer, Table, Text, text

from oms_ops.ledger import KIND_NO
from oms_ops.store.tables import fulfillment_order, inventory_movement, metadata

INBOUND = tuple(
    KIND_NO[kind]
    for kind in (
        "received", "received_unordered", "returned", "transfer_in", "counted", "adjusted", "snapshot_reset",
    )
)  # fmt: skip
IS_INBOUND = text(f"kind_no IN ({', '.join(map(str, INBOUND))})")
_number = BigInteger().with_variant(Integer, "sqlite")


def _order_key() -> Column:
    return Column("order_seq", _number, ForeignKey("order.order_seq"), primary_key=True, autoincrement=False)


order_destination = Table(
    "order_destination",
    metadata,
    _order_key(),
    Column("postcode", Text, nullable=False),
    Column("latitude_e6", BigInteger),
    Column("longitude_e6", BigInteger),
    Column("shipping_method", Text, nullable=False),
)

manual_queue = Table(
    "manual_queue",
    metadata,
    _order_key(),
    Column("reason", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("left_at", BigInteger),
)

ROUTING = (order_destination, manual_queue)
INDEXES = (
    Index("fulfillment_order_day", fulfillment_order.c.location_id, fulfillment_order.c.created_at),
    Index(
        "inventory_movement_inbound",
        inventory_movement.c.stock_no,
        inventory_movement.c.movement_seq,
        sqlite_where=IS_INBOUND,
        postgresql_where=IS_INBOUND,
    ),
)


def create(con: Connection) -> None:
    """The migration: the tables, and the indexes that an older book lacks."""
    metadata.create_all(con, tables=list(ROUTING), checkfirst=True)
    for index in INDEXES:
        index.create(con, checkfirst=True)
