"""Placing an order and claiming stock for it: at once where there is some, else first come first served."""

from __future__ import annotations

from collections.abc import Callable

from oms_ops import lifecycle, routing
from oms_ops.desk import Desk
from oms_ops.errors import IllegalMove
from oms_ops.facts import OrderFact
from oms_ops.orders import Allocation, Line, Order, Work
from oms_ops.rules import waiting


def place(desk: Desk, fact: OrderFact) -> Order:
    """A new open order as a fact: whatever no location has waits for stock, beyond any cap."""
    return enter(desk, draw_up(desk, fact, status="open"))


def request(
    desk: Desk, fact: OrderFact, *, may_wait: bool, claim_first: Callable[[Order], None] | None = None
) -> Order:  # fmt: skip
    """A new open order that somebody asks for: refused where stock and the right to wait do not cover it.

    `claim_first` claims what was set aside for the order before.
    """

    def admit(order: Order) -> None:
        if claim_first:
            claim_first(order)
        waiting.admit(desk, order, wanted=wanted(order), may_wait=may_wait)

    return enter(desk, draw_up(desk, fact, status="open"), admit=admit)


def draft(desk: Desk, fact: OrderFact) -> Order:
    """An order being made up: it claims nothing and waits for nothing until it is opened."""
    order = draw_up(desk, fact, status="draft")
    desk.shelf.add_order(order)
    detail = {"lines": len(order.lines), "total": order.total_e4 / 10_000}
    desk.event(order, "drafted", detail=detail)
    return order


def open_draft(desk: Desk, order: Order, *, may_wait: bool) -> Order:
    """The draft becomes an order of this moment: it stands behind those placed while it was made up."""
    if order.order_status != "draft":
        raise IllegalMove(f"order {order.order_id} is {order.order_status}: only a draft is opened")
    order.order_status = lifecycle.require("order", order.order_status, "open", name=order.order_id)
    passed = desk.occurred_at - order.placed_at
    order.placed_at = desk.occurred_at
    order.promised_ship_by = _later(order.promised_ship_by, passed)
    order.promised_deliver_by = _later(order.promised_deliver_by, passed)
    order.queue_seq = desk.numbers.order + 1
    for line in order.lines:
        if line.needs_stock:
            line.backordered = line.quantity - line.canceled
            line.is_changed = True
    waiting.schedule(desk, order, lines=order.lines)
    waiting.admit(desk, order, wanted=wanted(order), may_wait=may_wait)
    desk.touch(order)
    return enter(desk, order)


def draw_up(desk: Desk, fact: OrderFact, *, status: str) -> Order:
    """Only product lines need stock; gift cards, services and test orders claim none."""
    desk.numbers.order += 1
    lines = [
        Line(no, line_id, sku, kind, quantity, price_e4, is_test=fact.is_test)
        for no, line_id, sku, kind, quantity, price_e4 in fact.lines
    ]
    total_e4 = sum([line.quantity * line.unit_price_e4 for line in lines])
    order = Order(
        desk.numbers.order, *fact[2:9], fact.is_test, fact.placed_at, fact.recorded_at,
        fact.promised_ship_by, fact.promised_deliver_by, total_e4, 0, status, is_new=True,
    )  # fmt: skip
    order.lines = lines
    if status == "open":
        for line in lines:
            if line.needs_stock:
                line.backordered = line.quantity
        if desk.shelf.preorders:
            waiting.schedule(desk, order, lines=lines)
    return order


def enter(desk: Desk, order: Order, *, admit: Callable[[Order], None] | None = None) -> Order:
    """The order stands in the book, claims what there is and waits for the rest; `admit` may refuse it."""
    desk.shelf.add_order(order)
    detail = {"lines": len(order.lines), "total": order.total_e4 / 10_000}
    desk.event(order, "placed", detail=detail)
    if admit:
        admit(order)
    allocate(desk, order)
    _wait(desk, order)
    return order


