"""Money that comes in: authorized, captured, sold, voided, disputed, settled later, lapsed.

Captured never exceeds what was authorized, and nothing is taken beyond what the order still owes. Every
transaction has an outcome or waits for one; what waits counts as if it had succeeded. Money that goes back is
in refunds.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import Payment
from oms_ops.errors import InvalidCommand
from oms_ops.orders import Order
from oms_ops.rules import refunds
from oms_ops.rules import transactions as left
from oms_ops.rules.closing import settle
from oms_ops.units import money

_EVENTS = {
    "authorization": "authorized",
    "capture": "paid",
    "sale": "paid",
    "void": "authorization_voided",
    "expiration": "authorization_expired",
    "chargeback": "charged_back",
    "refund": "refunded",
}
_DISPUTES = {"pending": "chargeback_opened", "failure": "chargeback_won", "error": "chargeback_won"}


def outstanding_e4(order: Order) -> int:
    """What the buyer still has to pay, refunds considered; never below zero."""
    return max(0, order.outstanding_e4)


def pay(
    desk: Desk, order: Order, *, kind: str, amount_e4: int | None = None, reference: str | None = None,
    status: str = "success", source: str | None = None, tender: str | None = None,
    expires_at: int | None = None, message: str | None = None,
) -> int:  # fmt: skip
    """An authorization, capture, sale, void or chargeback; what it came to.

    `source` names the authorization (or, for a chargeback, the capture or sale) it draws on; without it the
    authorization that runs out first is drawn on first, the newest charge is disputed first. Without an
    amount it is all that may be.
    """
    if status not in lifecycle.PAYMENT_STATES:
        raise InvalidCommand(f"no payment status {status!r}; known: {', '.join(lifecycle.PAYMENT_STATES)}")
    payments = desk.papers(order).payments
    _require_new(order, payments, kind=kind, reference=reference)
    rests = _drawn_on(desk, order, payments, kind=kind, source=source)
    allowed_e4 = _allowed_e4(desk, order, payments, kind=kind, rests=rests)
    amount_e4 = allowed_e4 if amount_e4 is None else amount_e4
    if not 0 < amount_e4 <= allowed_e4:
        raise InvalidCommand(
            f"a {kind} on order {order.order_id} may be above 0 and up to {money(allowed_e4)}, "
            f"found {money(amount_e4)}; the order is {order.order_status} and {order.payment_status}"
        )
    parts: list[tuple[Payment | None, int]] = [(None, amount_e4)]
    if rests:
        parts = list(left.spread(rests, amount_e4))
    for drawn, part_e4 in parts:
        record(
            desk, order, kind=kind, amount_e4=part_e4, reference=reference, status=status,
            parent_seq=drawn and drawn.payment_seq, tender=tender or (drawn and drawn.tender),
            expires_at=expires_at, message=message,
        )  # fmt: skip
    settle(desk, order)
    return amount_e4


def record(
    desk: Desk, order: Order, *, kind: str, amount_e4: int, reference: str | None = None,
    status: str = "success", **more: object,
) -> None:  # fmt: skip
    """Note a transaction that happened elsewhere, whatever its size: the book follows the channel."""
    desk.payment(order, kind, amount_e4=amount_e4, reference=reference, status=status, **more)
    _tell(desk, order, kind, status, amount_e4=amount_e4)


def settle_payment(
    desk: Desk, order: Order, *, reference: str, status: str, message: str | None = None
) -> list[Payment]:
    """The outcome of pending transactions with this reference: success, failure or error, each final."""
    payments = desk.papers(order).payments
    named = left.find(payments, reference, kinds=lifecycle.PAYMENT_KINDS, order_id=order.order_id)
    waiting = [payment for payment in named if payment.status == "pending"] or named
    for payment in waiting:
        name = f"{payment.kind} {reference} of {order.order_id}"
        outcome = lifecycle.require("payment transaction", payment.status, status, name=name)
        desk.settle_payment(order, payment, status=outcome, message=message)
        _tell(desk, order, payment.kind, status, amount_e4=payment.amount_e4)
    if any(payment.kind == "refund" for payment in waiting):
        refunds.settle_refund(desk, order, refund_id=reference, status=status)
    settle(desk, order)
    return waiting


def expire(desk: Desk, order: Order) -> int:
    """What is left of authorizations that have run out can no longer be captured; how much that was."""
    lapsed = left.lapsed_authorizations(desk.papers(order).payments, at=desk.occurred_at)
    for held, rest_e4 in lapsed:
        record(
            desk, order, kind="expiration", amount_e4=rest_e4, reference=held.reference,
            parent_seq=held.payment_seq, tender=held.tender,
        )  # fmt: skip
    return sum(rest_e4 for _, rest_e4 in lapsed)


def give_back(desk: Desk, order: Order, *, up_to_e4: int, reference: str) -> dict[str, int]:
    """As `refund_amount`, of what is authorized or captured beyond what the order owes."""
    _, excess_e4 = _held_in_excess(desk, order)
    amount_e4 = min(up_to_e4, excess_e4 + order.overpaid_e4)
    return refund_amount(desk, order, amount_e4=amount_e4, reference=reference)


def _held_in_excess(desk: Desk, order: Order) -> tuple[list[left.Rest], int]:
    """Open authorizations, and how much of them is more than what is still to be paid."""
    held = left.open_authorizations(desk.papers(order).payments, at=desk.occurred_at)
    return held, max(0, sum(rest_e4 for _, rest_e4 in held) - outstanding_e4(order))


def refund_amount(desk: Desk, order: Order, *, amount_e4: int, reference: str) -> dict[str, int]:
    """Let go of `amount_e4` the order no longer owes; {"voided_e4", "refunded_e4"}.

    What is authorized beyond what is owed is voided, the rest is refunded, the newest capture first, put down
    to what was canceled and not yet given back. Where nothing was paid, there is nothing to give back.
    """
    held, excess_e4 = _held_in_excess(desk, order)
    voided = left.spread(reversed(held), min(amount_e4, excess_e4))
    for authorization, part_e4 in voided:
        record(
            desk, order, kind="void", amount_e4=part_e4, reference=reference,
            parent_seq=authorization.payment_seq, tender=authorization.tender,
        )  # fmt: skip
    voided_e4 = sum(part_e4 for _, part_e4 in voided)
    refunded_e4 = min(amount_e4 - voided_e4, order.refundable_e4)
    if refunded_e4 > 0:
        lines, unnamed_e4 = refunds.for_canceled(order, refunded_e4)
        refunds.refund(desk, order, refund_id=reference, lines=lines, unnamed_e4=unnamed_e4, reason="edit")
    return {"voided_e4": voided_e4, "refunded_e4": max(0, refunded_e4)}


def _tell(desk: Desk, order: Order, kind: str, status: str, *, amount_e4: int) -> None:
    detail = {"amount": amount_e4 / 10_000, "kind": kind}
    if status == "success":
        desk.event(order, _EVENTS[kind], detail=detail)
        return
    name = "payment_pending" if status == "pending" else "payment_failed"
    desk.event(order, _DISPUTES[status] if kind == "chargeback" else name, detail=detail | {"status": status})


def _require_new(order: Order, payments: Sequence[Payment], *, kind: str, reference: str | None) -> None:
    if reference is None:
        return
    for payment in payments:
        if (payment.kind, payment.reference) == (kind, reference):
            raise InvalidCommand(
                f"{kind} {reference} of order {order.order_id} already stands: {money(payment.amount_e4)}, "
                f"{payment.status}; settle it or name another"
            )


def _drawn_on(
    desk: Desk, order: Order, payments: Sequence[Payment], *, kind: str, source: str | None
) -> list[left.Rest]:
    """What the transaction draws on, in order; nothing for money that is new."""
    if kind in ("authorization", "sale"):
        return []
    if kind in ("capture", "void"):
        kinds, rests = ("authorization",), left.open_authorizations(payments, at=desk.occurred_at)
    else:
        kinds, rests = ("capture", "sale"), left.charges(payments)
    if source is not None:
        left.find(payments, source, kinds=kinds, order_id=order.order_id)
        rests = [(drawn, rest_e4) for drawn, rest_e4 in rests if drawn.reference == source]
    return rests


def _allowed_e4(
    desk: Desk, order: Order, payments: Sequence[Payment], *, kind: str, rests: Sequence[left.Rest]
) -> int:
    rest_e4 = sum(rest for _, rest in rests)
    owed_e4 = outstanding_e4(order) - left.pending_e4(payments, "sale", "capture")
    match kind:
        case "authorization":
            held = left.open_authorizations(payments, at=desk.occurred_at)
            return owed_e4 - sum(rest for _, rest in held) - left.pending_e4(payments, "authorization")
        case "sale":
            return owed_e4
        case "capture":
            return min(rest_e4, owed_e4)
        case "void":
            return rest_e4
        case "chargeback":
            return min(rest_e4, order.refundable_e4)
    raise InvalidCommand(
        f"no payment kind {kind!r}; known: authorization, capture, sale, void, chargeback; refund is by line"
    )
