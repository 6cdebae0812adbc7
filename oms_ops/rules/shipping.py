"""Picking, packing, shipping and delivering. A shipment consumes named allocations, wherever they are."""

from __future__ import annotations

from collections.abc import Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Shipment
from oms_ops.errors import IllegalMove
from oms_ops.orders import Allocation, Order, Work
from oms_ops.rules.closing import close_work, settle

Picks = Sequence[tuple[Allocation, int]]


def pick(desk: Desk, order: Order, *, work: Work) -> None:
    _begin(order, work)
    desk.event(order, "picked", detail={"fulfillment_no": work.fulfillment_no, "location": work.location_id})


def pack(desk: Desk, order: Order, *, work: Work) -> None:
    if work.state != "in_progress":
        raise IllegalMove(
            f"fulfillment order {_name(order, work)} is {work.state} and cannot be packed: pick it first"
        )
    desk.event(order, "packed", detail={"fulfillment_no": work.fulfillment_no, "location": work.location_id})


def ship(
    desk: Desk, order: Order, *, picks: Picks, shipment_id: str,
    carrier: str | None = None, tracking_number: str | None = None,
) -> list[Shipment]:  # fmt: skip
    """`picks`: units of open allocations, no more than they have. One parcel per location they are at."""
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
            parcel = _parcel(desk, order, location_id, shipment_id, carrier, tracking_number)
            parcels[location_id] = parcel
            units[location_id] = 0
        units[location_id] += quantity
        claim.shipped += quantity
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
            _begin(order, work)
    close_work(order)
    settle(desk, order)
    return list(parcels.values())


def deliver(desk: Desk, order: Order, *, parcels: Sequence[Shipment]) -> None:
    """The parcels of one shipment reached the buyer. A parcel delivered before is an IllegalMove."""
    for parcel in parcels:
        parcel.state = lifecycle.require("shipment", parcel.state, "delivered", name=parcel.shipment_id)
        parcel.delivered_at = desk.occurred_at
        desk.journal.shipments[parcel.shipment_seq] = parcel
    desk.event(order, "delivered", detail={"shipment_id": parcels[0].shipment_id})


def _begin(order: Order, work: Work) -> None:
    work.state = lifecycle.require("fulfillment order", work.state, "in_progress", name=_name(order, work))
    work.is_changed = True


def _parcel(desk: Desk, order: Order, location_id, shipment_id, carrier, tracking_number) -> Shipment:
    desk.numbers.shipment += 1
    parcel = Shipment(
        desk.numbers.shipment, shipment_id, order.order_seq, location_id, "confirmed", carrier,
        tracking_number, desk.occurred_at, desk.recorded_at, is_new=True,
    )  # fmt: skip
    desk.shelf.add_shipment(parcel)
    desk.journal.shipments[parcel.shipment_seq] = parcel
    return parcel


def _require_free(order: Order, picks: Picks) -> None:
    held = {work.fulfillment_no: work for work in order.work if work.state == "on_hold"}
    for claim, _ in picks if held else ():
        if claim.fulfillment_no in held:
            name = _name(order, held[claim.fulfillment_no])
            lifecycle.require("fulfillment order", "on_hold", "closed", name=name)


def _name(order: Order, work: Work) -> str:
    return f"{work.fulfillment_no} of {order.order_id}"
