"""Tables beside the order's own: where it goes, and what each sku allows those who order it without stock.

Addresses have a table of their own so that a person's data can be found, replaced and erased in one place.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from oms_ops.store.tables import metadata

_number = BigInteger().with_variant(Integer, "sqlite")

shipping_address = Table(
    "shipping_address",
    metadata,
    Column("order_seq", _number, ForeignKey("order.order_seq"), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("line1", Text, nullable=False),
    Column("line2", Text),
    Column("city", Text, nullable=False),
    Column("region", Text),
    Column("postcode", Text),
    Column("country", Text, nullable=False),
    Column("phone", Text),
    Column("email", Text),
)

sku_policy = Table(
    "sku_policy",
    metadata,
    Column("sku", Text, primary_key=True),
    Column("backorder_cap", BigInteger),
    Column("is_preorder", Integer, nullable=False),
    Column("preorder_ships_at", BigInteger),
    Column("recorded_at", BigInteger, nullable=False),
)

LIFECYCLE = (shipping_address, sku_policy)
