"""The order book's tables for routing: where an order goes and how, and which orders wait for a person.

What channels tell us with the order itself (its country) stands in `order`. Decisions are events.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Connection, Table, text

from oms_ops.ledger import KIND_NO
from oms_ops.store import columns as col
from oms_ops.store.tables import metadata

INBOUND = tuple(
    KIND_NO[kind]
    for kind in (
        "received", "received_unordered", "returned", "transfer_in", "counted", "adjusted", "snapshot_reset",
    )
)  # fmt: skip
IS_INBOUND = text(f"kind_no IN ({', '.join(map(str, INBOUND))})")
order_destination = Table(
    "order_destination",
    metadata,
    col.order_key(),
    col.text("postcode"),
    Column("latitude_e6", BigInteger),
    Column("longitude_e6", BigInteger),
    col.text("shipping_method"),
)

manual_queue = Table(
    "manual_queue",
    metadata,
    col.order_key(),
    col.text("reason"),
    col.whole("queued_at"),
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
