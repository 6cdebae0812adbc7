"""What the commands of one order and of stock have in common: the book, the settings, keys and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from oms_ops import stock_papers
from oms_ops.desk import Desk, Paper, Places
from oms_ops.errors import InvalidCommand, UnknownDocument, UnknownLocation
from oms_ops.ledger import QUANTITIES
from oms_ops.orders import Order
from oms_ops.store import OrderBook
from oms_ops.store.commands import Answer, carry_out
from oms_ops.units import micros
from warehouse.settings import Settings


@dataclass(frozen=True)
class Commands:
    """`at` is when a command happens; `key` is its idempotency key."""

    book: OrderBook
    settings: Settings

    @cached_property
    def places(self) -> Places:
        return Places.of(self.settings)

    def _run(
        self,
        command: str,
        act: Callable[[Desk], Answer],
        *,
        at: datetime,
        key: str,
        terms: Mapping[str, object],
    ) -> Answer:
        return carry_out(
            self.book,
            act,
            command=command,
            key=key,
            terms=terms,
            at=micros(at),
            places=self.places,
        )

    def _require_location(self, location_id: str) -> str:
        known = [place.location_id for place in self.settings.locations]
        if location_id not in known:
            raise UnknownLocation(f"no location {location_id!r}; known: {', '.join(known)}")
        return location_id

    def _require_counted_here(self, location_id: str) -> None:
        """Where a WMS or ERP counts, its snapshots say how many there are."""
        for place in self.settings.locations:
            if place.location_id == location_id and place.stock_owner == "external":
                raise InvalidCommand(
                    f"location {location_id} is counted by an external system: correct it there, "
                    "its next snapshot brings the number"
                )


def find(desk: Desk, kind: type[Paper], *key: str) -> Paper:
    """A document of the warehouse, or UnknownDocument."""
    paper = desk.shelf.find(kind, *key)
    if paper is None:
        raise UnknownDocument(f"no {_NAMES[kind]} {' '.join(map(repr, key))} in the order book")
    return paper


_NAMES = {
    stock_papers.PurchaseOrder: "purchase order",
    stock_papers.Transfer: "transfer",
    stock_papers.CycleCount: "cycle count",
    stock_papers.Kit: "kit",
    stock_papers.Lot: "lot",
}


def balance_of(desk: Desk, sku: str, location_id: str) -> Answer:
    balance = desk.stock[sku, location_id].balance
    return {"sku": sku, "location_id": location_id, **dict(zip(QUANTITIES, balance, strict=True))}


def answer(order: Order, **more: object) -> Answer:
    """Where the order stands after the command."""
    return {
        "order_id": order.order_id,
        "order_status": order.order_status,
        "payment_status": order.payment_status,
        "fulfillment_status": order.fulfillment_status,
        **more,
    }
