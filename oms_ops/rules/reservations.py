"""Checkouts' holds: set aside, all or nothing; converted into an order's claims, released or expired.

The quick way to set units aside, where one location has them all, is store/reserving.py; what is split over
locations comes here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops import lifecycle, routing
from oms_ops.desk import Desk
from oms_ops.documents import Reservation, ReservedUnits
from oms_ops.errors import InvalidCommand, OutOfStock, UnknownReservation
from oms_ops.orders import Order
from oms_ops.rules import kits, placing

ENDINGS = {"released": "reservation_released", "expired": "reservation_expired"}


def find(desk: Desk, reservation_id: str) -> Reservation:
    held = desk.shelf.reservation(reservation_id)
    if held is None:
        raise UnknownReservation(f"no reservation {reservation_id!r} in the order book")
    return held


def reserve(
    desk: Desk, reservation_id: str, *, channel_id: str, items: Mapping[str, int], expires_at: int
) -> Reservation:  # fmt: skip
    """Every unit of `items`, from as few locations as can be, or OutOfStock with every shortage.

    Of a kit its components are set aside, added up with the rest of the basket.
    """
    items = kits.opened(desk, items)
    if desk.shelf.reservation(reservation_id) is not None:
        raise InvalidCommand(f"reservation {reservation_id} already stands in the order book")
    network = desk.places.network(channel_id)
    plan = routing.route(items, desk.free, network=network)
    if plan.unrouted:
        units = plan.unrouted
        raise OutOfStock({sku: (items[sku], items[sku] - units[sku]) for sku in sorted(units)})
    held = Reservation(reservation_id, channel_id, "active", desk.occurred_at, expires_at, is_new=True)
    posting = desk.posting(reference=reservation_id)
    for location_id, units in plan.by_location.items():
        for sku, quantity in units.items():
            desk.numbers.reservation += 1
            held.units.append(ReservedUnits(desk.numbers.reservation, sku, location_id, quantity))
            desk.move(posting, desk.stock[sku, location_id], kind="reserved", quantity=quantity)
    _note(desk, held, "reserved")
    return held


def end(desk: Desk, held: Reservation, *, state: str) -> None:
    """Give every unit back, `released` or `expired`; whoever waits for them is served."""
    _end(desk, held, state)
    posting = desk.posting(reference=held.reservation_id)
    for units in held.units:
        stock = desk.stock[units.sku, units.location_id]
        desk.move(posting, stock, kind=ENDINGS[state], quantity=units.quantity)
    _note(desk, held, f"reservation_{state}")
    for units in held.units:
        placing.fill_waiting(desk, units.sku, location_id=units.location_id)


def expire(desk: Desk, *, at: int, limit: int) -> list[Reservation]:
    """Those due by `at`, the longest overdue first."""
    due = desk.shelf.due_reservations(at, limit=limit)
    for held in due:
        end(desk, held, state="expired")
    return due


def extend(desk: Desk, held: Reservation, *, expires_at: int) -> None:
    if held.state != "active":
        lifecycle.require("reservation", held.state, "extended", name=held.reservation_id)
    held.expires_at = expires_at
    _note(desk, held, "reservation_extended")


def convert(desk: Desk, held: Reservation, order: Order) -> None:
    """The order's lines claim what was set aside for them; what they do not need is released.

    A hold past its time that nobody has swept still converts: its units are still set aside. One of another
    channel does not: its units may be where the order's channel is not served from.
    """
    if held.channel_id not in ("", order.channel_id):  # "": set aside before holds named their channel
        raise InvalidCommand(
            f"reservation {held.reservation_id} is of channel {held.channel_id} and cannot become order "
            f"{order.order_id} of channel {order.channel_id}"
        )
    _end(desk, held, "converted")
    held.order_seq = order.order_seq
    spare = [(units, _claim_held(desk, order, units)) for units in held.units]
    if any(left for _, left in spare):
        posting = desk.posting(reference=held.reservation_id)
        for units, left in spare:
            if left:
                stock = desk.stock[units.sku, units.location_id]
                desk.move(posting, stock, kind="reservation_released", quantity=left)
    _note(desk, held, "reservation_converted")


def hand_on_spare(desk: Desk, units: Sequence[ReservedUnits]) -> None:
    """After a conversion: units the order did not need serve whoever waits."""
    for item in units:
        placing.fill_waiting(desk, item.sku, location_id=item.location_id)


def _claim_held(desk: Desk, order: Order, units: ReservedUnits) -> int:
    """Units left over once the order's lines have claimed theirs."""
    left = units.quantity
    for line in order.lines:
        taken = min(left, line.backordered) if line.sku == units.sku else 0
        if taken:
            left -= taken
            placing.claim_for(
                desk, order, line, location_id=units.location_id, units=taken, kind="allocated_from_hold"
            )
    return left


def _end(desk: Desk, held: Reservation, state: str) -> None:
    held.state = lifecycle.require("reservation", held.state, state, name=held.reservation_id)
    held.ended_at = desk.occurred_at
    desk.journal.reservations[held.reservation_id] = held


def _note(desk: Desk, held: Reservation, kind: str) -> None:
    desk.journal.reservations[held.reservation_id] = held
    units: dict[str, dict[str, int]] = {}
    for item in held.units:
        units.setdefault(item.location_id, {})[item.sku] = item.quantity
    detail = {"channel_id": held.channel_id, "expires_at": held.expires_at, "locations": units}
    desk.stock_event(kind, held.reservation_id, detail=detail)
