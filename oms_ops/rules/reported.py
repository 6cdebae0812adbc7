"""Facts that others report and the book follows, whatever it would have allowed itself.

A channel's refund names units and money at once. Its units are found where they are (not yet shipped,
shipped, or canceled already). Its money is taken as it is; what exceeds captured - refunded is said in
the event.
"""

from __future__ import annotations

from oms_ops.desk import Desk
from oms_ops.documents import Return, ReturnLine
from oms_ops.facts import CancellationFact, DeliveryFact, OrderFact, RefundFact, RefundLineFact, ShipmentFact
from oms_ops.orders import Line, Order
from oms_ops.rules import holds, kits, payments, placing, shipping, unwinding
from oms_ops.rules.closing import settle


def order(desk: Desk, fact: OrderFact) -> None:
    """Channels report orders that are paid: one sale of the order's total at the moment it was placed."""
    placed = placing.place(desk, fact)
    if placed.total_e4 > 0:
        payments.record(desk, placed, kind="sale", amount_e4=placed.total_e4)
    settle(desk, placed)


def cancellation(desk: Desk, fact: CancellationFact, *, known: Order) -> None:
    if known.order_status == "canceled":
        known.cancel_reason = fact.cancel_reason
        desk.touch(known)
        desk.event(known, "cancel_reason_given", detail={"reason": fact.cancel_reason})
    elif known.order_status == "open" and not known.units_shipped:
        unwinding.cancel_order(desk, known, reason=fact.cancel_reason)
    elif known.units_unshipped:
        left = [(line, line.unshipped) for line in known.lines if line.unshipped]
        unwinding.cancel_units(desk, known, units=left, reason=fact.cancel_reason)
    else:
        detail = {"reason": fact.cancel_reason, "order_status": known.order_status}
        desk.event(known, "cancellation_ignored", detail=detail)


def shipment(desk: Desk, fact: ShipmentFact, *, known: Order) -> None:
    """Every open allocation leaves. What is on its way is held no longer."""
    picks = [(claim, claim.quantity - claim.shipped - claim.released) for claim in known.open_allocations()]
    if not picks:
        detail = {"shipment_id": fact.shipment_id, "order_status": known.order_status}
        desk.event(known, "shipment_ignored", detail=detail)
        return
    holds.set_free(desk, known)
    shipping.ship(
        desk, known, picks=picks, shipment_id=fact.shipment_id,
        carrier=fact.carrier, tracking_number=fact.tracking_number,
    )  # fmt: skip


def delivery(desk: Desk, fact: DeliveryFact, *, known: Order) -> None:
    parcels = desk.shelf.shipments(fact.shipment_id)
    on_the_way = [parcel for parcel in parcels if parcel.state not in ("delivered", "canceled")]
    if on_the_way:
        shipping.deliver(desk, known, parcels=on_the_way)
    else:
        desk.event(known, "delivery_ignored", detail={"shipment_id": fact.shipment_id})


def stray_refund(desk: Desk, fact: RefundFact) -> None:
    """Goods of no order we know come back into stock by reference alone."""
    for line in fact.lines:
        if line.line_type == "product" and line.restock_kind == "return" and line.quantity > 0:
            _restock_stray(desk, fact, line, units=line.quantity)


def confirmed_refund(desk: Desk, fact: RefundFact, *, known: Order) -> None:
    """The channel tells of a refund that was given here: no money moves twice; one on its way has arrived."""
    given = [row for row in desk.papers(known).refunds if row.refund_id == fact.refund_id]
    if given and given[0].state == "pending":
        payments.settle_payment(desk, known, reference=fact.refund_id, status="success")
    else:
        desk.event(known, "refund_confirmed", detail={"refund_id": fact.refund_id})


