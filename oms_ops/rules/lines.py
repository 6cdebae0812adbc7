"""Lines added to an order that stands: it is reopened where closed, their stock is claimed or waited for."""

from __future__ import annotations

from collections.abc import Sequence

from oms_ops import lifecycle, routing
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, OutOfStock
from oms_ops.facts import OrderLineFact
from oms_ops.orders import Line, Order
from oms_ops.rules import placing


def add_line(
    desk: Desk, order: Order, *, line_id: str, sku: str, quantity: int, unit_price_e4: int,
    line_type: str = "product",
) -> Line:  # fmt: skip
    """One more line. What it needs waits; to be followed by `claim` when all lines are there."""
    if order.line_by_id(line_id) is not None:
        raise InvalidCommand(f"order {order.order_id} already has a line {line_id!r}")
    number = max([line.line_no for line in order.lines], default=0) + 1
    line = Line(number, line_id, sku, line_type, quantity, unit_price_e4, is_test=order.is_test)
    line.is_new = True
    if line.needs_stock:
        line.backordered = quantity
    order.lines.append(line)
    order.total_e4 += line.amount_e4
    desk.touch(order)
    return line


def add_lines(desk: Desk, order: Order, *, lines: Sequence[OrderLineFact], may_wait: bool) -> list[Line]:
    """Lines with their claims. What no location has waits; where it may not: OutOfStock, all shortages."""
    reopen(desk, order, reason="edit")
    added = [
        add_line(
            desk, order, line_id=line.line_id, sku=line.sku, quantity=line.quantity,
            unit_price_e4=line.unit_price_e4, line_type=line.line_type,
        )
        for line in lines
    ]  # fmt: skip
    claim(desk, order, added=added, may_wait=may_wait)
    return added


def claim(desk: Desk, order: Order, *, added: Sequence[Line], may_wait: bool) -> None:
    wanted = routing.demand([(line.sku, line.backordered) for line in added if line.backordered])
    network = desk.places.network(order.channel_id)
    if wanted and not may_wait:
        unrouted = routing.route(wanted, desk.available, network=network).unrouted
        if unrouted:
            raise OutOfStock({sku: (wanted[sku], wanted[sku] - unrouted[sku]) for sku in sorted(unrouted)})
    placing.allocate(desk, order)
    for line in added:
        if line.backordered:
            desk.shelf.wait(line.sku, (order.order_seq, line.line_no))


def reopen(desk: Desk, order: Order, *, reason: str) -> None:
    """A closed order is opened for more work; a canceled one is an IllegalMove."""
    if order.order_status not in ("open", "draft"):
        order.order_status = lifecycle.require("order", order.order_status, "open", name=order.order_id)
        desk.touch(order)
        desk.event(order, "reopened", detail={"reason": reason})
