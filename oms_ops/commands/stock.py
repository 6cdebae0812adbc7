"""Commands on one sku at one location: receive, count, adjust, set aside, inspect, throw away.

Purchase orders, transfers, cycle counts, kits, lots and feeds have modules beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from oms_ops.commands.base import Commands, balance_of
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.rules import purchasing, stock
from oms_ops.stock_papers import LotUnits, PurchaseOrder
from oms_ops.store.commands import Answer


class StockCommands(Commands):
    """`quantity` in whole units. The answer is the balance afterwards. `lots`: see rules/lots.py."""

    def receive(
        self,
        sku: str,
        location_id: str,
        *,
        quantity: int,
        at: datetime,
        key: str,
        purchase_order_line_id: str | None = None,
        lots: Sequence[LotUnits] | None = None,
    ) -> Answer:
        """Goods come in, for what a purchase order line still owes or unordered."""

        def act(desk: Desk) -> None:
            if purchase_order_line_id:
                _require_line(desk, purchase_order_line_id, quantity)
            stock.receive(
                desk,
                sku,
                location_id=location_id,
                quantity=quantity,
                reference=key,
                purchase_line_id=purchase_order_line_id,
                lots=lots,
            )

        more = {"quantity": quantity, "purchase_order_line": purchase_order_line_id}
        more |= {"lots": [asdict(given) for given in lots]} if lots else {}
        return self._stock("receive", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

    def count(
        self, sku: str, location_id: str, *, quantity: int, reason: str, at: datetime, key: str
    ) -> Answer:
        """A person counted `quantity` on hand."""
        self._require_counted_here(location_id)

        def act(desk: Desk) -> None:
            stock.count(desk, sku, location_id=location_id, quantity=quantity, reference=key, reason=reason)

        more = {"quantity": quantity, "reason": reason}
        return self._stock("count", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

    def adjust(
        self,
        sku: str,
        location_id: str,
        *,
        quantity: int,
        reason: str,
        at: datetime,
        key: str,
        lots: Sequence[LotUnits] | None = None,
    ) -> Answer:
        """Find (above 0) or write off (below 0); the lots' quantities are above 0 either way."""
        self._require_counted_here(location_id)

        def act(desk: Desk) -> None:
            stock.adjust(
                desk,
                sku,
                location_id=location_id,
                quantity=quantity,
                reference=key,
                reason=reason,
                lots=lots,
            )

        more = {"quantity": quantity, "reason": reason}
        more |= {"lots": [asdict(given) for given in lots]} if lots else {}
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
        lots: Mapping[str, int] | None = None,
    ) -> Answer:
        """Between available, damaged, quality_control and safety_stock; OutOfStock if there are fewer."""

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
                lots=lots,
            )

        more = {"source": source, "target": target, "quantity": quantity, "reason": reason}
        more |= {"lots": lots} if lots else {}
        return self._stock("move_state", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

    def inspect(
        self,
        sku: str,
        location_id: str,
        *,
        outcome: Mapping[str, int],
        reason: str,
        at: datetime,
        key: str,
        lots: Mapping[str, int] | None = None,
    ) -> Answer:
        """What became of units in quality control: `outcome` is units available, damaged, disposed."""

        def act(desk: Desk) -> None:
            stock.inspect(
                desk, sku, location_id=location_id, outcome=outcome, reference=key, reason=reason, lots=lots
            )

        more = {"outcome": outcome, "reason": reason, "lots": lots}
        return self._stock("inspect", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

    def dispose(
        self,
        sku: str,
        location_id: str,
        *,
        quantity: int,
        reason: str,
        at: datetime,
        key: str,
        source: str = "damaged",
        lots: Mapping[str, int] | None = None,
    ) -> Answer:
        """Thrown away, out of damaged or quality_control."""

        def act(desk: Desk) -> None:
            stock.dispose(
                desk,
                sku,
                location_id=location_id,
                source=source,
                quantity=quantity,
                reference=key,
                reason=reason,
                lots=lots,
            )

        more = {"source": source, "quantity": quantity, "reason": reason, "lots": lots}
        return self._stock("dispose", act, sku=sku, location_id=location_id, at=at, key=key, more=more)

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
            return balance_of(desk, sku, location_id)

        terms = {"sku": sku, "location": location_id, **more}
        return self._run(command, act_and_answer, at=at, key=key, terms=terms)


def _require_line(desk: Desk, purchase_order_line_id: str, quantity: int) -> None:
    """A line told by a feed takes any receipt; one of a purchase order of ours what its state allows."""
    line = desk.shelf.purchase_line(purchase_order_line_id)
    if line is None:
        raise InvalidCommand(f"no purchase order line {purchase_order_line_id!r} in the order book")
    if line.purchase_order_id:
        purchase = desk.shelf.find(PurchaseOrder, line.purchase_order_id)
        purchasing.require_receivable(purchase, wanted=[(line, quantity)])
