"""How an order ends: closed with nothing left to ship and to pay, canceled when nothing ever ships."""

from __future__ import annotations

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.orders import Order


def settle(desk: Desk, order: Order, *, reason: str = "other") -> None:
    """To be asked after every command that ships, cancels or pays."""
    if order.order_status != "open" or order.units_unshipped:
        return
    if _is_nothing_left(order):
        end(desk, order, "canceled", reason=reason)
    elif order.outstanding_e4 <= 0:
        end(desk, order, "closed")


def end(desk: Desk, order: Order, status: str, *, reason: str | None = None) -> None:
    order.order_status = lifecycle.require("order", order.order_status, status, name=order.order_id)
    order.cancel_reason = reason
    desk.touch(order)
    desk.event(order, status, detail={"reason": reason} if reason else {})


def close_work(order: Order) -> None:
    """Work without an open claim left is closed where it shipped something, else canceled."""
    is_open = {claim.fulfillment_no for claim in order.open_allocations()}
    for work in order.open_work():
        if work.fulfillment_no not in is_open:
            has_shipped = any(
                claim.shipped for claim in order.allocations if claim.fulfillment_no == work.fulfillment_no
            )
            name = f"{work.fulfillment_no} of {order.order_id}"
            end_state = "closed" if has_shipped else "canceled"
            if work.state == "on_hold" and has_shipped:
                work.state = lifecycle.require("fulfillment order", "on_hold", "open", name=name)
            work.state = lifecycle.require("fulfillment order", work.state, end_state, name=name)
            work.is_changed = True


def _is_nothing_left(order: Order) -> bool:
    """Every unit that needed shipping was canceled, and no gift card was sold with them."""
    if order.units_shipped or not order.units_canceled:
        return False
    return all(
        line.needs_stock or line.line_type != "gift_card" or line.canceled >= line.quantity
        for line in order.lines
    )
