"""Commands on one order's money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.naming import find_lines, find_order
from oms_ops.new_orders import Money
from oms_ops.rules import payments
from oms_ops.store.commands import Answer
from oms_ops.units import e4


class MoneyCommands(Commands):
    def pay(self, order_id: str, *, kind: str, amount: Money, at: datetime, key: str) -> Answer:
        """`kind`: authorization, capture, sale, void or chargeback."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            payments.pay(desk, order, kind=kind, amount_e4=e4(amount), reference=key)
            return answer(order)

        return self._run(
            "pay", act, at=at, key=key, terms={"order": order_id, "kind": kind, "amount": amount}
        )

    def refund(
        self, order_id: str, *, refund_id: str, amounts: Mapping[str, Money], at: datetime, key: str
    ) -> Answer:
        """`amounts` per line id, shipping too: at most what is left of each and of captured - refunded."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            lines = [(line, e4(amount)) for line, amount in find_lines(order, amounts)]
            payments.refund(desk, order, amounts=lines, reference=refund_id)
            return answer(order)

        terms = {"order": order_id, "refund": refund_id, "amounts": amounts}
        return self._run("refund", act, at=at, key=key, terms=terms)
