"""Dated ATP of one (channel, sku) from the book: what can be promised for a day, and by when a quantity can.

The arithmetic is oms_ops.atp. From what is free in the channel's network now, plus what purchase orders bring
there, less what waits; share and cap are for what is shown to buyers and do not bear on a promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oms_ops import atp
from oms_ops.atp import Flow, Promise
from oms_ops.availability import of_stock, stock_of
from oms_ops.desk import Places
from oms_ops.errors import InvalidCommand
from oms_ops.kit_ats import base_components, kits_using
from oms_ops.store import BookConnection, OrderBook, supply
from oms_ops.store.supply import Due
from oms_ops.units import instant, micros
from warehouse.settings import Settings


@dataclass(frozen=True)
class Promises:
    """`free` units now (buffers and threshold kept back), what comes and what is owed, and what follows."""

    channel_id: str
    sku: str
    free: float
    supply: tuple[Flow, ...]
    demand: tuple[Flow, ...]
    promise: Promise

    def on(self, day: datetime) -> int:
        """Whole units that can be promised for `day`."""
        return int(self.promise.on(micros(day)))

    def first_at(self, quantity: int) -> datetime | None:
        """When `quantity` can be promised for, None where nothing known brings it."""
        return instant(self.promise.first_at(quantity))


def promises(book: OrderBook, settings: Settings, sku: str, *, channel_id: str, now: datetime) -> Promises:
    """Dated ATP of a sku as of `now`; nothing of one the book does not know. A kit is promised by its
    components: ask for those."""
    settings.channel(channel_id)
    places = Places.of(settings)
    network = places.network(channel_id)
    with book.read() as con:
        stock = stock_of(con, skus=[sku])
        coming, owed = supply.incoming(con, sku), list(_owed(con, sku))
    if sku in stock.kits:
        parts = ", ".join(stock.kits[sku])
        raise InvalidCommand(f"{sku} is a kit; ask what can be promised of its components: {parts}")
    offers = {offer.channel_id: offer.ats for offer in of_stock(stock, settings, only=[sku])}
    found = offers.get(channel_id)
    free = sum(found.free_by_location.values()) - found.terms.threshold if found else 0
    comes = tuple(Flow(due.at, due.units, due.source) for due in coming if due.place in network)
    waits = tuple(
        Flow(due.at, due.units, due.source)
        for due in owed
        if not set(places.network(due.place)).isdisjoint(network)
    )
    promise = atp.promise(micros(now), free, supply=comes, demand=waits)
    return Promises(channel_id, sku, free, comes, waits, promise)


def _owed(con: BookConnection, sku: str) -> Iterator[Due]:
    """What waits for the sku by itself or inside a kit."""
    bases = base_components(supply.kits(con))
    yield from supply.owed(con, sku)
    for kit in sorted(kits_using(bases).get(sku, ())):
        for due in supply.owed(con, kit):
            yield due._replace(units=due.units * bases[kit][sku])
