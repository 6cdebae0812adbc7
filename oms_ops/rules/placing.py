"""Placing an order and claiming stock for it: at once where there is some, else first come first served."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oms_ops import lifecycle, routing
from oms_ops.desk import Desk
from oms_ops.errors import OutOfStock
from oms_ops.facts import OrderFact
from oms_ops.orders import Allocation, Line, Order, Work


def place(
    desk: Desk, fact: OrderFact, *, may_wait: bool = True, claim_first: Callable[[Order], None] | None = None
) -> Order:  # fmt: skip
    """A new open order with its claims. Units no location has wait for stock; where they may not: OutOfStock.

    Only product lines need stock; gift cards, services and test orders claim none. `claim_first` claims what
    was set aside for the order before.
    """
    desk.numbers.order += 1
    lines = [
        Line(no, line_id, sku, kind, quantity, price_e4, is_test=fact.is_test)
        for no, line_id, sku, kind, quantity, price_e4 in fact.lines
    ]
    total_e4 = sum([line.quantity * line.unit_price_e4 for line in lines])
    order = Order(
        desk.numbers.order, *fact[2:9], fact.is_test, fact.placed_at, fact.recorded_at,
        fact.promised_ship_by, fact.promised_deliver_by, total_e4, 0, "open", is_new=True,
    )  # fmt: skip
    order.lines = lines
    for line in lines:
        if line.needs_stock:
            line.backordered = line.quantity
    desk.shelf.add_order(order)
    desk.event(order, "placed", detail={"lines": len(lines), "total": total_e4 / 10_000})
    if claim_first:
        claim_first(order)
    if not may_wait:
        _require_stock(desk, order)
    allocate(desk, order)
    _wait(desk, order)
    return order


def allocate(desk: Desk, order: Order) -> int:
    """Route what waits in the order and claim it; units claimed."""
    wanted = _wanted(order)
    if not wanted:
        return 0
    plan = routing.route(wanted, desk.available, network=desk.places.network(order.channel_id))
    claimed = {
        location_id: _claim(desk, order, location_id, units=dict(units))
        for location_id, units in plan.by_location.items()
    }
    units = sum(claimed.values())
    if units:
        desk.event(order, "allocated", detail={"units": units, "locations": claimed})
    return units


def fill_waiting(desk: Desk, sku: str, *, location_id: str) -> None:
    """Stock came free: units that wait for this sku get it, the oldest order first."""
    free = desk.available(sku, location_id)
    if free <= 0:
        return
    queue = desk.shelf.waiting(sku)
    still_waiting = []
    for position, (order_seq, line_no) in enumerate(queue):
        if free <= 0:
            still_waiting += queue[position:]
            break
        order = desk.shelf.order_by_seq(order_seq)
        line = order.line(line_no)
        if line.backordered and location_id in desk.places.network(order.channel_id):
            units = min(free, line.backordered)
            free -= units
            claim_for(desk, order, line, location_id=location_id, units=units)
            detail = {"units": units, "locations": {location_id: units}, "waited": True}
            desk.event(order, "allocated", detail=detail)
        if line.backordered:
            still_waiting.append((order_seq, line_no))
    queue[:] = still_waiting


def _wanted(order: Order) -> dict[str, int]:
    return routing.demand([(line.sku, line.backordered) for line in order.lines if line.backordered])


def _require_stock(desk: Desk, order: Order) -> None:
    wanted = _wanted(order)
    network = desk.places.network(order.channel_id)
    unrouted = routing.route(wanted, desk.available, network=network).unrouted if wanted else {}
    if unrouted:
        raise OutOfStock({sku: (wanted[sku], wanted[sku] - unrouted[sku]) for sku in sorted(unrouted)})


def _claim(desk: Desk, order: Order, location_id: str, *, units: dict[str, int]) -> int:
    """Claim `units` per sku at one location for the order's waiting lines, in line order."""
    work = _work_at(desk, order, location_id)
    claims, stock_of = order.allocations, desk.stock
    number, fulfillment_no = len(claims), work.fulfillment_no
    moves = []
    for line in order.lines:
        waiting = line.backordered
        left = units.get(line.sku) if waiting else 0
        if left:
            taken = waiting if waiting < left else left
            units[line.sku] = left - taken
            number += 1
            stock = stock_of[line.sku, location_id]
            claims.append(Allocation(number, line, fulfillment_no, stock, taken, is_new=True))
            line.backordered = waiting - taken
            line.allocated += taken
            line.is_changed = True
            moves.append((stock, taken, line.line_no))
    desk.move_all(desk.posting(order), "allocated", moves=moves)
    return sum([move[1] for move in moves])


def claim_for(
    desk: Desk, order: Order, line: Line, *, location_id: str, units: int, kind: str = "allocated"
) -> None:  # fmt: skip
    """Claim `units` for one line that has been waiting, from what is available or (`kind`) from a hold."""
    work, stock = _work_at(desk, order, location_id), desk.stock[line.sku, location_id]
    number = len(order.allocations) + 1
    order.allocations.append(Allocation(number, line, work.fulfillment_no, stock, units, is_new=True))
    line.backordered -= units
    line.allocated += units
    line.is_changed = True
    desk.move(desk.posting(order), stock, kind=kind, quantity=units, line_no=line.line_no)


def _work_at(desk: Desk, order: Order, location_id: str) -> Work:
    """The order's work at the location that nobody has begun yet, or new work."""
    for work in order.work:
        if work.location_id == location_id and work.state in ("open", "on_hold"):
            return work
    work = Work(len(order.work) + 1, None, location_id, "open", desk.occurred_at, is_new=True)
    if order.holds:
        work.state = lifecycle.require("fulfillment order", "open", "on_hold", name=order.order_id)
    order.work.append(work)
    return work


def _wait(desk: Desk, order: Order) -> None:
    waiting: Mapping[str, int] = _wanted(order)
    if not waiting:
        return
    for line in order.lines:
        if line.backordered:
            desk.shelf.wait(line.sku, (order.order_seq, line.line_no))
    order.units_backordered_at_placement = sum(waiting.values())
    detail = {"units": order.units_backordered_at_placement, "skus": waiting}
    desk.event(order, "backordered", detail=detail)
