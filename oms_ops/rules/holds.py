"""Holds: any number of reasons at once; work is on hold while one is left."""

from __future__ import annotations

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.orders import Order


def hold(desk: Desk, order: Order, *, reason: str) -> None:
    if reason not in lifecycle.HOLD_REASONS:
        raise InvalidCommand(f"no hold reason {reason!r}; known: {', '.join(lifecycle.HOLD_REASONS)}")
    if order.order_status != "open":
        lifecycle.require("order", order.order_status, "held", name=order.order_id)
    if reason in order.holds:
        raise InvalidCommand(f"order {order.order_id} is already held for {reason}")
    _move_work(order, "on_hold")
    desk.numbers.hold += 1
    order.holds[reason] = desk.numbers.hold
    desk.journal.holds.append((desk.numbers.hold, order.order_seq, reason, desk.occurred_at, None))
    desk.event(order, "held", detail={"reason": reason})


def release(desk: Desk, order: Order, *, reason: str) -> None:
    if reason not in order.holds:
        held = ", ".join(order.holds) or "nothing"
        raise InvalidCommand(f"order {order.order_id} is not held for {reason}; it is held for {held}")
    number = order.holds.pop(reason)
    desk.journal.holds.append((number, order.order_seq, reason, None, desk.occurred_at))
    if not order.holds:
        _move_work(order, "open")
    desk.event(order, "released", detail={"reason": reason})


def _move_work(order: Order, state: str) -> None:
    for work in order.open_work():
        if work.state != state:
            name = f"{work.fulfillment_no} of {order.order_id}"
            work.state = lifecycle.require("fulfillment order", work.state, state, name=name)
            work.is_changed = True
