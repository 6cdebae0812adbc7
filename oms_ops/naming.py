"""What a command names (an order, its lines, claims, work), found, or an error that says what there is."""

from __future__ import annotations

from collections.abc import Mapping

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Shipment
from oms_ops.errors import IllegalMove, InvalidCommand, UnknownOrder
from oms_ops.orders import Allocation, Line, Order, Work


def find_order(desk: Desk, order_id: str) -> Order:
    order = desk.shelf.order(order_id)
    if order is None:
        raise UnknownOrder(f"no order {order_id!r} in the order book")
    return order


def find_line(order: Order, line_id: str) -> Line:
    line = order.line_by_id(line_id)
    if line is None:
        known = ", ".join(line.line_id for line in order.lines)
        raise InvalidCommand(f"order {order.order_id} has no line {line_id!r}; it has {known}")
    return line


def find_lines(order: Order, values: Mapping[str, object]) -> list[tuple[Line, object]]:
    """The order's lines named by line id, each with its value."""
    if not values:
        raise InvalidCommand(f"name at least one line of order {order.order_id}")
    found = []
    for line_id, value in values.items():
        found.append((find_line(order, line_id), value))
    return found


def find_picks(order: Order, units: Mapping[int, int] | None) -> list[tuple[Allocation, int]]:
    """Open allocations by number with the units to ship of each; all of them where `units` is None."""
    claims = {claim.allocation_no: claim for claim in order.open_allocations()}
    if units is None:
        units = {number: claim.open_units for number, claim in claims.items()}
    if not units:
        raise InvalidCommand(f"nothing to ship of order {order.order_id}: name allocations and units")
    strangers = [str(number) for number in units if number not in claims]
    if strangers:
        known = ", ".join(map(str, claims)) or "none"
        raise InvalidCommand(
            f"order {order.order_id} has no open allocation {', '.join(strangers)}; open are {known}"
        )
    picks = [(claims[number], quantity) for number, quantity in units.items()]
    for claim, quantity in picks:
        if not 0 < quantity <= claim.open_units:
            raise InvalidCommand(
                f"allocation {claim.allocation_no} of order {order.order_id} is {claim.state} with "
                f"{claim.open_units} units to ship, found {quantity}"
            )
    return picks


def find_claims(
    order: Order, work: Work, units: Mapping[int, int], *, least: int = 1
) -> list[tuple[Allocation, int]]:
    """Open claims of this work by allocation number, each with a number of its units; at least one."""
    if not units:
        raise InvalidCommand(
            f"name allocations and units of fulfillment order {work.fulfillment_no} of {order.order_id}"
        )
    claims = {
        claim.allocation_no: claim
        for claim in order.open_allocations()
        if claim.fulfillment_no == work.fulfillment_no
    }
    for number, quantity in units.items():
        known = ", ".join(f"{no} with {claim.open_units} units" for no, claim in claims.items()) or "none"
        if number not in claims or not least <= quantity <= claims[number].open_units:
            raise InvalidCommand(
                f"fulfillment order {work.fulfillment_no} of {order.order_id} is {work.state}; its open "
                f"allocations are {known}, found {quantity} units of {number}"
            )
    return [(claims[number], quantity) for number, quantity in units.items()]


def find_parcels(desk: Desk, shipment_id: str) -> tuple[Order, list[Shipment]]:
    """The parcels of one shipment (one per location) and their order."""
    parcels = desk.shelf.shipments(shipment_id)
    if not parcels:
        raise InvalidCommand(f"no shipment {shipment_id!r} in the order book")
    return desk.shelf.order_by_seq(parcels[0].order_seq), parcels


def find_work(order: Order, fulfillment_no: int) -> Work:
    for work in order.work:
        if work.fulfillment_no == fulfillment_no:
            return work
    known = ", ".join(str(work.fulfillment_no) for work in order.work) or "none"
    raise InvalidCommand(f"order {order.order_id} has no fulfillment order {fulfillment_no}; it has {known}")


def require_reason(reason: str) -> str:
    if reason not in lifecycle.CANCEL_REASONS:
        raise InvalidCommand(f"no cancel reason {reason!r}; known: {', '.join(lifecycle.CANCEL_REASONS)}")
    return reason


def require_cancelable(order: Order) -> None:
    lifecycle.require("order", order.order_status, "canceled", name=order.order_id)
    if order.units_shipped:
        raise IllegalMove(
            f"order {order.order_id} has shipped {order.units_shipped} units and cannot be canceled whole: "
            f"cancel its {order.units_unshipped} remaining units by line"
        )


def find_cancelable(order: Order, units: Mapping[str, int]) -> list:
    named = find_lines(order, units)
    for line, quantity in named:
        if not 0 < quantity <= line.cancelable:
            raise InvalidCommand(
                f"line {line.line_id} of order {order.order_id} has {line.cancelable} units left to cancel "
                f"({line.shipped} shipped, {line.canceled} canceled), found {quantity}"
            )
    return named
