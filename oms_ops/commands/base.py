"""What the commands of one order and of stock have in common: the book, the settings, keys and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from oms_ops.desk import Desk, Places
from oms_ops.errors import UnknownLocation
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


def answer(order: Order, **more: object) -> Answer:
    """Where the order stands after the command."""
    return {
        "order_id": order.order_id,
        "order_status": order.order_status,
        "payment_status": order.payment_status,
        "fulfillment_status": order.fulfillment_status,
        **more,
    }
