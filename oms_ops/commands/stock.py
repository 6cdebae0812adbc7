"""Commands for stock: receive, count, adjust, set aside and put back. Each is one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oms_ops.commands.base import Commands
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.ledger import QUANTITIES
from oms_ops.rules import stock
from oms_ops.store.commands import Answer


class StockService(Commands):
    """`quantity` in whole units. The answer is the balance afterwards."""

    def receive(
        self,
        sku: str,
        location_id: str,
        *,
        quantity: int,
        at: datetime,
        key: str,
        purchase_order_line_id: str | None = None,
    ) -> Answer:
        """Goods come in, for what a purchase order line still owes or unordered."""

        def act(desk: Desk) -> None:
            if purchase_order_line_id and desk.shelf.purchase_line(purchase_order_line_id) is None:
                raise InvalidCommand(f"no purchase order line {purchase_order_line_id!r} in the order book")
            stock.receive(
                desk,
                sku,
                location_id=location_id,
                quantity=quantity,
                reference=key,
                purchase_line_id=purchase_order_line_id,
            )

        more = {"quantity": quantity, "purchase_order_line": purchase_order_line_id}
        return self._stock("receive", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

    def count(
        self, sku: str, location_id: str, *, quantity: int, reason: str, at: datetime, key: str
    ) -> Answer:
        """A person counted `quantity` on hand."""

        def act(desk: Desk) -> None:
            stock.count(desk, sku, location_id=location_id, quantity=quantity, reference=key, reason=reason)

        more = {"quantity": quantity, "reason": reason}
        return self._stock("count", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

    def adjust(
        self, sku: str, location_id: str, *, quantity: int, reason: str, at: datetime, key: str
    ) -> Answer:
        """Find (above 0) or write off (below 0)."""

        def act(desk: Desk) -> None:
            stock.adjust(desk, sku, location_id=location_id, quantity=quantity, reference=key, reason=reason)

        more = {"quantity": quantity, "reason": reason}
        return self._stock("adjust", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

    def move_state(
        self,
        sku: str,
        location_id: str,
        *,
        source: str,
        target: str,
        quantity: int,
        reason: str,
        at: datetime,
        key: str,
    ) -> Answer:
        """Between available and damaged, quality_control or safety_stock; OutOfStock if there are fewer."""

        def act(desk: Desk) -> None:
            stock.move_state(
                desk,
                sku,
                location_id=location_id,
                source=source,
                target=target,
                quantity=quantity,
                reference=key,
                reason=reason,
            )

        more = {"source": source, "target": target, "quantity": quantity, "reason": reason}
        return self._stock("move_state", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

    def _stock(
        self,
        command: str,
        act: Callable[[Desk], None],
        *,
        sku: str,
        location_id: str,
        at: datetime,
        key: str,
        more: dict[str, object],
    ) -> Answer:
        self._require_location(location_id)

        def act_and_answer(desk: Desk) -> Answer:
            act(desk)
            balance = desk.stock[sku, location_id].balance
            return {
                "sku": sku,
                "location_id": location_id,
                **dict(zip(QUANTITIES, balance, strict=True)),
            }

        terms = {"sku": sku, "location": location_id, **more}
        return self._run(command, act_and_answer, at=at, key=key, terms=terms)
