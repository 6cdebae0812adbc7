"""What time brings about: scheduled work opens, preorders join those who wait, what was not paid in time or
waited too long is canceled. Each is asked of one order at a time and does nothing the second time.
"""

from __future__ import annotations

from oms_ops.desk import Desk
from oms_ops.orders import Order
from oms_ops.rules import unwinding, waiting, working
from oms_ops.rules.placing import fill_waiting

UNPAID = ("pending", "expired", "voided")


def release(desk: Desk, order: Order) -> int:
    """Units and work whose date has come; how many of both."""
    works = [
        work
        for work in order.work
        if work.state == "scheduled" and work.fulfill_at is not None and work.fulfill_at <= desk.occurred_at
    ]
    for work in works:
        working.open_(desk, order, work=work)
    lines = [
        line
        for line in order.lines
        if line.backordered
        and line.ships_not_before is not None
        and line.ships_not_before <= desk.occurred_at
    ]
    units = sum(line.backordered for line in lines)
    if lines:
        _serve(desk, order, lines)
    return len(works) + units


def expire(desk: Desk, order: Order) -> str:
    """Whether the order was `canceled`, lost its waiting `units`, or is `kept` as somebody paid in time."""
    if order.expires_at is not None and order.expires_at <= desk.occurred_at:
        if order.order_status == "draft" or (order.payment_status in UNPAID and not order.units_shipped):
            unwinding.cancel_order(desk, order, reason="expired")
            return "canceled"
        order.expires_at = None
        _lift(desk, order, "paid or shipped in time")
    if order.waits_until is None or order.waits_until > desk.occurred_at:
        return "kept"
    order.waits_until = None
    late = [(line, line.claimable) for line in order.lines if line.claimable]
    if not late:
        _lift(desk, order, "nothing waits")
        return "kept"
    desk.touch(order)
    unwinding.cancel_units(desk, order, units=late, reason="expired")
    return "canceled" if order.order_status == "canceled" else "units"


def move_date(desk: Desk, order: Order, *, sku: str, ships_at: int | None) -> None:
    """The sku ships on another date, or is sold ahead no longer: its waiting units are due at once then."""
    for line in order.lines:
        if line.sku == sku and line.backordered and line.ships_not_before is not None:
            line.ships_not_before = desk.occurred_at if ships_at is None else ships_at
            line.is_changed = True
    desk.event(order, "preorder_date_moved", detail={"ships_not_before": waiting.dates(order)})
    if ships_at is None:
        release(desk, order)


def _serve(desk: Desk, order: Order, lines: list) -> None:
    dates = waiting.dates(order)
    for line in lines:
        line.ships_not_before = None
        line.is_changed = True
    desk.event(order, "preorder_due", detail={"ships_not_before": dates})
    waiting.queue_up(desk, order)
    for sku in dict.fromkeys(line.sku for line in lines):
        for location_id in desk.places.network(order.channel_id):
            fill_waiting(desk, sku, location_id=location_id)


def _lift(desk: Desk, order: Order, why: str) -> None:
    desk.touch(order)
    desk.event(order, "deadline_lifted", detail={"why": why})
