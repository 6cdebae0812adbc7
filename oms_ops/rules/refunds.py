"""Money that goes back: by line, by units, by amount, of shipping alone; done, on its way, or failed.

Never more than captured - refunded of the order, nor than what is left of a line. A refund has an id of its
own and is given once; what is on its way counts, what failed is free again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Refund, RefundLine, Return
from oms_ops.errors import InvalidCommand, RefundTooLarge
from oms_ops.orders import Line, Order
from oms_ops.rules import refundable
from oms_ops.rules import transactions as left
from oms_ops.units import coin_e4, money


def refund(
    desk: Desk, order: Order, *, refund_id: str, lines: Sequence[RefundLine], unnamed_e4: int = 0,
    credited_e4: int = 0, status: str = "success", reason: str | None = None, return_id: str | None = None,
    claim_id: str | None = None,
) -> Refund:  # fmt: skip
    """Give back `lines` and `unnamed_e4` more; of it `credited_e4` is not paid but put against new lines."""
    if status not in lifecycle.PAYMENT_STATES:
        raise InvalidCommand(f"no payment status {status!r}; known: {', '.join(lifecycle.PAYMENT_STATES)}")
    _require_new(desk, order, refund_id)
    total_e4 = sum(part.amount_e4 for part in lines) + unnamed_e4 - credited_e4
    _require_within(order, total_e4)
    due_again = {part.line_no: order.line(part.line_no).due_again_e4 for part in lines}
    before = order.outstanding_e4, due_again
    given = Refund(
        refund_id, order.order_seq, status, total_e4, credited_e4, reason, return_id, claim_id,
        desk.occurred_at, desk.recorded_at, list(lines), is_new=True,
    )  # fmt: skip
    if return_id or claim_id:
        for part in given.lines:
            part.forgiven_e4 = part.amount_e4
    if given.counts:
        _mark(order, given, sign=1)
    desk.papers(order).refunds.append(given)
    desk.journal.refunds[refund_id] = given
    for parent_seq, tender, part_e4 in _sources(desk, order, total_e4):
        desk.payment(
            order, "refund", amount_e4=part_e4, reference=refund_id, status=status, parent_seq=parent_seq,
            tender=tender,
        )  # fmt: skip
    if given.counts:
        _forgive(order, given, before=before)
    name = "credited" if credited_e4 and not total_e4 else _NAMES.get(status, "payment_failed")
    desk.event(order, name, detail=_detail(given))
    return given


def settle_refund(desk: Desk, order: Order, *, refund_id: str, status: str) -> None:
    """A refund on its way has its outcome: where it failed, what it took up is free again."""
    for given in desk.papers(order).refunds:
        if given.refund_id == refund_id and given.state == "pending":
            given.state = status
            desk.journal.refunds[refund_id] = given
            if not given.counts:
                _mark(order, given, sign=-1)


def take_back_credit(desk: Desk, order: Order, given: Refund) -> None:
    """A credit that no goods came for: its lines may be refunded again. No money had moved."""
    given.state = "failure"
    desk.journal.refunds[given.refund_id] = given
    _mark(order, given, sign=-1)


def by_line(
    desk: Desk, order: Order, *, amounts: Sequence[tuple[Line, int]], units: Sequence[tuple[Line, int]]
) -> list[RefundLine]:
    """Amounts as named, units at their value; both for one line: that amount, for those units."""
    net = refundable.net_e4(order, exchanges=desk.papers(order).exchanges)
    named = {line.line_no: amount_e4 for line, amount_e4 in amounts}
    counted = {line.line_no: quantity for line, quantity in units}
    parts = []
    for line in [line for line in order.lines if line.line_no in named or line.line_no in counted]:
        quantity = counted.get(line.line_no, 0)
        if line.line_no in counted:
            _require_units(order, line, quantity)
        amount_e4 = named.get(line.line_no)
        if amount_e4 is None:
            amount_e4 = worth_e4(order, line, quantity, net=net)
        rest_e4 = refundable.rest_e4(line, net)
        if not 0 < amount_e4 <= rest_e4:
            raise RefundTooLarge(
                f"line {line.line_id} of order {order.order_id} may be refunded above 0 and up to "
                f"{money(rest_e4)}, found {money(amount_e4)}"
            )
        parts.append(RefundLine(line.line_no, quantity, amount_e4))
    return parts


def by_amount(desk: Desk, order: Order, amount_e4: int, *, of: str = "lines") -> list[RefundLine]:
    """`amount_e4` over the lines in proportion to what is left of each; `of`: lines or shipping."""
    net = refundable.net_e4(order, exchanges=desk.papers(order).exchanges)
    rests = {
        line.line_no: rest_e4
        for line in order.lines
        if (line.line_type == "shipping") == (of == "shipping") and (rest_e4 := refundable.rest_e4(line, net))
    }
    if not 0 < amount_e4 <= sum(rests.values()):
        raise RefundTooLarge(
            f"the {of} of order {order.order_id} may be refunded above 0 and up to "
            f"{money(sum(rests.values()))}, found {money(amount_e4)}"
        )
    parts = refundable.split_within(amount_e4, rests, coin=coin_e4(order.currency))
    return [RefundLine(number, 0, part_e4) for number, part_e4 in parts.items() if part_e4]


def shipping_rest_e4(order: Order) -> int:
    net = refundable.net_e4(order)
    return sum(refundable.rest_e4(line, net) for line in order.lines if line.line_type == "shipping")


def for_canceled(order: Order, amount_e4: int) -> tuple[list[RefundLine], int]:
    """`amount_e4` put down to lines with canceled value not yet given back; what no line explains."""
    parts = []
    for line in order.lines:
        rest_e4 = min(
            line.canceled * line.unit_price_e4 - line.due_again_e4, line.amount_e4 - line.refunded_e4
        )
        due_e4 = min(amount_e4, max(0, rest_e4))
        if due_e4 > 0:
            units = min(line.units_given_back, due_e4 // line.unit_price_e4)
            parts.append(RefundLine(line.line_no, units, due_e4))
            amount_e4 -= due_e4
    return parts, amount_e4


def for_return(
    desk: Desk, order: Order, back: Return, *, units: Mapping[int, int] | None = None
) -> list[RefundLine]:
    """What is due for a return: the value of the units received (or of `units`), less what was given."""
    net = refundable.net_e4(order, exchanges=desk.papers(order).exchanges)
    given: dict[int, tuple[int, int]] = {}
    for part in [part for row in _of_return(desk, order, back) for part in row.lines]:
        known = given.get(part.line_no, (0, 0))
        given[part.line_no] = (known[0] + part.units, known[1] + part.amount_e4 + part.deducted_e4)
    due = []
    for line_no, quantity in (back.units("dispositioned") if units is None else units).items():
        line, (units_given, value_given_e4) = order.line(line_no), given.get(line_no, (0, 0))
        elsewhere = line.refunded_units - units_given
        unpaid = line.quantity if units is not None else line.returned + line.canceled
        quantity = min(quantity, max(0, unpaid - elsewhere))
        value_e4 = refundable.value_e4(
            line, quantity, net=net.get(line_no, 0), before=elsewhere, coin=coin_e4(order.currency)
        )
        amount_e4 = min(value_e4 - value_given_e4, refundable.rest_e4(line, net))
        if amount_e4 > 0 or quantity > units_given:
            due.append(RefundLine(line_no, max(0, quantity - units_given), max(0, amount_e4)))
    return due


def less_fees(order: Order, lines: Sequence[RefundLine], fees_e4: int) -> list[RefundLine]:
    """The lines with fees taken off, in proportion."""
    values = {part.line_no: part.amount_e4 for part in lines}
    if not 0 <= fees_e4 <= sum(values.values()):
        raise InvalidCommand(
            f"fees taken off a refund of order {order.order_id} may be 0 up to "
            f"{money(sum(values.values()))}, found {money(fees_e4)}"
        )
    fees = refundable.split_within(fees_e4, values, coin=coin_e4(order.currency))
    return [
        RefundLine(
            part.line_no, part.units, part.amount_e4 - fees.get(part.line_no, 0), fees.get(part.line_no, 0)
        )
        for part in lines
    ]


def _of_return(desk: Desk, order: Order, back: Return) -> list[Refund]:
    return [row for row in desk.papers(order).refunds if row.counts and row.return_id == back.return_id]


def worth_e4(order: Order, line: Line, units: int, *, net: dict[int, int]) -> int:
    """Value of the next `units` of the line whose money was not given back, at most what is left of it."""
    coin = coin_e4(order.currency)
    value_e4 = refundable.value_e4(
        line, units, net=net.get(line.line_no, 0), before=line.refunded_units, coin=coin
    )
    return min(value_e4, refundable.rest_e4(line, net))


_NAMES = {"success": "refunded", "pending": "refund_pending"}


def _require_new(desk: Desk, order: Order, refund_id: str) -> None:
    holder = desk.shelf.order_of_refund(refund_id)
    if holder is None:
        known = [
            row for row in desk.papers(order).payments if (row.kind, row.reference) == ("refund", refund_id)
        ]
        holder = order.order_id if known or refund_id in desk.journal.refunds else None
    if holder is not None:
        raise InvalidCommand(
            f"refund {refund_id} already stands, for order {holder}; a new one needs its own id"
        )


def _require_within(order: Order, total_e4: int) -> None:
    if total_e4 > order.refundable_e4:
        raise RefundTooLarge(
            f"order {order.order_id} may be refunded up to {money(order.refundable_e4)} "
            f"(captured {money(order.captured_e4)} - refunded {money(order.refunded_e4)}), "
            f"found {money(total_e4)}; it is {order.payment_status}"
        )


def _require_units(order: Order, line: Line, units: int) -> None:
    rest = line.quantity - line.refunded_units
    if not 0 < units <= rest:
        raise RefundTooLarge(
            f"line {line.line_id} of order {order.order_id} has {rest} of {line.quantity} units not "
            f"refunded, found {units}"
        )


def _mark(order: Order, given: Refund, *, sign: int) -> None:
    for part in given.lines:
        line = order.line(part.line_no)
        line.refunded_e4 += sign * part.amount_e4
        line.forgiven_e4 += sign * part.forgiven_e4
        line.refunded_units += sign * part.units
        line.is_changed = True


def _forgive(order: Order, given: Refund, *, before: tuple[int, Mapping[int, int]]) -> None:
    """A refund puts nobody into debt: what it made due again and the shop had not held too much is forgiven.

    `before` it: what was outstanding, and what was due again per line.
    """
    outstanding_e4, due_again = before
    more_e4 = order.outstanding_e4 - max(0, outstanding_e4)
    for part in given.lines:
        line = order.line(part.line_no)
        over_e4 = min(more_e4, line.due_again_e4 - due_again[part.line_no])
        if over_e4 > 0:
            part.forgiven_e4 = line.refunded_e4 - line.forgiven_e4 - line.due_again_e4 + over_e4
            line.forgiven_e4 += part.forgiven_e4
            more_e4 -= over_e4


def _sources(desk: Desk, order: Order, total_e4: int) -> list[tuple[int | None, str | None, int]]:
    """(capture or sale, tender, amount) to give `total_e4` back on, the newest first."""
    parts = left.spread(left.charges(desk.papers(order).payments), total_e4)
    rest_e4 = total_e4 - sum(part_e4 for _, part_e4 in parts)
    sources = [(charge.payment_seq, charge.tender, part_e4) for charge, part_e4 in parts]
    return sources + ([(None, None, rest_e4)] if rest_e4 else [])


def _detail(given: Refund) -> dict[str, object]:
    detail: dict[str, object] = {"amount": given.amount_e4 / 10_000, "refund_id": given.refund_id}
    deducted_e4 = sum(part.deducted_e4 for part in given.lines)
    more = {
        "credited": given.credited_e4 / 10_000,
        "deducted": deducted_e4 / 10_000,
        "reason": given.reason,
        "return_id": given.return_id,
        "claim_id": given.claim_id,
    }
    return detail | {name: value for name, value in more.items() if value}
