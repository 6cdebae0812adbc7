"""Money: captured never exceeds authorized, refunded never exceeds captured, per order and per line."""

from __future__ import annotations

from collections.abc import Sequence

from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, RefundTooLarge
from oms_ops.orders import Line, Order
from oms_ops.rules.closing import settle
from oms_ops.units import money


def pay(desk: Desk, order: Order, *, kind: str, amount_e4: int, reference: str | None = None) -> None:
    """A successful authorization, capture, sale, void or chargeback."""
    allowed_e4 = _allowed_e4(order, kind)
    if not 0 < amount_e4 <= allowed_e4:
        raise InvalidCommand(
            f"a {kind} on order {order.order_id} may be above 0 and up to {money(allowed_e4)}, "
            f"found {money(amount_e4)}"
        )
    record(desk, order, kind=kind, amount_e4=amount_e4, reference=reference)
    settle(desk, order)


def record(desk: Desk, order: Order, *, kind: str, amount_e4: int, reference: str | None = None) -> None:
    """Note a transaction that happened elsewhere, whatever its size: the book follows the channel."""
    desk.payment(order, kind, amount_e4=amount_e4, reference=reference)
    name = "paid" if kind in ("sale", "capture") else _EVENTS[kind]
    desk.event(order, name, detail={"amount": amount_e4 / 10_000, "kind": kind})


def refund(desk: Desk, order: Order, *, amounts: Sequence[tuple[Line, int]], reference: str) -> int:
    """Give money back per line, at most captured - refunded of the order and the line's own rest; the sum."""
    total_e4 = sum(amount_e4 for _, amount_e4 in amounts)
    for line, amount_e4 in amounts:
        rest_e4 = line.amount_e4 - line.refunded_e4
        if not 0 < amount_e4 <= rest_e4:
            raise RefundTooLarge(
                f"line {line.line_id} of order {order.order_id} may be refunded above 0 and up to "
                f"{money(rest_e4)}, found {money(amount_e4)}"
            )
    if total_e4 > order.refundable_e4:
        raise RefundTooLarge(
            f"order {order.order_id} may be refunded up to {money(order.refundable_e4)} "
            f"(captured {money(order.captured_e4)} - refunded {money(order.refunded_e4)}), "
            f"found {money(total_e4)}"
        )
    for line, amount_e4 in amounts:
        line.refunded_e4 += amount_e4
        line.is_changed = True
    desk.payment(order, "refund", amount_e4=total_e4, reference=reference)
    detail = {"amount": total_e4 / 10_000, "refund_id": reference}
    desk.event(order, "refunded", detail=detail)
    return total_e4


_EVENTS = {
    "authorization": "authorized",
    "void": "authorization_voided",
    "chargeback": "charged_back",
}


def _allowed_e4(order: Order, kind: str) -> int:
    authorized_e4 = order.paid_e4.get("authorization", 0) - order.paid_e4.get("void", 0)
    uncaptured_e4 = authorized_e4 - order.paid_e4.get("capture", 0)
    outstanding_e4 = order.owed_e4 - order.captured_e4
    match kind:
        case "authorization":
            return outstanding_e4 - uncaptured_e4
        case "sale":
            return outstanding_e4
        case "capture":
            return min(uncaptured_e4, outstanding_e4)
        case "void":
            return uncaptured_e4
        case "chargeback":
            return order.refundable_e4
    raise InvalidCommand(
        f"no payment kind {kind!r}; known: authorization, capture, sale, void, chargeback; refund is by line"
    )
