"""What there is and what waits for it, for availability and the warehouse's copy."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from oms_ops.store import tables as t


def available(con: Connection) -> dict[str, dict[str, int]]:
    """Units available by sku and location."""
    found: dict[str, dict[str, int]] = {}
    balance = t.stock_balance.c
    for sku, location_id, units in con.execute(select(balance.sku, balance.location_id, balance.available)):
        found.setdefault(sku, {})[location_id] = units
    return found


def waiting(con: Connection) -> dict[tuple[str, str], int]:
    """Units captured, due and not yet allocated, by channel and sku: preorders take none of today's stock."""
    line, order = t.order_line.c, t.order.c
    units = func.sum(line.backordered)
    query = select(order.channel_id, line.sku, units).join(t.order, order.order_seq == line.order_seq)
    query = query.where(line.backordered > 0, line.ships_not_before.is_(None))
    query = query.group_by(order.channel_id, line.sku)
    return {(channel_id, sku): int(total) for channel_id, sku, total in con.execute(query)}
