"""Canceling what has not shipped and taking back what has: each unit goes where its transition says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops.desk import Desk
from oms_ops.orders import Allocation, Line, Order
from oms_ops.rules.closing import cancel_charges, close_work, end, settle
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
    freed = withdraw(desk, order, units)
    detail = {"units": sum(quantity for _, quantity in units), "reason": reason}
    desk.event(order, "units_canceled", detail=detail)
    close_work(order)
    settle(desk, order, reason=reason)
    hand_on(desk, freed)


def cancel_order(desk: Desk, order: Order, *, reason: str) -> None:
    """Cancel an order of which nothing has shipped, lines without stock included."""
    is_draft = order.order_status == "draft"
    units = [
        (line, line.quantity - line.canceled if is_draft and line.needs_stock else line.unshipped)
        for line in order.lines
        if line.unshipped or (is_draft and line.needs_stock)
    ]
    freed = withdraw(desk, order, units)
    cancel_charges(order)
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


def withdraw(desk: Desk, order: Order, units: Sequence[tuple[Line, int]]) -> list[tuple[str, str]]:
    """Take units off lines: waiting ones first, then the newest claim. Answers where stock came free."""
    claims: dict[int, list[Allocation]] = {}
    for claim in reversed(order.open_allocations()):
        claims.setdefault(claim.line.line_no, []).append(claim)
    posting = desk.posting(order) if claims else 0
    freed = []
    for line, quantity in units:
        line.canceled += quantity
        line.is_changed = True
        if not line.needs_stock:
            continue
        waiting = min(line.backordered, quantity)
        line.backordered -= waiting
        left = quantity - waiting
        for claim in claims.get(line.line_no, ()):
            if left:
                released = min(left, claim.open_units)
                left -= released
                freed.append(release(desk, claim, units=released, posting=posting))
    return freed


def release(desk: Desk, claim: Allocation, *, units: int, posting: int) -> tuple[str, str]:
    """Give up open units of a claim: they are available again. Their line does not yet say what becomes of
    them. Answers where stock came free."""
    line = claim.line
    line.allocated -= units
    line.is_changed = True
    claim.released += units
    claim.picked = min(claim.picked, claim.open_units)
    claim.is_changed = True
    desk.move(posting, claim.stock, kind="released", quantity=units, line_no=line.line_no)
    return line.sku, claim.stock.location_id


def hand_on(desk: Desk, freed: Sequence[tuple[str, str]]) -> None:
    """Stock that came free goes to whoever waits for it."""
    for sku, location_id in dict.fromkeys(freed):
        fill_waiting(desk, sku, location_id=location_id)
