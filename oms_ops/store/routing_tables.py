"""The order book's tables for routing: where an order goes and how, and which orders wait for a person.

What channels tell us with the order itself (its country) stands in `order`. Decisions are events.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, ForeignKey, Integer, Table, Text, text

from oms_ops.ledger import KIND_NO
from oms_ops.store.tables import metadata

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

# Read by capacity and age of stock alone, and not for nothing in a bulk run: made when a rule first asks.
INDEXES = {
    "fulfillment_order_day": "fulfillment_order (location_id, created_at)",
    "inventory_movement_inbound": f"inventory_movement (stock_no, movement_seq) WHERE {IS_INBOUND.text}",
}


def create(con: Connection) -> None:
    metadata.create_all(con, tables=list(ROUTING), checkfirst=True)


def ensure_index(con: Connection, name: str) -> None:
    """In a writing transaction the index is there afterwards; a reader does with what is there."""
    on = INDEXES[name]
    is_writing = "oms_begin" in con.get_execution_options()
    if is_writing and not con.dialect.has_index(con, on.split()[0], name):
        con.exec_driver_sql(" ".join(["CREATE INDEX", name, "ON", on]))
