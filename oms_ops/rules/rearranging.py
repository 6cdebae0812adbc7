"""Fulfillment orders taken apart, joined, moved to another location, given up; their stock claims with them.

Each makes children with `parent_no`; what is left without an open claim ends (closing.close_work).
"""

from __future__ import annotations

from collections.abc import Sequence

from oms_ops import lifecycle, routing
from oms_ops.desk import Desk
from oms_ops.errors import IllegalMove, InvalidCommand, OutOfStock
from oms_ops.orders import Allocation, Order, Work
from oms_ops.rules import holds, placing, waiting
from oms_ops.rules.closing import close_work, settle
from oms_ops.rules.unwinding import hand_on, release

Picks = Sequence[tuple[Allocation, int]]
THEN = ("wait", "reroute", "cancel")
_NOT_BEGUN = ("open", "scheduled", "on_hold")


def split(desk: Desk, order: Order, *, work: Work, units: Picks) -> Work:
    """Some units of the work become work of their own at the same location."""
    _require_not_begun(order, work, "split")
    if sum(quantity for _, quantity in units) == sum(claim.open_units for claim in claims_of(order, work)):
        raise InvalidCommand(
            f"fulfillment order {order.name_of(work)} cannot be split into itself and nothing"
        )
    child = _child(desk, order, [work])
    for claim, quantity in units:
        _hand_over(order, claim, units=quantity, work=child)
    desk.event(order, "split", detail=_detail(child, [work]))
    return child


def merge(desk: Desk, order: Order, *, works: Sequence[Work]) -> Work:
    """Work of one location, state and date becomes one; it is held for every reason one of them was."""
    for work in works:
        _require_not_begun(order, work, "merged")
    if len(works) < 2 or len({(work.location_id, work.state, work.fulfill_at) for work in works}) > 1:
        found = ", ".join(f"{work.fulfillment_no} {work.state} at {work.location_id}" for work in works)
        raise InvalidCommand(
            f"fulfillment orders of {order.order_id} are merged where two or more have one location, state "
            f"and date, found {found}"
        )
    child = _child(desk, order, works)
    for work in works:
        for claim in claims_of(order, work):
            _hand_over(order, claim, units=claim.open_units, work=child)
    desk.event(order, "merged", detail=_detail(child, works))
    close_work(order)
    return child


def move(desk: Desk, order: Order, *, work: Work, location_id: str, units: Picks | None = None) -> Work:
    """The work, or some units of it, is done elsewhere: released there and claimed here in one step."""
    _require_not_begun(order, work, "moved")
    network = desk.places.network(order.channel_id)
    if location_id == work.location_id or location_id not in network:
        others = ", ".join(place for place in network if place != work.location_id) or "nowhere"
        raise InvalidCommand(
            f"fulfillment order {order.name_of(work)} at {work.location_id} may move to {others}, "
            f"found {location_id}"
        )
    units = [(claim, claim.open_units) for claim in claims_of(order, work)] if units is None else units
    _require_available(desk, units, location_id)
    child = _child(desk, order, [work], location_id=location_id)
    freed = give_up(desk, units, posting=desk.posting(order))
    posting = desk.posting(order)
    for claim, quantity in units:
        line, stock = claim.line, desk.stock[claim.line.sku, location_id]
        _add_claim(order, line, stock=stock, units=quantity, work=child)
        line.allocated += quantity
        desk.move(posting, stock, kind="allocated", quantity=quantity, line_no=line.line_no)
    detail = _detail(child, [work]) | {"units": sum(quantity for _, quantity in units)}
    desk.event(order, "moved", detail=detail | {"location": location_id})
    close_work(order)
    hand_on(desk, freed)
    return child


def cancel(desk: Desk, order: Order, *, work: Work, then: str, reason: str) -> None:
    """The location does not do it. Its units wait again, are claimed elsewhere or are canceled."""
    lifecycle.require("fulfillment order", work.state, "canceled", name=order.name_of(work))
    units = [(claim, claim.open_units) for claim in claims_of(order, work)]
    detail = {"fulfillment_no": work.fulfillment_no, "then": then, "reason": reason}
    desk.event(order, "fulfillment_canceled", detail=detail)
    freed = give_up(desk, units, posting=desk.posting(order))
    dispose(desk, order, units, then=then, reason=reason, away_from=work.location_id, freed=freed)


