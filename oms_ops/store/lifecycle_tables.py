"""Tables beside the order's own: where it goes, and what each sku allows those who order it without stock.

Addresses have a table of their own so that a person's data can be found, replaced and erased in one place.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from oms_ops.store import columns as col
from oms_ops.store.tables import metadata

shipping_address = Table(
    "shipping_address",
    metadata,
    col.order_key(),
    col.text("name"),
    col.text("line1"),
    Column("line2", Text),
    col.text("city"),
    Column("region", Text),
    Column("postcode", Text),
    col.text("country"),
    Column("phone", Text),
    Column("email", Text),
)

sku_policy = Table(
    "sku_policy",
    metadata,
    col.name("sku"),
    Column("backorder_cap", BigInteger),
    Column("is_preorder", Integer, nullable=False),
    Column("preorder_ships_at", BigInteger),
    col.whole("recorded_at"),
)

LIFECYCLE = (shipping_address, sku_policy)