def refund(desk: Desk, fact: RefundFact, *, known: Order) -> None:
    canceled: dict[int, list] = {}
    returned: dict[int, list] = {}
    strays = 0
    for given in kits.refunded(known, fact.lines):
        line = known.line_by_id(given.order_line_id)
        if line is None:
            if given.line_type == "product" and given.restock_kind == "return" and not known.is_test:
                strays += given.quantity
                _restock_stray(desk, fact, given, units=given.quantity)
            continue
        line.refunded_e4 += given.amount_e4
        line.is_changed = True
        if given.restock_kind != "no_restock" and line.needs_stock:
            marked = (canceled.get(line.line_no), returned.get(line.line_no))
            units = _locate(line, given, canceled=marked[0], returned=marked[1])
            line.refunded_units += given.quantity
            for target, quantity in zip((canceled, returned), units[:2], strict=True):
                if quantity:
                    target.setdefault(line.line_no, [line, 0])[1] += quantity
            if units[2] and given.restock_kind == "return":
                strays += units[2]
                _restock_stray(desk, fact, given, units=units[2])
    _note_money(desk, fact, known, strays)
    if returned:
        _take_back(desk, fact, known, [(line, units) for line, units in returned.values()])
    if canceled:
        units = [(line, units) for line, units in canceled.values()]
        unwinding.cancel_units(desk, known, units=units, reason="other")
    if known.order_status == "closed":
        settle(desk, known)
    freed = [(line.sku, desk.places.returns_location) for line, _ in returned.values()]
    unwinding.hand_on(desk, freed)


def _locate(
    line: Line, given: RefundLineFact, *, canceled: list | None, returned: list | None
) -> tuple[int, int, int]:  # fmt: skip
    """Of the refunded units: how many to cancel, how many come back, how many the line never had.

    `cancel` looks among the unshipped first, then those canceled without money so far, then the shipped;
    `return` among the shipped, the unshipped, then those given back without money so far.
    """
    marked_canceled = canceled[1] if canceled else 0
    marked_returned = returned[1] if returned else 0
    unshipped = line.unshipped - marked_canceled
    shipped = line.shipped - line.returned - marked_returned
    settled = max(0, line.canceled + line.returned + marked_canceled + marked_returned - line.refunded_units)
    left = given.quantity
    if given.restock_kind == "cancel":
        to_cancel = min(left, unshipped)
        left -= to_cancel
        left -= min(left, settled)
        to_return = min(left, shipped)
    else:
        to_return = min(left, shipped)
        to_cancel = min(left - to_return, unshipped)
        left -= to_cancel
        left -= min(left - to_return, settled)
    return to_cancel, to_return, left - to_return


def _note_money(desk: Desk, fact: RefundFact, known: Order, strays: int) -> None:
    amount_e4 = sum(given.amount_e4 for given in fact.lines)
    over_e4 = max(0, amount_e4 - known.refundable_e4)
    detail = {"refund_id": fact.refund_id, "amount": amount_e4 / 10_000}
    if over_e4:
        detail["over_captured"] = over_e4 / 10_000
    if strays:
        detail["stray_units"] = strays
    if amount_e4:
        desk.payment(known, "refund", amount_e4=amount_e4, reference=fact.refund_id)
    desk.event(known, "refunded", detail=detail)


def _take_back(desk: Desk, fact: RefundFact, known: Order, units: list[tuple[Line, int]]) -> None:
    place = desk.places.returns_location
    desk.numbers.return_ += 1
    back = Return(
        desk.numbers.return_, fact.refund_id, known.order_seq, "closed", desk.occurred_at, desk.recorded_at,
        is_new=True,
    )  # fmt: skip
    posting = desk.posting(known, reference=fact.refund_id)
    for number, (line, quantity) in enumerate(units, start=1):
        back.lines.append(
            ReturnLine(number, line.line_no, quantity, "dispositioned", "restocked", place, is_new=True)
        )
        unwinding.take_back(
            desk, line, units=quantity, disposition="restocked", location_id=place, posting=posting
        )
    kits.follow(known)
    desk.journal.returns[back.return_seq] = back
    units_back = sum(quantity for _, quantity in units)
    detail = {"return_id": fact.refund_id, "units": units_back, "location": place}
    desk.event(known, "returned", detail=detail)


def _restock_stray(desk: Desk, fact: RefundFact, given: RefundLineFact, *, units: int) -> None:
    place = desk.places.returns_location
    posting = desk.posting(reference=fact.refund_id)
    desk.move(posting, desk.stock[given.sku, place], kind="returned", quantity=units)
    placing.fill_waiting(desk, given.sku, location_id=place)