def reroute(desk: Desk, order: Order) -> int:
    """Claim anew, as if it were placed now, what nobody has begun, held or dated by itself; units claimed."""
    works = [
        work
        for work in order.open_work()
        if work.state in _NOT_BEGUN and not work.holds and work.fulfill_at is None
    ]
    units = [(claim, claim.open_units) for work in works for claim in claims_of(order, work)]
    if not units:
        return 0
    freed = give_up(desk, units, posting=desk.posting(order))
    for claim, quantity in units:
        claim.line.backordered += quantity
    close_work(order)
    claimed = placing.allocate(desk, order)
    waiting.queue_up(desk, order)
    hand_on(desk, freed)
    return claimed


def give_up(desk: Desk, units: Picks, *, posting: int, is_lost: bool = False) -> list[tuple[str, str]]:
    """Release units of claims; the lost ones are written off. Answers where stock came free."""
    freed = []
    for claim, quantity in units:
        freed.append(release(desk, claim, units=quantity, posting=posting))
        if is_lost:
            line_no = claim.line.line_no
            desk.move(posting, claim.stock, kind="adjusted", quantity=-quantity, line_no=line_no)
    return [] if is_lost else freed


def dispose(
    desk: Desk, order: Order, units: Picks, *, then: str, reason: str, away_from: str,
    freed: Sequence[tuple[str, str]],
) -> None:  # fmt: skip
    """What becomes of units whose claim was given up. Others are served first with the stock that came free:
    else the oldest order would get back at once what its location has just refused."""
    hand_on(desk, freed)
    for claim, quantity in units:
        if then == "cancel":
            claim.line.canceled += quantity
        else:
            claim.line.backordered += quantity
    close_work(order)
    if then == "cancel":
        detail = {"units": sum(quantity for _, quantity in units), "reason": reason}
        desk.event(order, "units_canceled", detail=detail)
        settle(desk, order, reason=reason)
        return
    if then == "reroute":
        everywhere, desk.places = desk.places, desk.places.without(away_from)
        placing.allocate(desk, order)
        desk.places = everywhere
    short = waiting.queue_up(desk, order)
    if short:
        desk.event(order, "backordered", detail={"units": sum(short.values()), "skus": short})


def claims_of(order: Order, work: Work) -> list[Allocation]:
    return [claim for claim in order.open_allocations() if claim.fulfillment_no == work.fulfillment_no]


def _child(desk: Desk, order: Order, parents: Sequence[Work], *, location_id: str | None = None) -> Work:
    """New work with the first parent's location, state and date, held for what any of them is held for."""
    first = min(parents, key=lambda work: work.fulfillment_no)
    child = placing.new_work(
        desk, order, location_id or first.location_id, parent_no=first.fulfillment_no
    )  # fmt: skip
    child.fulfill_at = first.fulfill_at
    if first.state == "scheduled":
        child.state = lifecycle.require("fulfillment order", child.state, "scheduled", name=order.order_id)
    for reason in dict.fromkeys(reason for work in parents for reason in work.holds):
        holds.hold(desk, order, reason=reason, work=child)
    return child


def _hand_over(order: Order, claim: Allocation, *, units: int, work: Work) -> None:
    """Open units of a claim belong to other work at the same place: no stock moves."""
    if units == claim.quantity:
        claim.fulfillment_no = work.fulfillment_no
    else:
        claim.quantity -= units
        _add_claim(order, claim.line, stock=claim.stock, units=units, work=work)
    claim.is_changed = True


def _add_claim(order: Order, line, *, stock, units: int, work: Work) -> None:
    number = len(order.allocations) + 1
    order.allocations.append(Allocation(number, line, work.fulfillment_no, stock, units, is_new=True))


def _require_available(desk: Desk, units: Picks, location_id: str) -> None:
    wanted = routing.demand([(claim.line.sku, quantity) for claim, quantity in units])
    found = {sku: max(0, desk.available(sku, location_id)) for sku in wanted}
    short = {sku: (wanted[sku], found[sku]) for sku in sorted(wanted) if found[sku] < wanted[sku]}
    if short:
        raise OutOfStock(short)


def _require_not_begun(order: Order, work: Work, verb: str) -> None:
    if work.state not in _NOT_BEGUN:
        allowed = ", ".join(lifecycle.MOVES["fulfillment order"][work.state])
        may = f"it may become {allowed}" if allowed else "that is final"
        raise IllegalMove(
            f"fulfillment order {order.name_of(work)} is {work.state} and cannot be {verb}: {may}"
        )


def _detail(child: Work, parents: Sequence[Work]) -> dict[str, object]:
    return {
        "fulfillment_no": child.fulfillment_no,
        "parents": [work.fulfillment_no for work in parents],
        "location": child.location_id,
    }
