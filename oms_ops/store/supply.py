"""What there is and what waits for it, for availability and the warehouse's copy."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, func, select

from oms_ops.store import OrderBook
from oms_ops.store import tables as t


def available(con: Connection) -> dict[str, dict[str, int]]:
    """Units available by sku and location."""
    found: dict[str, dict[str, int]] = {}
    balance = t.stock_balance.c
    for sku, location_id, units in con.execute(select(balance.sku, balance.location_id, balance.available)):
        found.setdefault(sku, {})[location_id] = units
    return found


def waiting(con: Connection) -> dict[tuple[str, str], int]:
    """Units captured and not yet allocated, by channel and sku."""
    line, order = t.order_line.c, t.order.c
    units = func.sum(line.backordered)
    query = select(order.channel_id, line.sku, units).join(t.order, order.order_seq == line.order_seq)
    query = query.where(line.backordered > 0).group_by(order.channel_id, line.sku)
    return {(channel_id, sku): int(total) for channel_id, sku, total in con.execute(query)}


def free(
    con: Connection, skus: Collection[str], *, network: Collection[str], buffers: Mapping[str, int]
) -> dict[str, dict[str, int]]:  # fmt: skip
    """What a checkout may still set aside, by sku and location; below zero where a location is oversold."""
    found: dict[str, dict[str, int]] = {sku: {} for sku in skus}
    row = t.stock_balance.c
    query = select(row.sku, row.location_id, row.available).where(row.sku.in_(list(skus)))
    for sku, location_id, units in con.execute(query.where(row.location_id.in_(list(network)))):
        found[sku][location_id] = units - buffers.get(location_id, 0)
    return found


def due(con: Connection, skus: Collection[str], *, network: Collection[str], at: int) -> dict[str, int]:
    """Units per sku still set aside by checkouts whose time is up."""
    row = t.reservation.c
    query = select(row.sku, func.sum(row.quantity)).where(row.state == "active", row.expires_at <= at)
    query = query.where(row.sku.in_(list(skus)), row.location_id.in_(list(network))).group_by(row.sku)
    return {sku: int(units) for sku, units in con.execute(query)}


def is_known(book: OrderBook, key: str) -> bool:
    """Whether a command was carried out under the key."""
    with book.read() as con:
        query = select(t.command.c.idempotency_key).where(t.command.c.idempotency_key == key)
        return con.execute(query).first() is not None
