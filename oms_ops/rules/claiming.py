"""Claims: a parcel lost, goods damaged or wrong, units missing. Sent again, refunded, denied or withdrawn.

A claim opens a closed order again: there may be something to send. Whatever its outcome, it is one step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Claim, RefundLine, Shipment
from oms_ops.errors import InvalidCommand
from oms_ops.facts import OrderLineFact
from oms_ops.orders import Line, Order
from oms_ops.rules import lines, refunds
from oms_ops.rules.closing import settle


def open_claim(
    desk: Desk, order: Order, *, claim_id: str, kind: str, units: Sequence[tuple[Line, int]],
    parcels: Sequence[Shipment] = (), note: str | None = None,
) -> Claim:  # fmt: skip
    """For units that were shipped, are not back and are in no other claim. A lost parcel has failed."""
    if kind not in lifecycle.CLAIM_KINDS:
        raise InvalidCommand(f"no claim kind {kind!r}; known: {', '.join(lifecycle.CLAIM_KINDS)}")
    claimed = _claimed(desk, order)
    for line, quantity in units:
        taken = claimed.get(line.line_no, 0)
        rest = line.shipped - line.returned - taken
        if not 0 < quantity <= rest:
            raise InvalidCommand(
                f"line {line.line_id} of order {order.order_id} ({order.order_status}) has {rest} units to "
                f"claim for ({line.shipped} shipped, {line.returned} returned, {taken} claimed), "
                f"found {quantity}"
            )
    lines.reopen(desk, order, reason="claim")
    if kind == "lost_parcel":
        _fail(desk, parcels)
    shipment_id = parcels[0].shipment_id if parcels else None
    made = Claim(
        claim_id, order.order_seq, kind, "open", shipment_id, note, desk.occurred_at, desk.recorded_at,
        units={line.line_no: quantity for line, quantity in units}, is_new=True,
    )  # fmt: skip
    desk.papers(order).claims.append(made)
    desk.journal.claims[claim_id] = made
    detail = {"claim_id": claim_id, "kind": kind, "units": sum(made.units.values())}
    desk.event(order, "claim_opened", detail=detail | ({"shipment_id": shipment_id} if shipment_id else {}))
    return made


def reship(desk: Desk, order: Order, *, made: Claim, may_wait: bool) -> list[Line]:
    """The claimed units once more, for nothing."""
    _become(desk, made, "reshipped")
    lost = [(order.line(line_no), units) for line_no, units in made.units.items()]
    new = [
        OrderLineFact(0, f"{made.claim_id}/{line.line_id}", line.sku, line.line_type, units, 0)
        for line, units in lost
    ]
    added = lines.add_lines(desk, order, lines=new, may_wait=may_wait)
    _tell(desk, order, made, lines=[line.line_id for line in added])
    return added


def refund(
    desk: Desk, order: Order, *, made: Claim, refund_id: str, parts: Sequence[RefundLine], status: str
):  # fmt: skip
    _become(desk, made, "refunded", outcome=refund_id)
    given = refunds.refund(
        desk, order, refund_id=refund_id, lines=parts, status=status, reason=made.kind, claim_id=made.claim_id
    )
    _tell(desk, order, made, refund_id=refund_id)
    settle(desk, order)
    return given


def end(desk: Desk, order: Order, *, made: Claim, state: str, reason: str) -> None:
    """Denied by us or withdrawn by the buyer."""
    _become(desk, made, state, outcome=reason)
    _tell(desk, order, made, reason=reason)
    settle(desk, order)


def value(desk: Desk, order: Order, *, made: Claim) -> list[RefundLine]:
    """What the claimed units are worth, at most what is left to refund of their lines."""
    units = [(order.line(line_no), quantity) for line_no, quantity in made.units.items()]
    return refunds.by_line(desk, order, amounts=[], units=units)


def units_of(order: Order, parcels_units: Mapping[int, int]) -> list[tuple[Line, int]]:
    """Units per line of a shipment, from its units per allocation."""
    units: dict[int, int] = {}
    for claim in order.allocations:
        if claim.allocation_no in parcels_units:
            line_no = claim.line.line_no
            units[line_no] = units.get(line_no, 0) + parcels_units[claim.allocation_no]
    return [(order.line(line_no), quantity) for line_no, quantity in units.items()]


def _claimed(desk: Desk, order: Order) -> dict[int, int]:
    units: dict[int, int] = {}
    for made in desk.papers(order).claims:
        if made.state not in ("denied", "withdrawn"):
            for line_no, quantity in made.units.items():
                units[line_no] = units.get(line_no, 0) + quantity
    return units


def _fail(desk: Desk, parcels: Sequence[Shipment]) -> None:
    """What the carrier has not brought it has lost; a parcel it says it delivered stays delivered."""
    for parcel in parcels:
        if parcel.state not in ("failure", "delivered"):
            parcel.state = lifecycle.require("shipment", parcel.state, "failure", name=parcel.shipment_id)
            desk.journal.shipments[parcel.shipment_seq] = parcel


def _become(desk: Desk, made: Claim, state: str, *, outcome: str | None = None) -> None:
    made.state = lifecycle.require("claim", made.state, state, name=made.claim_id)
    made.resolved_at, made.outcome = desk.occurred_at, outcome
    desk.journal.claims[made.claim_id] = made


def _tell(desk: Desk, order: Order, made: Claim, **more: object) -> None:
    desk.event(order, f"claim_{made.state}", detail={"claim_id": made.claim_id, "kind": made.kind} | more)
