"""What happens to one fulfillment order where it lies: picked, packed, rejected, scheduled, opened, short.

Taking work apart or elsewhere is rearranging.py's, holding it holds.py's, shipping it shipping.py's.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.errors import IllegalMove, InvalidCommand
from oms_ops.orders import Allocation, Order, Work
from oms_ops.rules.rearranging import dispose, give_up

Picks = Sequence[tuple[Allocation, int]]


def pick(desk: Desk, order: Order, *, work: Work, picks: Picks | None = None) -> None:
    """Units are taken off the shelf: those of `picks`, or all that are not picked yet."""
    if work.state != "in_progress":
        begin(order, work)
    claims = [claim for claim in order.open_allocations() if claim.fulfillment_no == work.fulfillment_no]
    wanted = [(claim, claim.open_units - claim.picked) for claim in claims] if picks is None else picks
    for claim, quantity in wanted:
        if claim.picked + quantity > claim.open_units:
            raise InvalidCommand(
                f"allocation {claim.allocation_no} of order {order.order_id} is {claim.state} with "
                f"{claim.picked} of {claim.open_units} units picked, found {quantity} more"
            )
        claim.picked += quantity
        claim.is_changed = True
    desk.event(order, "picked", detail=_detail(work, sum(quantity for _, quantity in wanted)))


def pack(desk: Desk, order: Order, *, work: Work) -> None:
    if work.state not in ("in_progress", "incomplete"):
        raise IllegalMove(
            f"fulfillment order {order.name_of(work)} is {work.state} and cannot be packed: pick it first"
        )
    desk.event(order, "packed", detail={"fulfillment_no": work.fulfillment_no, "location": work.location_id})


def reject(desk: Desk, order: Order, *, work: Work, reason: str) -> None:
    """The location puts the work back: nothing is picked any more, somebody else may begin it."""
    if work.state != "in_progress":
        raise IllegalMove(
            f"fulfillment order {order.name_of(work)} is {work.state} and cannot be rejected: "
            "only work in progress can"
        )
    _become(order, work, "open")
    for claim in order.open_allocations():
        if claim.fulfillment_no == work.fulfillment_no:
            claim.picked = 0
            claim.is_changed = True
    desk.event(order, "rejected", detail={"fulfillment_no": work.fulfillment_no, "reason": reason})


def schedule(desk: Desk, order: Order, *, work: Work, fulfill_at: int) -> None:
    """Claimed, and not to be begun before its date."""
    if fulfill_at <= desk.occurred_at:
        raise InvalidCommand(f"fulfillment order {order.name_of(work)} needs a date that is still to come")
    if work.state not in ("scheduled", "on_hold"):
        _become(order, work, "scheduled")
    work.fulfill_at = fulfill_at
    work.is_changed = True
    desk.event(order, "scheduled", detail={"fulfillment_no": work.fulfillment_no, "fulfill_at": fulfill_at})


def open_(desk: Desk, order: Order, *, work: Work) -> None:
    """Its date has come, or somebody wants it sooner."""
    _become(order, work, "open")
    work.fulfill_at = None
    desk.event(order, "opened", detail={"fulfillment_no": work.fulfillment_no})


def come_short(
    desk: Desk, order: Order, *, work: Work, missing: Picks, reason: str, then: str, cancel_reason: str
) -> None:  # fmt: skip
    """The picker found fewer. The stock was not there: it is written off with `reason`. What was found ships
    from here; what is `missing` waits, is claimed elsewhere or is canceled, as `then` says."""
    _become(order, work, "incomplete")
    detail = _detail(work, sum(units for _, units in missing)) | {"reason": reason, "then": then}
    desk.event(order, "came_short", detail=detail)
    short = {claim.allocation_no: units for claim, units in missing}
    for claim in order.open_allocations():
        if claim.fulfillment_no == work.fulfillment_no:
            claim.picked = claim.open_units - short.get(claim.allocation_no, 0)
            claim.is_changed = True
    posting = desk.posting(order, reference=order.name_of(work), reason=reason)
    lost = give_up(desk, missing, posting=posting, is_lost=True)
    dispose(desk, order, missing, then=then, reason=cancel_reason, away_from=work.location_id, freed=lost)


def begin(order: Order, work: Work) -> None:
    _become(order, work, "in_progress")


def _become(order: Order, work: Work, state: str) -> None:
    work.state = lifecycle.require("fulfillment order", work.state, state, name=order.name_of(work))
    work.is_changed = True


def _detail(work: Work, units: int) -> dict[str, object]:
    return {"fulfillment_no": work.fulfillment_no, "location": work.location_id, "units": units}
