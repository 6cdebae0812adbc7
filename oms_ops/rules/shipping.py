"""Shipping, and what carriers report of a parcel. A shipment consumes named allocations, wherever they are.

Picking and packing are working.py's. A parcel canceled before it left puts its units back on the shelf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Shipment
from oms_ops.errors import IllegalMove, InvalidCommand
from oms_ops.orders import Allocation, Order
from oms_ops.rules.closing import close_work, reopen, settle
from oms_ops.rules.placing import work_at
from oms_ops.rules.working import begin

Picks = Sequence[tuple[Allocation, int]]


def ship(
    desk: Desk, order: Order, *, picks: Picks, shipment_id: str,
    carrier: str | None = None, tracking_number: str | None = None, state: str = "confirmed",
) -> list[Shipment]:  # fmt: skip
    """`picks`: units of open allocations, no more than they have. One parcel per location they are at.

    With a label bought first (`state` label_purchased or label_printed) the units are already the parcel's.
    """
    _require_free(order, picks)
    parcels: dict[str, Shipment] = {}
    units: dict[str, int] = {}
    moves = []
    note = desk.journal.shipment_lines.append
    for claim, quantity in picks:
        stock, line = claim.stock, claim.line
        location_id = stock.location_id
        parcel = parcels.get(location_id)
        if parcel is None:
            parcel = _parcel(desk, order, location_id, shipment_id, carrier, tracking_number, state)
            parcels[location_id] = parcel
            units[location_id] = 0
        units[location_id] += quantity
        claim.shipped += quantity
        if claim.picked:
            claim.picked = max(0, claim.picked - quantity)
        claim.is_changed = True
        line.shipped += quantity
        line.allocated -= quantity
        note((parcel.shipment_seq, claim.allocation_no, quantity))
        moves.append((stock, quantity, line.line_no))
    desk.move_all(desk.posting(order, reference=shipment_id), "shipped", moves=moves)
    detail = {"shipment_id": shipment_id, "units": sum(units.values()), "locations": units}
    desk.event(order, "shipped", detail=detail)
    begun = {claim.fulfillment_no for claim, _ in picks}
    for work in order.open_work():
        if work.state == "open" and work.fulfillment_no in begun:
            begin(order, work)
    close_work(order)
    settle(desk, order)
    return list(parcels.values())


def deliver(desk: Desk, order: Order, *, parcels: Sequence[Shipment]) -> None:
    """The parcels of one shipment reached the buyer. A parcel delivered before is an IllegalMove."""
    for parcel in parcels:
        _become(desk, parcel, "delivered")
    desk.event(order, "delivered", detail={"shipment_id": parcels[0].shipment_id})


def track(desk: Desk, order: Order, *, parcels: Sequence[Shipment], status: str) -> bool:
    """A carrier's report; whether it says anything new. The latest by when it happened stands, and a delivery
    stands whenever it becomes known."""
    if status not in lifecycle.MOVES["shipment"]:
        known = ", ".join(lifecycle.MOVES["shipment"])
        raise InvalidCommand(f"no shipment status {status!r}; known: {known}")
    news = [parcel for parcel in parcels if _is_news(desk, parcel, status)]
    if not news:
        detail = {"shipment_id": parcels[0].shipment_id, "status": status, "state": parcels[0].state}
        desk.event(order, "shipment_report_ignored", detail=detail)
    elif status == "delivered":
        deliver(desk, order, parcels=news)
    else:
        for parcel in news:
            _become(desk, parcel, status)
        detail = {"shipment_id": news[0].shipment_id, "status": status}
        desk.event(order, "shipment_reported", detail=detail)
    return bool(news)


def cancel(
    desk: Desk, order: Order, *, parcels: Sequence[Shipment], units: Mapping[int, Sequence[tuple[int, int]]],
    expected: Mapping[int, int],
) -> None:  # fmt: skip
    """The parcels never left: each unit goes back on the shelf it came from, still the order's.

    `units`: (allocation number, units) in each parcel by its number. `expected`: units per line that open
    returns await; they cannot come back from a parcel that never left.
    """
    for parcel in parcels:
        _become(desk, parcel, "canceled")
    if order.order_status == "closed":
        reopen(desk, order, reason="shipment_canceled")
    total = sum(quantity for content in units.values() for _, quantity in content)
    detail = {"shipment_id": parcels[0].shipment_id, "units": total}
    desk.event(order, "shipment_canceled", detail=detail)
    posting = desk.posting(order, reference=parcels[0].shipment_id)
    for parcel in parcels:
        for allocation_no, quantity in units[parcel.shipment_seq]:
            claim = order.allocations[allocation_no - 1]
            _put_back(desk, order, claim, units=quantity, expected=expected, posting=posting)


def _put_back(desk: Desk, order: Order, claim: Allocation, *, units: int, expected, posting: int) -> None:
    """A new claim on the same stock, in the work it was shipped from or, where that ended, a child of it."""
    line, stock = claim.line, claim.stock
    back = line.returned + expected.get(line.line_no, 0)
    if line.shipped - units < back:
        raise IllegalMove(
            f"line {line.line_id} of order {order.order_id} has {line.shipped} units shipped of which {back} "
            f"came back or are awaited: {units} of them cannot be a parcel that never left"
        )
    claim.shipped -= units
    claim.released += units
    line.shipped -= units
    line.allocated += units
    claim.is_changed = line.is_changed = True
    work = order.work[claim.fulfillment_no - 1]
    if work.state in ("closed", "canceled"):
        work = work_at(desk, order, stock.location_id, parent_no=work.fulfillment_no)
    number = len(order.allocations) + 1
    order.allocations.append(Allocation(number, line, work.fulfillment_no, stock, units, is_new=True))
    desk.move(posting, stock, kind="unshipped", quantity=units, line_no=line.line_no)


def _is_news(desk: Desk, parcel: Shipment, status: str) -> bool:
    since = parcel.shipped_at if parcel.state_at is None else parcel.state_at
    if status == parcel.state:
        return False
    if desk.occurred_at >= since:
        return True
    return status == "delivered" and parcel.state != "canceled"


def _become(desk: Desk, parcel: Shipment, state: str) -> None:
    """A label is bought before the parcel leaves: it ships when it does."""
    if parcel.state in ("label_purchased", "label_printed") and state not in ("label_printed", "canceled"):
        parcel.shipped_at = max(parcel.shipped_at, desk.occurred_at)
    parcel.state = lifecycle.require("shipment", parcel.state, state, name=parcel.shipment_id)
    parcel.state_at = desk.occurred_at
    if state == "delivered":
        parcel.delivered_at = desk.occurred_at
    desk.journal.shipments[parcel.shipment_seq] = parcel


def _parcel(
    desk: Desk, order: Order, location_id, shipment_id, carrier, tracking_number, state
) -> Shipment:  # fmt: skip
    desk.numbers.shipment += 1
    parcel = Shipment(
        desk.numbers.shipment, shipment_id, order.order_seq, location_id, state, carrier,
        tracking_number, desk.occurred_at, desk.recorded_at, is_new=True,
    )  # fmt: skip
    desk.shelf.add_shipment(parcel)
    desk.journal.shipments[parcel.shipment_seq] = parcel
    return parcel


def _require_free(order: Order, picks: Picks) -> None:
    stopped = {work.fulfillment_no: work for work in order.work if work.state in ("on_hold", "scheduled")}
    for claim, _ in picks if stopped else ():
        work = stopped.get(claim.fulfillment_no)
        if work is not None:
            lifecycle.require("fulfillment order", work.state, "closed", name=order.name_of(work))
