"""Exchanges: a return whose goods others replace, in one step, the difference settled.

The goods that come back are worth what was paid for them. Up to the price of what replaces them that value is
a credit: a line below zero in the order, and as good as refunded on the lines that come back. What the new
goods cost beyond it is to be paid before the order closes; what is left of it is refunded on receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Exchange, RefundLine, Return
from oms_ops.facts import OrderLineFact
from oms_ops.orders import Order
from oms_ops.rules import holds, lines, refundable, refunds, unwinding
from oms_ops.rules.closing import settle
from oms_ops.units import coin_e4

_HOLD = "awaiting_return_items"


def replace(
    desk: Desk, order: Order, *, back: Return, new: Sequence[OrderLineFact], may_wait: bool, ships_first: int
) -> tuple[Exchange, int, int]:  # fmt: skip
    """The exchange, the value of what comes back and the credit given for it. Held until it is received."""
    lines.reopen(desk, order, reason="exchange")
    if not ships_first and _HOLD not in order.holds:
        holds.hold(desk, order, reason=_HOLD)
    added = lines.add_lines(desk, order, lines=new, may_wait=may_wait)
    swap = Exchange(
        back.return_id, order.order_seq, added[0].line_no, added[-1].line_no, None, ships_first, "open",
        is_new=True,
    )  # fmt: skip
    desk.papers(order).exchanges.append(swap)
    desk.journal.exchanges[swap.return_id] = swap
    value_e4, credit_e4 = _credit(desk, order, back, swap, units=back.units("expected"))
    desk.event(
        order, "exchanged",
        detail={
            "return_id": back.return_id, "lines": [line.line_id for line in added],
            "value": value_e4 / 10_000, "credit": credit_e4 / 10_000,
        },
    )  # fmt: skip
    return swap, value_e4, credit_e4


def follow(desk: Desk, order: Order, *, back: Return) -> None:
    """To be asked when a return has moved: its exchange is completed when it closed, else undone."""
    swap = next((swap for swap in desk.papers(order).exchanges if swap.return_id == back.return_id), None)
    if swap is None or swap.state != "open":
        return
    received = back.units("dispositioned")
    if back.state == "closed" and received:
        _complete(desk, order, back, swap, received=received)
    elif back.state in ("closed", "declined", "canceled"):
        _undo(desk, order, back, swap)


def _complete(desk: Desk, order: Order, back: Return, swap: Exchange, *, received: Mapping[int, int]) -> None:
    """Where fewer units came than were to, the credit is for those that came."""
    if back.units("missing"):
        _take_back_credit(desk, order, back, swap)
        _credit(desk, order, back, swap, units=received)
    _become(desk, order, swap, "completed")
    settle(desk, order)


def _undo(desk: Desk, order: Order, back: Return, swap: Exchange) -> None:
    """No credit, and what has not been sent in exchange is canceled; what has been sent is to be paid."""
    _take_back_credit(desk, order, back, swap)
    _become(desk, order, swap, "undone")
    replacing = _replacing(order, swap)
    unsent = [(line, line.unshipped) for line in replacing if line.unshipped]
    if unsent:
        unwinding.cancel_units(desk, order, units=unsent, reason="other")
    settle(desk, order)


def _become(desk: Desk, order: Order, swap: Exchange, state: str) -> None:
    swap.state = lifecycle.require("exchange", swap.state, state, name=swap.return_id)
    desk.journal.exchanges[swap.return_id] = swap
    waits = [
        other for other in desk.papers(order).exchanges if other.state == "open" and not other.ships_first
    ]
    if _HOLD in order.holds and not waits:
        holds.release(desk, order, reason=_HOLD)
    desk.event(order, f"exchange_{state}", detail={"return_id": swap.return_id})


def _credit(
    desk: Desk, order: Order, back: Return, swap: Exchange, *, units: Mapping[int, int]
) -> tuple[int, int]:
    """Value of the units that come back, and how much of it is put against what replaces them."""
    due = refunds.for_return(desk, order, back, units=units)
    value_e4 = sum(part.amount_e4 for part in due)
    price_e4 = sum((line.quantity - line.canceled) * line.unit_price_e4 for line in _replacing(order, swap))
    credit_e4 = min(value_e4, price_e4)
    if credit_e4 <= 0:
        return value_e4, 0
    number = 1 + sum(swap.return_id == row.return_id for row in desk.papers(order).refunds)
    name = f"exchange {swap.return_id} credit {number}"
    line = lines.add_line(
        desk, order, line_id=name, sku="EXCHANGE", quantity=1, unit_price_e4=-credit_e4,
        line_type="exchange_credit",
    )  # fmt: skip
    swap.credit_line_no = line.line_no
    shares = refundable.split_within(
        credit_e4, {part.line_no: part.amount_e4 for part in due}, coin=coin_e4(order.currency)
    )
    parts = [RefundLine(part.line_no, part.units, shares.get(part.line_no, 0)) for part in due]
    refunds.refund(
        desk, order, refund_id=name, lines=parts, credited_e4=credit_e4, reason="exchange",
        return_id=swap.return_id,
    )  # fmt: skip
    return value_e4, credit_e4


def _take_back_credit(desk: Desk, order: Order, back: Return, swap: Exchange) -> None:
    if swap.credit_line_no is None:
        return
    line = order.line(swap.credit_line_no)
    line.canceled, line.is_changed = line.quantity, True
    swap.credit_line_no = None
    for given in desk.papers(order).refunds:
        if given.return_id == back.return_id and given.credited_e4 and given.counts:
            refunds.take_back_credit(desk, order, given)


def _replacing(order: Order, swap: Exchange) -> list:
    return [line for line in order.lines if swap.first_line_no <= line.line_no <= swap.last_line_no]
