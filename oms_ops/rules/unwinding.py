"""Canceling what has not shipped and taking back what has: each unit goes where its transition says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops.desk import Desk
from oms_ops.orders import Allocation, Line, Order
from oms_ops.rules import kits
from oms_ops.rules.closing import close_work, end, settle
from oms_ops.rules.placing import fill_waiting

RETURN_MOVEMENT: Mapping[str, str | None] = {
    "restocked": "returned",
    "damaged": "returned_damaged",
    "quality_control": "returned_to_inspect",
    "disposed": None,
    "kept_by_customer": None,
}


def cancel_units(desk: Desk, order: Order, *, units: Sequence[tuple[Line, int]], reason: str) -> None:
    """Cancel units not yet shipped; what they held goes to whoever waits for it."""
    freed = _withdraw(desk, order, units)
    detail = {"units": sum(quantity for _, quantity in units), "reason": reason}
    desk.event(order, "units_canceled", detail=detail)
    close_work(order)
    settle(desk, order, reason=reason)
    hand_on(desk, freed)


def cancel_order(desk: Desk, order: Order, *, reason: str) -> None:
    """Cancel an order of which nothing has shipped, lines without stock included."""
    units = [(line, line.unshipped) for line in order.lines if line.unshipped]
    freed = _withdraw(desk, order, units)
    for line in order.lines:
        if not line.needs_stock and line.quantity > line.canceled:
            line.canceled = line.quantity
            line.is_changed = True
    close_work(order)
    end(desk, order, "canceled", reason=reason)
    hand_on(desk, freed)


def take_back(
    desk: Desk, line: Line, *, units: int, disposition: str, location_id: str, posting: int
) -> None:  # fmt: skip
    """Shipped units come back. Nobody waiting is served yet: the caller says so with `hand_on`."""
    line.returned += units
    line.is_changed = True
    kind = RETURN_MOVEMENT[disposition]
    if kind and line.needs_stock:
        stock = desk.stock[line.sku, location_id]
        desk.move(posting, stock, kind=kind, quantity=units, line_no=line.line_no)


def _withdraw(desk: Desk, order: Order, units: Sequence[tuple[Line, int]]) -> list[tuple[str, str]]:
    """Units that wait go first, then the newest claim. Answers where stock came free."""
    claims: dict[int, list[Allocation]] = {}
    for claim in reversed(order.open_allocations()):
        claims.setdefault(claim.line.line_no, []).append(claim)
    posting = desk.posting(order) if claims else 0
    freed = []
    for line, quantity in units:
        line.canceled += quantity
        line.is_changed = True
        waiting = min(line.backordered, quantity)
        line.backordered -= waiting
        left = quantity - waiting
        for claim in claims.get(line.line_no, ()):
            if left:
                released = min(left, claim.open_units)
                left -= released
                line.allocated -= released
                claim.released += released
                claim.is_changed = True
                desk.move(posting, claim.stock, kind="released", quantity=released, line_no=line.line_no)
                freed.append((line.sku, claim.stock.location_id))
    kits.follow(order)
    return freed


def hand_on(desk: Desk, freed: Sequence[tuple[str, str]]) -> None:
    for sku, location_id in dict.fromkeys(freed):
        fill_waiting(desk, sku, location_id=location_id)
