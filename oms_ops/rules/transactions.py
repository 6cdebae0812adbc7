"""What is left of payment transactions: of an authorization to capture, of a capture or sale to give back.

A transaction done or on its way takes up what it draws on. Pure sums; what may be done is in payments.py and
refunds.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms_ops.documents import Payment
from oms_ops.errors import InvalidCommand

Rest = tuple[Payment, int]


def open_authorizations(payments: Sequence[Payment], *, at: int) -> list[Rest]:
    """Successful authorizations with what can still be captured, the first to run out first."""
    rests = [
        (held, rest)
        for held, rest in _rests(payments, of=("authorization",), drawn_by=("capture", "void", "expiration"))
        if rest > 0 and (held.expires_at is None or held.expires_at > at)
    ]
    return sorted(rests, key=lambda item: (item[0].expires_at or 2**63, item[0].payment_seq))


def lapsed_authorizations(payments: Sequence[Payment], *, at: int) -> list[Rest]:
    rests = _rests(payments, of=("authorization",), drawn_by=("capture", "void", "expiration"))
    return [(held, rest) for held, rest in rests if rest > 0 and held.expires_at and held.expires_at <= at]


def charges(payments: Sequence[Payment]) -> list[Rest]:
    """Captures and sales with what can still be given back of each, the newest first."""
    newest_first = list(reversed(payments))
    rests = _rests(newest_first, of=("capture", "sale"), drawn_by=("refund", "chargeback"))
    return [(charge, rest) for charge, rest in rests if rest > 0]


def pending_e4(payments: Iterable[Payment], *kinds: str) -> int:
    return sum(
        payment.amount_e4 for payment in payments if payment.status == "pending" and payment.kind in kinds
    )


def find(
    payments: Sequence[Payment], reference: str, *, kinds: Sequence[str], order_id: str
) -> list[Payment]:
    """Transactions of these kinds by reference, or what there is instead."""
    found = [payment for payment in payments if payment.reference == reference and payment.kind in kinds]
    if not found:
        known = [
            f"{payment.reference} ({payment.kind}, {payment.status})"
            for payment in payments
            if payment.kind in kinds
        ]
        raise InvalidCommand(
            f"order {order_id} has no {' or '.join(kinds)} {reference!r}; it has {', '.join(known) or 'none'}"
        )
    return found


def spread(rests: Iterable[Rest], amount_e4: int) -> list[Rest]:
    """`amount_e4` over what is left of each, in order; less where there is less."""
    parts = []
    for payment, rest_e4 in rests:
        part_e4 = min(rest_e4, amount_e4)
        if part_e4 > 0:
            parts.append((payment, part_e4))
            amount_e4 -= part_e4
    return parts


def _rests(payments: Sequence[Payment], *, of: Sequence[str], drawn_by: Sequence[str]) -> list[Rest]:
    """Draws that name no parent (a channel's, or from before parents were noted) take the first ones."""
    drawn: dict[int | None, int] = {}
    for payment in payments:
        if payment.kind in drawn_by and payment.counts:
            drawn[payment.parent_seq] = drawn.get(payment.parent_seq, 0) + payment.amount_e4
    loose, rests = drawn.get(None, 0), []
    for payment in payments:
        if payment.kind in of and payment.status == "success":
            rest_e4 = max(0, payment.amount_e4 - drawn.get(payment.payment_seq, 0))
            taken_e4 = min(loose, rest_e4)
            loose -= taken_e4
            rests.append((payment, rest_e4 - taken_e4))
    return rests
