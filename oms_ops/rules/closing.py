"""How an order ends: closed with nothing left to ship and to pay, canceled when nothing ever ships; and how a
closed one opens again."""

from __future__ import annotations

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.errors import IllegalMove
from oms_ops.orders import Order, Work
from oms_ops.units import money


def settle(desk: Desk, order: Order, *, reason: str = "other") -> None:
    """To be asked after every command that ships, cancels, pays or changes what is owed."""
    if order.order_status == "closed" and order.outstanding_e4 > 0:
        reopen(desk, order, reason="to_collect")
    if order.order_status != "open" or order.units_unshipped:
        return
    if is_nothing_left(order):
        cancel_charges(order)
        end(desk, order, "canceled", reason=reason)
    elif order.outstanding_e4 <= 0:
        end(desk, order, "closed")


def end(desk: Desk, order: Order, status: str, *, reason: str | None = None) -> None:
    order.order_status = lifecycle.require("order", order.order_status, status, name=order.order_id)
    order.cancel_reason = reason
    order.expires_at = order.waits_until = None
    desk.touch(order)
    desk.event(order, status, detail={"reason": reason} if reason else {})


def close(desk: Desk, order: Order) -> None:
    """By hand, what `settle` does by itself: for an order that was opened again and needs nothing more."""
    lifecycle.require("order", order.order_status, "closed", name=order.order_id)
    if order.units_unshipped or order.outstanding_e4 > 0:
        raise IllegalMove(
            f"order {order.order_id} is open with {order.units_unshipped} units to ship and "
            f"{money(order.outstanding_e4)} to collect: it closes when both are 0"
        )
    end(desk, order, "closed")


def reopen(desk: Desk, order: Order, *, reason: str) -> None:
    """A claim, an edit or a parcel that never left: there is something to do again."""
    if order.order_status != "closed":
        raise IllegalMove(f"order {order.order_id} is {order.order_status}: only a closed order is reopened")
    order.order_status = lifecycle.require("order", order.order_status, "open", name=order.order_id)
    desk.touch(order)
    desk.event(order, "reopened", detail={"reason": reason})


def cancel_charges(order: Order) -> None:
    """Nothing ships, so nothing is charged: shipping, services and adjustments go with the goods."""
    for line in order.lines:
        if not line.needs_stock and line.quantity > line.canceled:
            line.canceled = line.quantity
            line.is_changed = True


def close_work(order: Order) -> None:
    """Work without an open claim left is closed where it shipped something, else canceled."""
    is_open = {claim.fulfillment_no for claim in order.open_allocations()}
    for work in order.open_work():
        if work.fulfillment_no not in is_open:
            has_shipped = any(
                claim.shipped for claim in order.allocations if claim.fulfillment_no == work.fulfillment_no
            )
            end_work(order, work, "closed" if has_shipped or work.state == "incomplete" else "canceled")


def end_work(order: Order, work: Work, state: str) -> None:
    name = order.name_of(work)
    if state == "closed" and work.state in ("on_hold", "scheduled"):
        work.state = lifecycle.require("fulfillment order", work.state, "open", name=name)
    work.state = lifecycle.require("fulfillment order", work.state, state, name=name)
    work.is_changed = True


def is_nothing_left(order: Order) -> bool:
    """Every unit that needed shipping was canceled, and no gift card was sold with them."""
    if order.units_unshipped or order.units_shipped or not order.units_canceled:
        return False
    return all(
        line.needs_stock or line.line_type != "gift_card" or line.canceled >= line.quantity
        for line in order.lines
    )
