"""What each sku allows those who order it without stock, how many units wait under that policy, and what
locations keep back of it from checkouts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import ceil

from sqlalchemy import Connection, func, select

from oms_ops.ats_policy import Overlay, decided
from oms_ops.store import publication
from oms_ops.store import tables as t
from oms_ops.store.lifecycle_tables import sku_policy


def preorders(con: Connection) -> dict[str, int]:
    """When each preorder sku ships, in microseconds."""
    policy = sku_policy.c
    query = select(policy.sku, policy.preorder_ships_at).where(policy.is_preorder == 1)
    return {sku: ships_at for sku, ships_at in con.execute(query)}


def backorder_cap(con: Connection, sku: str) -> int | None:
    return con.execute(select(sku_policy.c.backorder_cap).where(sku_policy.c.sku == sku)).scalar()


def buffers(con: Connection, skus: Collection[str]) -> Callable[[str, str, int], int]:
    """(sku, location, what the settings say) to what is kept back there, decisions first."""
    overlay = Overlay(publication.policies(con, skus=list(skus)))

    def kept_back(sku: str, location_id: str, otherwise: int) -> int:
        policy = decided(overlay.buffers(location_id), sku)
        return otherwise if policy is None else ceil(policy.value)

    return kept_back


def units_waiting(con: Connection, sku: str, *, except_order: int) -> int:
    """Units of all other orders that wait for the sku, those not due yet included."""
    line = t.order_line.c
    query = select(func.sum(line.backordered)).where(line.sku == sku, line.backordered > 0)
    return int(con.execute(query.where(line.order_seq != except_order)).scalar() or 0)


def scheduled_orders(con: Connection, sku: str) -> list[str]:
    """Orders with units of a preorder sku that are not due yet, the oldest first."""
    line, order = t.order_line.c, t.order.c
    query = select(order.order_id).join(t.order_line, line.order_seq == order.order_seq)
    query = query.where(line.sku == sku, line.backordered > 0, line.ships_not_before.is_not(None))
    return list(con.execute(query.order_by(order.order_seq)).scalars())
