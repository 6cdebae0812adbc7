"""Who may wait for stock: the cap on waiting units of a sku, preorders until their date, the queue itself.

A request is refused where neither stock nor the right to wait covers it; facts others report are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oms_ops import routing
from oms_ops.desk import Desk
from oms_ops.errors import OutOfStock, OverBackorderCap
from oms_ops.orders import Line, Order
from oms_ops.units import instant


def admit(
    desk: Desk, order: Order, *, wanted: Mapping[str, int], may_wait: bool,
    skus: Iterable[str] | None = None,
) -> None:  # fmt: skip
    """Refuse with every shortage at once: units `wanted` now that no location has, where they may not wait,
    and units beyond the cap of their sku. `skus`: those the request adds to (default: all of the order)."""
    short = _shortage(desk, order, wanted)
    if short and not may_wait:
        raise OutOfStock({sku: (wanted[sku], wanted[sku] - short[sku]) for sku in sorted(short)})
    own = routing.demand([(line.sku, line.backordered) for line in order.lines if line.backordered])
    over = {}
    for sku in sorted(own) if skus is None else sorted(own.keys() & set(skus)):
        waits = own[sku] - (wanted.get(sku, 0) - short.get(sku, 0))
        cap = desk.shelf.backorder_cap(sku) if waits else None
        if cap is not None:
            others = desk.shelf.units_waiting_elsewhere(sku, order_seq=order.order_seq)
            if others + waits > cap:
                over[sku] = (waits, others, cap)
    if over:
        raise OverBackorderCap(over)


def schedule(desk: Desk, order: Order, *, lines: Iterable[Line]) -> None:
    """Waiting units of a sku that is sold ahead wait for its date: they claim none of today's stock."""
    preorders = desk.shelf.preorders
    for line in lines:
        ships_at = preorders.get(line.sku) if line.backordered else None
        if ships_at is not None and ships_at > desk.occurred_at:
            line.ships_not_before = ships_at
            line.is_changed = True


def queue_up(desk: Desk, order: Order) -> dict[str, int]:
    """Put what still waits in line, the oldest order first; units per sku."""
    short: dict[str, int] = {}
    for line in order.lines:
        if line.backordered and line.ships_not_before is None:
            desk.shelf.wait(line.sku, order.queue_place(line))
            short[line.sku] = short.get(line.sku, 0) + line.backordered
    return short


def dates(order: Order) -> dict[str, str]:
    """When each sku that is not due yet ships, as text."""
    return {
        line.sku: instant(line.ships_not_before).isoformat()
        for line in order.lines
        if line.backordered and line.ships_not_before is not None
    }


def _shortage(desk: Desk, order: Order, wanted: Mapping[str, int]) -> Mapping[str, int]:
    network = desk.places.network(order.channel_id)
    return routing.route(wanted, desk.available, network=network).unrouted if wanted else {}
