"""Commands on purchase orders: draft, order, receive in parts, expect later, cancel, close."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from oms_ops.commands.base import Commands, find
from oms_ops.desk import Desk
from oms_ops.documents import PurchaseLine
from oms_ops.errors import InvalidCommand
from oms_ops.rules import purchasing, stock
from oms_ops.stock_papers import LotUnits, PurchaseOrder
from oms_ops.store.commands import Answer
from oms_ops.units import instant, micros

_UNITS = ("received", "canceled", "open_units")


class PurchasingCommands(Commands):
    """`units`: by sku; a purchase order has one line per sku. The answer: where it and its lines stand."""

    def draft_purchase(
        self,
        purchase_order_id: str,
        *,
        supplier_id: str,
        location_id: str,
        units: Mapping[str, int],
        at: datetime,
        key: str,
        expected_at: datetime | None = None,
        tolerance_percent: int = 0,
    ) -> Answer:
        """`tolerance_percent`: how much more than ordered is accepted of each line."""
        self._require_location(location_id)
        expected = None if expected_at is None else micros(expected_at)

        def act(desk: Desk) -> Answer:
            purchase = purchasing.draft(
                desk,
                purchase_order_id,
                supplier_id=supplier_id,
                location_id=location_id,
                units=units,
                tolerance_percent=tolerance_percent,
                expected_at=expected,
            )
            return _answer(purchase)

        terms = {"purchase_order": purchase_order_id, "supplier": supplier_id, "location": location_id}
        terms |= {"units": units, "expected_at": expected, "tolerance": tolerance_percent}
        return self._run("draft_purchase", act, at=at, key=key, terms=terms)

    def order_purchase(
        self, purchase_order_id: str, *, at: datetime, key: str, expected_at: datetime | None = None
    ) -> Answer:
        """Sent to the supplier: what it asks for is incoming."""
        expected = None if expected_at is None else micros(expected_at)
        return self._purchase(
            "order_purchase",
            purchase_order_id,
            lambda desk, purchase: purchasing.order(desk, purchase, expected_at=expected),
            at=at,
            key=key,
            terms={"expected_at": expected},
        )

    def receive_purchase(
        self,
        purchase_order_id: str,
        *,
        units: Mapping[str, int],
        at: datetime,
        key: str,
        lots: Mapping[str, Sequence[LotUnits]] | None = None,
    ) -> Answer:
        """What came of it, in one delivery; more than is owed only within the tolerance."""

        def act(desk: Desk, purchase: PurchaseOrder) -> None:
            wanted = _named(purchase, units)
            purchasing.require_receivable(purchase, wanted=wanted)
            for line, quantity in wanted:
                stock.receive(
                    desk,
                    line.sku,
                    location_id=line.location_id,
                    quantity=quantity,
                    reference=key,
                    purchase_line_id=line.purchase_order_line_id,
                    lots=(lots or {}).get(line.sku),
                )

        labels = {sku: [asdict(given) for given in named] for sku, named in (lots or {}).items()}
        terms = {"units": units, "lots": labels}
        return self._purchase("receive_purchase", purchase_order_id, act, at=at, key=key, terms=terms)

    def expect_purchase(
        self,
        purchase_order_id: str,
        *,
        expected_at: datetime,
        at: datetime,
        key: str,
        skus: Iterable[str] | None = None,
    ) -> Answer:
        """It comes at another time: the whole, or the lines of some skus."""
        named, expected = None if skus is None else sorted(skus), micros(expected_at)

        def act(desk: Desk, purchase: PurchaseOrder) -> None:
            found = _named(purchase, dict.fromkeys(named, 0)) if named is not None else None
            lines = purchase.lines if found is None else [line for line, _ in found]
            purchasing.expect(desk, purchase, expected_at=expected, lines=lines)

        terms = {"expected_at": expected, "skus": named}
        return self._purchase("expect_purchase", purchase_order_id, act, at=at, key=key, terms=terms)

    def cancel_purchase(
        self,
        purchase_order_id: str,
        *,
        reason: str,
        at: datetime,
        key: str,
        units: Mapping[str, int] | None = None,
    ) -> Answer:
        """`units` that will not come; or the whole, while nothing has."""

        def act(desk: Desk, purchase: PurchaseOrder) -> None:
            if units is not None:
                purchasing.cancel(desk, purchase, wanted=_named(purchase, units), reason=reason)
            else:
                purchasing.cancel_whole(desk, purchase, reason=reason)

        terms = {"reason": reason, "units": units}
        return self._purchase("cancel_purchase", purchase_order_id, act, at=at, key=key, terms=terms)

    def close_purchase(self, purchase_order_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        """Something came, the rest will not."""
        return self._purchase(
            "close_purchase",
            purchase_order_id,
            lambda desk, purchase: purchasing.close(desk, purchase, reason=reason),
            at=at,
            key=key,
            terms={"reason": reason},
        )

    def _purchase(
        self,
        command: str,
        purchase_order_id: str,
        act: Callable[[Desk, PurchaseOrder], None],
        *,
        at: datetime,
        key: str,
        terms: Mapping[str, object],
    ) -> Answer:
        def act_and_answer(desk: Desk) -> Answer:
            purchase = find(desk, PurchaseOrder, purchase_order_id)
            act(desk, purchase)
            return _answer(purchase)

        terms = {"purchase_order": purchase_order_id, **terms}
        return self._run(command, act_and_answer, at=at, key=key, terms=terms)


def _named(purchase: PurchaseOrder, units: Mapping[str, int]) -> list[tuple[PurchaseLine, int]]:
    lines = {line.sku: line for line in purchase.lines}
    strangers = [sku for sku in units if sku not in lines]
    if strangers or not units:
        raise InvalidCommand(
            f"purchase order {purchase.purchase_order_id} is about {', '.join(lines)}, "
            f"found {', '.join(strangers) or 'nothing named'}"
        )
    return [(lines[sku], quantity) for sku, quantity in units.items()]


def _answer(purchase: PurchaseOrder) -> Answer:
    return {
        "purchase_order_id": purchase.purchase_order_id,
        "state": purchase.state,
        "expected_at": instant(purchase.expected_at),
        "lines": [
            {"sku": line.sku, "quantity": line.drafted, "expected_at": instant(line.expected_at)}
            | {name: getattr(line, name) for name in _UNITS}
            for line in purchase.lines
        ],
    }
