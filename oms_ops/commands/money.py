"""Commands on one order's money: taken, settled, disputed, given back, lapsed.

`reference` is the gateway's name of a transaction (the command's key where none is given) and names it later.
`status` is its outcome so far: success, or pending until `settle_payment` says how it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.naming import find_lines, find_order
from oms_ops.new_orders import Money
from oms_ops.orders import Order
from oms_ops.rules import payments, refunds
from oms_ops.store.commands import Answer
from oms_ops.store.papers import lapsed_authorizations
from oms_ops.units import e4, micros, money


class MoneyCommands(Commands):
    def pay(self, order_id: str, *, kind: str, amount: Money, at: datetime, key: str) -> Answer:
        """`kind`: authorization, capture, sale, void or chargeback, succeeded at once."""
        return self._pay("pay", order_id, kind=kind, amount=amount, at=at, key=key)

    def authorize(
        self, order_id: str, *, amount: Money, at: datetime, key: str, reference: str | None = None,
        tender: str | None = None, expires_at: datetime | None = None, status: str = "success",
        currency: str | None = None,
    ) -> Answer:  # fmt: skip
        """Hold `amount` on one tender (card, gift card ...); an order may have several."""
        return self._pay(
            "authorize", order_id, kind="authorization", amount=amount, at=at, key=key, reference=reference,
            tender=tender, expires_at=expires_at, status=status, currency=currency,
        )  # fmt: skip

    def capture(
        self, order_id: str, *, at: datetime, key: str, amount: Money | None = None,
        authorization: str | None = None, reference: str | None = None, status: str = "success",
        currency: str | None = None,
    ) -> Answer:  # fmt: skip
        """Take what was authorized, or part of it: of the named authorization, else what runs out first."""
        return self._pay(
            "capture", order_id, kind="capture", amount=amount, at=at, key=key, reference=reference,
            source=authorization, status=status, currency=currency,
        )  # fmt: skip

    def sale(
        self, order_id: str, *, amount: Money, at: datetime, key: str, reference: str | None = None,
        tender: str | None = None, status: str = "success", currency: str | None = None,
    ) -> Answer:  # fmt: skip
        """Authorize and capture in one."""
        return self._pay(
            "sale", order_id, kind="sale", amount=amount, at=at, key=key, reference=reference, tender=tender,
            status=status, currency=currency,
        )  # fmt: skip

    def void(
        self, order_id: str, *, at: datetime, key: str, amount: Money | None = None,
        authorization: str | None = None, reference: str | None = None,
    ) -> Answer:  # fmt: skip
        """Let go of what was authorized and not captured, or part of it."""
        return self._pay(
            "void", order_id, kind="void", amount=amount, at=at, key=key, reference=reference,
            source=authorization,
        )  # fmt: skip

    def open_chargeback(
        self, order_id: str, *, reference: str, at: datetime, key: str, amount: Money | None = None,
        charge: str | None = None,
    ) -> Answer:  # fmt: skip
        """The buyer's bank disputes a capture or sale; nothing of it is refunded until `close_chargeback`."""
        return self._pay(
            "open_chargeback", order_id, kind="chargeback", amount=amount, at=at, key=key,
            reference=reference, source=charge, status="pending",
        )  # fmt: skip

    def close_chargeback(
        self, order_id: str, *, reference: str, outcome: str, at: datetime, key: str
    ) -> Answer:
        """`outcome`: won (the money stays) or lost (it is gone)."""
        if outcome not in ("won", "lost"):
            raise InvalidCommand(f"no chargeback outcome {outcome!r}; known: won, lost")
        return self.settle_payment(
            order_id, reference=reference, status="failure" if outcome == "won" else "success", at=at, key=key
        )

    def settle_payment(
        self, order_id: str, *, reference: str, status: str, at: datetime, key: str,
        message: str | None = None,
    ) -> Answer:  # fmt: skip
        """The gateway's word on a pending transaction or refund: success, failure or error."""

        def act(desk: Desk, order: Order) -> Answer:
            settled = payments.settle_payment(
                desk, order, reference=reference, status=status, message=message
            )
            amount_e4 = sum(payment.amount_e4 for payment in settled)
            return _money_answer(order, reference=reference, status=status, amount=money(amount_e4))

        terms = {"reference": reference, "status": status, "message": message}
        return self._on("settle_payment", order_id, act, at=at, key=key, terms=terms)

    def refund(
        self, order_id: str, *, refund_id: str, at: datetime, key: str,
        amounts: Mapping[str, Money] | None = None, units: Mapping[str, int] | None = None,
        status: str = "success", reason: str | None = None, currency: str | None = None,
    ) -> Answer:  # fmt: skip
        """Per line id, shipping too: `amounts`, or `units` at their value, discounts shared out."""

        def act(desk: Desk, order: Order) -> Answer:
            _require_currency(order, currency)
            lines = refunds.by_line(
                desk, order,
                amounts=[(line, e4(amount)) for line, amount in _named(order, amounts, units)],
                units=find_lines(order, units) if units else [],
            )  # fmt: skip
            given = refunds.refund(
                desk, order, refund_id=refund_id, lines=lines, status=status, reason=reason
            )
            return _refund_answer(order, given)

        terms = {"refund": refund_id, "amounts": amounts, "units": units, "status": status, "reason": reason}
        return self._on("refund", order_id, act, at=at, key=key, terms=terms)

    def refund_amount(
        self, order_id: str, *, refund_id: str, amount: Money, at: datetime, key: str, over: str = "lines",
        status: str = "success", reason: str | None = None, currency: str | None = None,
    ) -> Answer:  # fmt: skip
        """`over` lines: in proportion to what is left of each; shipping: of it alone; order: of none."""
        if over not in ("lines", "shipping", "order"):
            raise InvalidCommand(f"a refund goes over lines, shipping or order, found {over!r}")

        def act(desk: Desk, order: Order) -> Answer:
            _require_currency(order, currency)
            amount_e4 = _positive(e4(amount), order)
            lines = [] if over == "order" else refunds.by_amount(desk, order, amount_e4, of=over)
            given = refunds.refund(
                desk, order, refund_id=refund_id, lines=lines, unnamed_e4=0 if lines else amount_e4,
                status=status, reason=reason,
            )  # fmt: skip
            return _refund_answer(order, given)

        terms = {"refund": refund_id, "amount": amount, "over": over, "status": status, "reason": reason}
        return self._on("refund_amount", order_id, act, at=at, key=key, terms=terms)

    def refund_shipping(
        self, order_id: str, *, refund_id: str, at: datetime, key: str, amount: Money | None = None,
        status: str = "success", reason: str | None = None,
    ) -> Answer:  # fmt: skip
        """Of shipping only: all that is left of it, or `amount`."""

        def act(desk: Desk, order: Order) -> Answer:
            amount_e4 = refunds.shipping_rest_e4(order) if amount is None else e4(amount)
            lines = refunds.by_amount(desk, order, amount_e4, of="shipping")
            given = refunds.refund(
                desk, order, refund_id=refund_id, lines=lines, status=status, reason=reason
            )
            return _refund_answer(order, given)

        terms = {"refund": refund_id, "amount": amount, "status": status, "reason": reason}
        return self._on("refund_shipping", order_id, act, at=at, key=key, terms=terms)

    def expire_authorizations(self, at: datetime, *, limit: int = 1_000) -> Answer:
        """Let what ran out by `at` lapse, each order in its own transaction: may be run again at any time."""
        with self.book.read() as con:
            due = lapsed_authorizations(con, micros(at), limit=limit)
        lapsed = {
            order_id: self._on(
                "expire_authorizations", order_id, _expire, at=at, terms={},
                key=f"expire authorizations of {order_id} at {at.isoformat()}",
            )["expired"]
            for order_id in due
        }  # fmt: skip
        return {"orders": len(due), "expired": lapsed}

    def _pay(
        self, command: str, order_id: str, *, kind: str, amount: Money | None, at: datetime, key: str,
        reference: str | None = None, status: str = "success", source: str | None = None,
        tender: str | None = None, expires_at: datetime | None = None, currency: str | None = None,
    ) -> Answer:  # fmt: skip
        def act(desk: Desk, order: Order) -> Answer:
            _require_currency(order, currency)
            paid_e4 = payments.pay(
                desk, order, kind=kind, amount_e4=None if amount is None else e4(amount),
                reference=reference or key, status=status, source=source, tender=tender,
                expires_at=expires_at and micros(expires_at),
            )  # fmt: skip
            return _money_answer(order, reference=reference or key, status=status, amount=money(paid_e4))

        terms = {"kind": kind, "amount": amount}
        more = {
            "reference": reference, "status": status, "source": source, "tender": tender,
            "expires_at": expires_at, "currency": currency,
        }  # fmt: skip
        terms |= {name: value for name, value in more.items() if value is not None and value != "success"}
        return self._on(command, order_id, act, at=at, key=key, terms=terms)

    def _on(
        self, command: str, order_id: str, act: Callable[[Desk, Order], Answer], *, at: datetime, key: str,
        terms: Mapping[str, object],
    ) -> Answer:  # fmt: skip
        return self._run(
            command,
            lambda desk: act(desk, find_order(desk, order_id)),
            at=at,
            key=key,
            terms={"order": order_id, **terms},
        )


