"""ATS of every (channel, sku) in one pass over the book. The formula is ats.py's; here are its terms.

What the book holds is read into `Stock`; settings and decisions are laid over it. Publishing is elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from oms_ops.ats import Ats, Terms, ats, ats_of_kit
from oms_ops.ats_policy import Overlay, Policy, decided
from oms_ops.desk import Places
from oms_ops.kit_ats import Kits, base_components
from oms_ops.store import BookConnection, OrderBook, publication, supply
from warehouse.settings import Channel, Settings

Balances = Mapping[str, Mapping[str, int]]  # sku -> location_id -> units available
Waiting = Mapping[tuple[str, str], int]  # (channel_id, sku) -> units captured and not yet allocated


@dataclass(frozen=True, slots=True)
class ChannelAts:
    channel_id: str
    sku: str
    ats: Ats


@dataclass(frozen=True, slots=True)
class Stock:
    """What the book says: balances, what waits, and what kits are made of. Of some skus or of all."""

    balances: Balances
    waiting: Waiting
    kits: Kits = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()


def availability(book: OrderBook, settings: Settings) -> Iterator[ChannelAts]:
    """For each channel of the settings and each sku the book knows, in that order."""
    with book.read() as con:
        stock = stock_of(con)
    return of_stock(stock, settings)


def stock_of(con: BookConnection, *, skus: Iterable[str] | None = None) -> Stock:
    """What the book says now, of `skus` or of every sku."""
    names = None if skus is None else sorted(skus)
    return Stock(
        balances=supply.available(con, skus=names),
        waiting=supply.waiting(con, skus=names),
        kits=supply.kits(con),
        policies=tuple(publication.policies(con, skus=names)),
    )


def of_state(balances: Balances, waiting: Waiting, settings: Settings) -> Iterator[ChannelAts]:
    """Without kits and policies: the settings' terms alone."""
    return of_stock(Stock(balances, waiting), settings)


def of_stock(stock: Stock, settings: Settings, *, only: Iterable[str] | None = None) -> Iterator[ChannelAts]:
    """For each channel and each sku that has stock, waits or is a kit, of `only` or of all."""
    bases = base_components(stock.kits)
    known = stock.balances.keys() | {sku for _, sku in stock.waiting} | bases.keys()
    skus = sorted(known if only is None else known & set(only))
    waiting = _of_base_skus(stock.waiting, bases)
    for channel in settings.channels:
        yield from _Shelf(channel, settings, stock, waiting=waiting, bases=bases).offers(skus)


class _Shelf:
    """One channel's view of the stock."""

    def __init__(
        self, channel: Channel, settings: Settings, stock: Stock, *, waiting: Waiting, bases: Kits
    ) -> None:
        self.channel, self.stock, self.bases = channel, stock, bases
        places, overlay = Places.of(settings), Overlay(stock.policies)
        self.network = places.network(channel.channel_id)
        self.unrouted = _unrouted(waiting, places, self.network)
        self.decided = overlay.of_channel(channel.channel_id)
        self.default_buffers = {place.location_id: place.facility_buffer for place in settings.locations}
        self.buffers = {place: overlay.buffers(place) for place in self.network if overlay.buffers(place)}

    def offers(self, skus: Iterable[str]) -> Iterator[ChannelAts]:
        for sku in skus:
            found = self.of_kit(sku) if sku in self.bases else ats(self.terms(sku))
            yield ChannelAts(self.channel.channel_id, sku, found)

    def of_kit(self, kit: str) -> Ats:
        """A component that is not sold on its own still goes into kits."""
        parts = {
            sku: (ats(self.terms(sku, is_listed=True)).value, units) for sku, units in self.bases[kit].items()
        }
        terms = {"threshold": 0.0, "share": 1.0, "max_quantity": None, "is_listed": True}
        return ats_of_kit(parts, Terms({}, {}, **(terms | self._decisions(kit, own_alone=True))))

    def terms(self, sku: str, **changes: object) -> Terms:
        channel, available = self.channel, self.stock.balances.get(sku, {})
        terms = {
            "threshold": channel.threshold,
            "share": channel.share,
            "max_quantity": channel.max_quantity,
        }
        if self.decided:
            terms |= self._decisions(sku)
        return Terms(
            available={place: available.get(place, 0) for place in self.network},
            facility_buffer=self._buffers(sku) if self.buffers else self.default_buffers,
            unrouted_units=self.unrouted.get(sku, 0),
            **(terms | changes),
        )

    def _decisions(self, sku: str, *, own_alone: bool = False) -> dict[str, object]:
        """A kit takes its own decisions alone: those of the whole channel act on its components."""
        found: dict[str, object] = {}
        for term, policies in self.decided.items():
            policy = policies.get(sku) if own_alone else decided(policies, sku)
            if policy is not None:
                found[term] = bool(policy.value) if term == "is_listed" else policy.value
                if term == "threshold":
                    found["threshold_reason"] = policy.reason
        return found

    def _buffers(self, sku: str) -> dict[str, float]:
        found = dict(self.default_buffers)
        for place, policies in self.buffers.items():
            policy = decided(policies, sku)
            if policy is not None:
                found[place] = policy.value
        return found


def _of_base_skus(waiting: Waiting, bases: Mapping[str, Mapping[str, int]]) -> Waiting:
    """A kit that waits waits for its components."""
    if not bases:
        return waiting
    units: dict[tuple[str, str], int] = {}
    for (channel_id, sku), quantity in waiting.items():
        for base, per_kit in bases.get(sku, {sku: 1}).items():
            units[channel_id, base] = units.get((channel_id, base), 0) + quantity * per_kit
    return units


def _unrouted(waiting: Waiting, places: Places, network: tuple[str, ...]) -> dict[str, int]:
    """Units per sku that wait for stock of this network: their channel sells from one of its locations."""
    units: dict[str, int] = {}
    for (channel_id, sku), quantity in waiting.items():
        if not set(places.network(channel_id)).isdisjoint(network):
            units[sku] = units.get(sku, 0) + quantity
    return units