def allocate(desk: Desk, order: Order) -> int:
    """Route what waits in the order and claim it; units claimed."""
    demand = wanted(order)
    if not demand:
        return 0
    plan = routing.route(demand, desk.available, network=desk.places.network(order.channel_id))
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
    for position, place in enumerate(queue):
        if free <= 0:
            still_waiting += queue[position:]
            break
        _, order_seq, line_no = place
        order = desk.shelf.order_by_seq(order_seq)
        line = order.line(line_no)
        if line.claimable and location_id in desk.places.network(order.channel_id):
            units = min(free, line.backordered)
            free -= units
            claim_for(desk, order, line, location_id=location_id, units=units)
            detail = {"units": units, "locations": {location_id: units}, "waited": True}
            desk.event(order, "allocated", detail=detail)
        if line.claimable:
            still_waiting.append(place)
    queue[:] = still_waiting


def wanted(order: Order) -> dict[str, int]:
    """Units per sku that the order's lines could claim now."""
    return routing.demand(
        [
            (line.sku, line.backordered)
            for line in order.lines
            if line.backordered and line.ships_not_before is None
        ]
    )


def _claim(desk: Desk, order: Order, location_id: str, *, units: dict[str, int]) -> int:
    """Claim `units` per sku at one location for the order's waiting lines, in line order."""
    work = work_at(desk, order, location_id)
    claims, stock_of = order.allocations, desk.stock
    number, fulfillment_no = len(claims), work.fulfillment_no
    moves = []
    for line in order.lines:
        waits = line.backordered
        left = units.get(line.sku) if waits and line.ships_not_before is None else 0
        if left:
            taken = waits if waits < left else left
            units[line.sku] = left - taken
            number += 1
            stock = stock_of[line.sku, location_id]
            claims.append(Allocation(number, line, fulfillment_no, stock, taken, is_new=True))
            line.backordered = waits - taken
            line.allocated += taken
            line.is_changed = True
            moves.append((stock, taken, line.line_no))
    desk.move_all(desk.posting(order), "allocated", moves=moves)
    return sum([move[1] for move in moves])


def claim_for(
    desk: Desk, order: Order, line: Line, *, location_id: str, units: int, kind: str = "allocated"
) -> None:  # fmt: skip
    """Claim `units` for one line that has been waiting, from what is available or (`kind`) from a hold."""
    work, stock = work_at(desk, order, location_id), desk.stock[line.sku, location_id]
    number = len(order.allocations) + 1
    order.allocations.append(Allocation(number, line, work.fulfillment_no, stock, units, is_new=True))
    line.backordered -= units
    line.allocated += units
    line.is_changed = True
    desk.move(desk.posting(order), stock, kind=kind, quantity=units, line_no=line.line_no)


def work_at(desk: Desk, order: Order, location_id: str, *, parent_no: int | None = None) -> Work:
    """The order's work at the location that nobody has begun, held or dated by itself, or new work."""
    for work in order.work:
        is_free = work.state in ("open", "on_hold") and not work.holds and work.fulfill_at is None
        if is_free and work.location_id == location_id:
            return work
    return new_work(desk, order, location_id, parent_no=parent_no)


def new_work(desk: Desk, order: Order, location_id: str, *, parent_no: int | None = None) -> Work:
    work = Work(len(order.work) + 1, parent_no, location_id, "open", desk.occurred_at, is_new=True)
    if order.holds:
        work.state = lifecycle.require("fulfillment order", "open", "on_hold", name=order.order_id)
    order.work.append(work)
    return work


def _wait(desk: Desk, order: Order) -> None:
    short = waiting.queue_up(desk, order)
    if short:
        order.units_backordered_at_placement = sum(short.values())
        detail = {"units": order.units_backordered_at_placement, "skus": short}
        desk.event(order, "backordered", detail=detail)
    if desk.shelf.preorders and (dates := waiting.dates(order)):
        desk.event(order, "scheduled", detail={"ships_not_before": dates})


def _later(instant: int | None, passed: int) -> int | None:
    return None if instant is None else instant + passed
