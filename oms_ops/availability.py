"""ATS of every (channel, sku) in one pass over the book. The formula is ats.py's; here are its terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oms_ops.ats import Ats, Terms, ats
from oms_ops.desk import Places
from oms_ops.store import OrderBook, supply
from warehouse.settings import Settings

Balances = Mapping[str, Mapping[str, int]]  # sku -> location_id -> units available


@dataclass(frozen=True, slots=True)
class ChannelAts:
    channel_id: str
    sku: str
    ats: Ats


def availability(book: OrderBook, settings: Settings) -> Iterator[ChannelAts]:
    """For each channel of the settings and each sku the book knows, in that order."""
    with book.read() as con:
        balances, waiting = supply.available(con), supply.waiting(con)
    return of_state(balances, waiting, settings)


def of_state(
    balances: Balances, waiting: Mapping[tuple[str, str], int], settings: Settings
) -> Iterator[ChannelAts]:
    """`waiting`: units per (channel_id, sku) captured and not yet allocated."""
    places = Places.of(settings)
    buffers = {place.location_id: place.facility_buffer for place in settings.locations}
    skus = sorted(balances.keys() | {sku for _, sku in waiting})
    for channel in settings.channels:
        network = places.network(channel.channel_id)
        unrouted = _unrouted(waiting, places, network)
        for sku in skus:
            stock = balances.get(sku, {})
            terms = Terms(
                available={location: stock.get(location, 0) for location in network},
                facility_buffer=buffers,
                unrouted_units=unrouted.get(sku, 0),
                threshold=channel.threshold,
                share=channel.share,
                max_quantity=channel.max_quantity,
            )
            yield ChannelAts(channel.channel_id, sku, ats(terms))


def _unrouted(
    waiting: Mapping[tuple[str, str], int], places: Places, network: tuple[str, ...]
) -> dict[str, int]:
    """Units per sku that wait for stock of this network: their channel sells from one of its locations."""
    units: dict[str, int] = {}
    for (channel_id, sku), quantity in waiting.items():
        if not set(places.network(channel_id)).isdisjoint(network):
            units[sku] = units.get(sku, 0) + quantity
    return units
