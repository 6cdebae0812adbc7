"""Past orders and the stock they met, out of the ledger, for routing them again (oms_ops.routing.replay).

What the orders themselves took or gave back before shipping is left out; their returns are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from oms_ops.ledger import KIND_NO
from oms_ops.routing.geography import Destination
from oms_ops.store import tables as t
from oms_ops.store.routing_facts import destination_columns, destination_of, with_destination
from oms_ops.store.routing_tables import IS_INBOUND

Place = tuple[str, str]
_OWN = tuple(KIND_NO[kind] for kind in ("allocated", "released", "allocated_from_hold", "shipped"))
_OWN_HOLDS = tuple(KIND_NO[kind] for kind in ("reserved", "reservation_released", "reservation_expired"))


@dataclass(frozen=True, slots=True)
class PastOrder:
    order_seq: int
    channel_id: str
    destination: Destination
    placed_at: int
    promised_ship_by: int | None
    promised_deliver_by: int | None
    value_e4: int
    wanted: dict[str, int]


def orders(con: Connection, since: int, until: int) -> list[PastOrder]:
    """Placed from `since` to before `until`, by when; units that were canceled are not wanted."""
    order, line = t.order.c, t.order_line.c
    query = (
        with_destination(
            select(t.order, *destination_columns(), line.sku, line.quantity, line.canceled).join(
                t.order_line, line.order_seq == order.order_seq
            )
        )
        .where(order.placed_at >= since, order.placed_at < until, order.is_test == 0)
        .where(order.order_status != "draft")
        .where(line.line_type == "product", line.quantity > line.canceled)
        .order_by(order.placed_at, order.order_seq, line.line_no)
    )  # fmt: skip
    found: dict[int, PastOrder] = {}
    for row in con.execute(query):
        past = found.get(row.order_seq)
        if past is None:
            to_where = destination_of(row, row.country)
            past = found[row.order_seq] = PastOrder(
                row.order_seq, row.channel_id, to_where, row.placed_at, row.promised_ship_by,
                row.promised_deliver_by, row.total_e4, {},
            )  # fmt: skip
        past.wanted[row.sku] = past.wanted.get(row.sku, 0) + row.quantity - row.canceled
    return list(found.values())


def opening(con: Connection, since: int) -> dict[Place, int]:
    """Units available by (sku, location) when everything that happened before `since` had happened."""
    units = func.sum(t.inventory_movement.c.quantity * t.movement_kind.c.available)
    place = t.stock_balance.c
    query = _movements(select(place.sku, place.location_id, units)).where(t.posting.c.occurred_at < since)
    rows = con.execute(query.group_by(place.sku, place.location_id))
    return {(sku, location_id): int(total) for sku, location_id, total in rows}


def changes(
    con: Connection, since: int, until: int, *, is_replayed: Callable[[int], bool]
) -> list[tuple[int, str, str, int]]:
    """(when, sku, location, units available more or less) but for what the replayed orders took."""
    place, movement, kind = t.stock_balance.c, t.inventory_movement.c, t.movement_kind.c
    query = _movements(
        select(
            t.posting.c.occurred_at, place.sku, place.location_id, movement.quantity * kind.available,
            t.posting.c.order_seq, t.posting.c.reference, movement.kind_no,
        )
    )  # fmt: skip
    query = query.where(
        t.posting.c.occurred_at >= since, t.posting.c.occurred_at < until, kind.available != 0
    ).order_by(t.posting.c.occurred_at, movement.movement_seq)
    held = _held_for(con, is_replayed)
    found = []
    for at, sku, location_id, units, order_seq, reference, kind_no in con.execute(query):
        is_own = order_seq is not None and kind_no in _OWN and is_replayed(order_seq)
        if not is_own and not (kind_no in _OWN_HOLDS and reference in held):
            found.append((at, sku, location_id, int(units)))
    return found


def inbound(con: Connection, before: int) -> dict[Place, Sequence[tuple[int, int]]]:
    """(when, units) of what came in to each place before an instant, oldest first."""
    place, movement = t.stock_balance.c, t.inventory_movement.c
    query = (
        select(place.sku, place.location_id, t.posting.c.occurred_at, movement.quantity)
        .join(t.inventory_movement, movement.stock_no == place.stock_no)
        .join(t.posting, t.posting.c.posting_seq == movement.posting_seq)
        .where(IS_INBOUND, movement.quantity > 0, t.posting.c.occurred_at < before)
        .order_by(movement.movement_seq)
    )
    found: dict[Place, list[tuple[int, int]]] = {}
    for sku, location_id, at, units in con.execute(query):
        found.setdefault((sku, location_id), []).append((at, units))
    return found


def _movements(query):
    movement = t.inventory_movement.c
    return (
        query.select_from(t.inventory_movement)
        .join(t.posting, t.posting.c.posting_seq == movement.posting_seq)
        .join(t.movement_kind, t.movement_kind.c.kind_no == movement.kind_no)
        .join(t.stock_balance, t.stock_balance.c.stock_no == movement.stock_no)
    )


def _held_for(con: Connection, is_replayed: Callable[[int], bool]) -> set[str]:
    """Reservations that became one of the replayed orders: their units were the order's."""
    held = t.reservation.c
    rows = con.execute(select(held.reservation_id, held.order_seq).where(held.order_seq.is_not(None)))
    return {name for name, order_seq in rows if is_replayed(order_seq)}