def _expire(desk: Desk, order: Order) -> Answer:
    return answer(order, expired=money(payments.expire(desk, order)))


def _money_answer(order: Order, **more: object) -> Answer:
    return answer(order, outstanding=money(payments.outstanding_e4(order)), **more)


def _refund_answer(order: Order, given) -> Answer:
    by_line = {order.line(part.line_no).line_id: money(part.amount_e4) for part in given.lines}
    return answer(
        order,
        refund_id=given.refund_id,
        refund_status=given.state,
        refunded=money(given.amount_e4),
        by_line=by_line,
        refundable=money(order.refundable_e4),
    )


def _named(order: Order, amounts: Mapping[str, Money] | None, units: Mapping[str, int] | None) -> list:
    return [] if units and not amounts else find_lines(order, amounts or {})


def _require_currency(order: Order, currency: str | None) -> None:
    if currency is not None and currency != order.currency:
        raise InvalidCommand(
            f"order {order.order_id} is in {order.currency} and can be paid and refunded in {order.currency} "
            f"only, found {currency}"
        )


def _positive(amount_e4: int, order: Order) -> int:
    if amount_e4 <= 0:
        raise InvalidCommand(
            f"a refund of order {order.order_id} needs an amount above 0, found {money(amount_e4)}"
        )
    return amount_e4
