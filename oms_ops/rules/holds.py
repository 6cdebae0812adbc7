"""Holds on an order or on one of its fulfillment orders: work is on hold while one reason is left.

A held order keeps its place among those who wait, and what it gets is held too (docs/decisions/0010).
"""

from __future__ import annotations

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.orders import Order, Work


def hold(desk: Desk, order: Order, *, reason: str, work: Work | None = None) -> None:
    """On hold from here on, whole or the one fulfillment order."""
    held, name = (order, f"order {order.order_id}") if work is None else (work, _name(order, work))
    if reason not in lifecycle.HOLD_REASONS:
        raise InvalidCommand(f"no hold reason {reason!r}; known: {', '.join(lifecycle.HOLD_REASONS)}")
    if order.order_status != "open":
        lifecycle.require("order", order.order_status, "held", name=order.order_id)
    if reason in held.holds:
        raise InvalidCommand(f"{name} is already held for {reason}")
    for each in order.open_work() if work is None else [work]:
        _move(order, each, "on_hold")
    desk.numbers.hold += 1
    held.holds[reason] = desk.numbers.hold
    number = None if work is None else work.fulfillment_no
    desk.journal.holds.append(
        (desk.numbers.hold, order.order_seq, reason, desk.occurred_at, None, number),
    )
    desk.event(order, "held", detail=_detail(reason, work))


def release(desk: Desk, order: Order, *, reason: str, work: Work | None = None) -> None:
    held, name = (order, f"order {order.order_id}") if work is None else (work, _name(order, work))
    if reason not in held.holds:
        reasons = ", ".join(held.holds) or "nothing"
        raise InvalidCommand(f"{name} is not held for {reason}; it is held for {reasons}")
    number = held.holds.pop(reason)
    desk.journal.holds.append((number, order.order_seq, reason, None, desk.occurred_at, None))
    for each in order.open_work() if work is None else [work]:
        if not order.holds and not each.holds and each.state == "on_hold":
            _move(order, each, resting_state(desk, each))
    desk.event(order, "released", detail=_detail(reason, work))


def set_free(desk: Desk, order: Order) -> None:
    """What is on its way is neither held nor scheduled any longer."""
    for reason in list(order.holds):
        release(desk, order, reason=reason)
    for work in order.open_work():
        for reason in list(work.holds):
            release(desk, order, reason=reason, work=work)
        if work.state == "scheduled":
            _move(order, work, "open")


def resting_state(desk: Desk, work: Work) -> str:
    """Where work that nobody holds and nobody has begun stands: before its date it is scheduled."""
    return "scheduled" if work.fulfill_at is not None and work.fulfill_at > desk.occurred_at else "open"


def _move(order: Order, work: Work, state: str) -> None:
    if work.state != state:
        work.state = lifecycle.require("fulfillment order", work.state, state, name=order.name_of(work))
        work.is_changed = True


def _name(order: Order, work: Work) -> str:
    return f"fulfillment order {order.name_of(work)}"


def _detail(reason: str, work: Work | None) -> dict[str, object]:
    return {"reason": reason} | ({} if work is None else {"fulfillment_no": work.fulfillment_no})
