"""Editing an order after placement, or a draft: many changes, all or nothing, with what they cost.

Units taken off go first (waiting ones, then the newest claim), so that the same edit may use their stock;
what is left of it goes to whoever waits when the edit is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops import routing
from oms_ops.changes import AddLine, Change, RemoveLine, SetCountry, SetPromise, SetQuantity, ShipTo, terms
from oms_ops.desk import Desk
from oms_ops.errors import IllegalMove, InvalidCommand
from oms_ops.naming import find_line
from oms_ops.orders import Line, Order
from oms_ops.rules import placing, rearranging, waiting
from oms_ops.rules.closing import cancel_charges, close_work, is_nothing_left, reopen, settle
from oms_ops.rules.unwinding import hand_on, withdraw
from oms_ops.units import e4, micros, money


def edit(
    desk: Desk, order: Order, *, changes: Sequence[Change], may_wait: bool, reason: str
) -> Mapping[str, object]:  # fmt: skip
    """The difference in what is owed, and what is to be collected or given back after it."""
    _require_editable(order, changes)
    owed_before_e4 = order.owed_e4
    less, more = _units(order, changes)
    freed = withdraw(desk, order, less)
    for line, quantity in more:
        _grow(order, line, quantity)
    if order.order_status == "open" and is_nothing_left(order):
        cancel_charges(order)
    order.total_e4 = sum(line.amount_e4 for line in order.lines)
    if order.owed_e4 < 0:
        raise InvalidCommand(f"order {order.order_id} cannot owe less than 0, found {money(order.owed_e4)}")
    for change in changes:
        _set_header(desk, order, change)
    desk.touch(order)
    balance = _balance(order, owed_before_e4)
    detail = {"changes": [terms(change) for change in changes], "reason": reason}
    desk.event(order, "edited", detail=detail | {name: str(value) for name, value in balance.items()})
    if order.order_status != "draft":
        _claim(desk, order, more, may_wait=may_wait)
        if any(getattr(change, "reroute", False) for change in changes):
            rearranging.reroute(desk, order)
        close_work(order)
        settle(desk, order, reason=reason)
        hand_on(desk, freed)
    return balance


def _require_editable(order: Order, changes: Sequence[Change]) -> None:
    if order.order_status == "canceled":
        raise IllegalMove(f"order {order.order_id} is canceled and cannot be edited: that is final")
    if not changes:
        raise InvalidCommand(f"an edit of order {order.order_id} needs at least one change")
    named = [change.line_id for change in changes if isinstance(change, AddLine | RemoveLine | SetQuantity)]
    twice = sorted({line_id for line_id in named if named.count(line_id) > 1})
    if twice:
        raise InvalidCommand(f"one edit of order {order.order_id} changes line {', '.join(twice)} twice")


def _units(
    order: Order, changes: Sequence[Change]
) -> tuple[list[tuple[Line, int]], list[tuple[Line, int]]]:  # fmt: skip
    """Units to take off and units to add, by line; new lines among the latter."""
    less: list[tuple[Line, int]] = []
    more: list[tuple[Line, int]] = []
    for change in changes:
        if isinstance(change, AddLine):
            line = _new_line(order, change)
            more.append((line, change.quantity))
        elif isinstance(change, RemoveLine):
            line = find_line(order, change.line_id)
            less.append((line, _removable(order, line)))
        elif isinstance(change, SetQuantity):
            line = find_line(order, change.line_id)
            now = line.quantity - line.canceled
            if not line.shipped <= change.quantity:
                raise InvalidCommand(
                    f"line {line.line_id} of order {order.order_id} has {now} units of which {line.shipped} "
                    f"shipped: it may have {line.shipped} or more, found {change.quantity}"
                )
            if change.quantity < now:
                less.append((line, now - change.quantity))
            elif change.quantity > now:
                more.append((line, change.quantity - now))
    return less, more


def _new_line(order: Order, change: AddLine) -> Line:
    if order.line_by_id(change.line_id) is not None:
        raise InvalidCommand(f"order {order.order_id} already has a line {change.line_id!r}")
    price_e4 = e4(change.unit_price)
    if change.quantity <= 0 or (price_e4 < 0 and change.line_type != "adjustment"):
        raise InvalidCommand(
            f"line {change.line_id} of order {order.order_id} needs a quantity above 0 and a price of 0 or "
            f"more, found {change.quantity} at {change.unit_price}"
        )
    number = 1 + max((line.line_no for line in order.lines), default=0)
    line = Line(number, change.line_id, change.sku, change.line_type, change.quantity, price_e4,
                is_test=order.is_test)  # fmt: skip
    line.quantity = 0
    line.is_new = line.is_changed = True
    order.lines.append(line)
    return line


def _removable(order: Order, line: Line) -> int:
    units = line.quantity - line.canceled if order.order_status == "draft" else line.cancelable
    if not units:
        raise InvalidCommand(
            f"line {line.line_id} of order {order.order_id} has nothing left to remove "
            f"({line.shipped} shipped, {line.canceled} canceled)"
        )
    return units


def _grow(order: Order, line: Line, quantity: int) -> None:
    line.quantity += quantity
    line.is_changed = True
    if line.needs_stock and order.order_status != "draft":
        line.backordered += quantity


def _claim(desk: Desk, order: Order, more: Sequence[tuple[Line, int]], *, may_wait: bool) -> None:
    """Claim what was added, within stock and caps; a closed order with something to do opens again."""
    waiting.schedule(desk, order, lines=[line for line, _ in more])
    added = routing.demand(
        [(line.sku, units) for line, units in more if line.needs_stock and line.ships_not_before is None]
    )
    skus = {line.sku for line, _ in more if line.needs_stock}
    waiting.admit(desk, order, wanted=added, may_wait=may_wait, skus=skus)
    if order.order_status == "closed" and (order.units_unshipped or order.outstanding_e4 > 0):
        reopen(desk, order, reason="edit")
    if skus:
        placing.allocate(desk, order)
        short = waiting.queue_up(desk, order)
        if short:
            desk.event(order, "backordered", detail={"units": sum(short.values()), "skus": short})


def _set_header(desk: Desk, order: Order, change: Change) -> None:
    if isinstance(change, ShipTo):
        order.country = change.address.country
        desk.address(order, change.address)
    elif isinstance(change, SetCountry):
        if not change.country.strip():
            raise InvalidCommand(f"order {order.order_id} needs a country")
        order.country = change.country
    elif isinstance(change, SetPromise):
        if change.ship_by is not None:
            order.promised_ship_by = micros(change.ship_by)
        if change.deliver_by is not None:
            order.promised_deliver_by = micros(change.deliver_by)


def _balance(order: Order, owed_before_e4: int) -> Mapping[str, object]:
    return {
        "difference": money(order.owed_e4 - owed_before_e4),
        "to_collect": money(max(0, order.outstanding_e4)),
        "to_refund": money(order.overpaid_e4),
    }
