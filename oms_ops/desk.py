"""The desk at which one command or fact is carried out: it finds what the rules need and notes what they did.

A rule changes orders and balances through the desk and leaves rows in its journal; the store writes the
journal in one transaction. The same desk serves one command (service.py) and a million facts (bulk.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Protocol, TypeVar

from oms_ops import ledger, watching
from oms_ops.changes import Address
from oms_ops.documents import (
    Claim,
    Exchange,
    Papers,
    Payment,
    PurchaseLine,
    Refund,
    Reservation,
    Return,
    Shipment,
)
from oms_ops.ledger import KIND_NO, Stock
from oms_ops.orders import Order
from oms_ops.routing.geography import Destination
from oms_ops.routing.reading import routing_of
from oms_ops.routing.rules import Routing


class RoutingFacts(Protocol):
    """What routing by rules asks (oms_ops.store.routing_facts)."""

    def destination(self, order_seq: int, country: str) -> Destination: ...
    def keep_destination(self, order_seq: int, destination: Destination) -> None: ...
    def load(self, location_id: str, first: int, end: int) -> tuple[int, int]: ...
    def inbound(self, stock: Stock) -> list[tuple[int, int]]: ...
    def waits_for_a_person(self, order_seq: int) -> bool: ...


Paper = TypeVar("Paper")


class Shelf(Protocol):
    """Where the desk finds things (oms_ops.store.shelf). `stock` answers for any (sku, location)."""

    stock: Mapping[tuple[str, str], Stock]

    def order(self, order_id: str) -> Order | None: ...
    def order_by_seq(self, order_seq: int) -> Order: ...
    def add_order(self, order: Order) -> None: ...
    def add_stock(self, stock: Stock) -> None: ...
    def waiting(self, sku: str) -> list[tuple[int, int, int]]: ...
    def wait(self, sku: str, place: tuple[int, int, int]) -> None: ...
    @property
    def preorders(self) -> Mapping[str, int]: ...
    def kept_back(self, sku: str, location_id: str, otherwise: int) -> int: ...

    def backorder_cap(self, sku: str) -> int | None: ...
    def units_waiting_elsewhere(self, sku: str, *, order_seq: int) -> int: ...
    def shipments(self, shipment_id: str) -> list[Shipment]: ...
    def add_shipment(self, shipment: Shipment) -> None: ...
    def purchase_line(self, purchase_order_line_id: str) -> PurchaseLine | None: ...
    def add_purchase_line(self, line: PurchaseLine) -> None: ...
    def kits_among(self, skus: Sequence[str]) -> set[str]: ...
    def places(self, *, sku: str | None = None, location_id: str | None = None) -> list[Stock]: ...
    def open_logs(self, places: Sequence[Stock], *, after: int) -> None: ...
    def moved_on_hand(self, stock_no: int, *, after: int, until: int) -> int: ...
    def find(self, kind: type[Paper], *key: str) -> Paper | None: ...
    def add_paper(self, paper: object) -> None: ...
    def papers(self, order_seq: int) -> Papers: ...
    def order_of_refund(self, refund_id: str) -> str | None: ...
    def reservation(self, reservation_id: str) -> Reservation | None: ...
    def due_reservations(self, at: int, *, limit: int) -> list[Reservation]: ...

    routing: RoutingFacts


@dataclass(slots=True)
class Numbers:
    """The last number given out of each kind."""

    order: int = 0
    event: int = 0
    posting: int = 0
    movement: int = 0
    stock: int = 0
    payment: int = 0
    shipment: int = 0
    return_: int = 0
    hold: int = 0
    reservation: int = 0
    stock_event: int = 0


@dataclass(slots=True)
class Journal:
    """Rows to append, as tuples in column order, and the objects whose rows must be written."""

    events: list[tuple] = field(default_factory=list)
    postings: list[tuple] = field(default_factory=list)
    movements: list[tuple] = field(default_factory=list)
    payments: list[tuple] = field(default_factory=list)
    shipment_lines: list[tuple] = field(default_factory=list)
    holds: list[tuple] = field(default_factory=list)
    policies: list[tuple] = field(default_factory=list)
    orders: dict[int, Order] = field(default_factory=dict)
    addresses: dict[int, tuple] = field(default_factory=dict)
    shipments: dict[int, Shipment] = field(default_factory=dict)
    returns: dict[int, Return] = field(default_factory=dict)
    purchase_lines: dict[str, PurchaseLine] = field(default_factory=dict)
    stock_papers: dict[tuple, object] = field(default_factory=dict)
    lot_movements: list[tuple] = field(default_factory=list)
    snapshot_log: list[tuple] = field(default_factory=list)
    snapshots_counted: list[tuple] = field(default_factory=list)  # keys of the log's rows of no more use
    settled: dict[int, Payment] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    papers: dict[int, Papers] = field(default_factory=dict)  # read while these rows are being noted
    reservations: dict[str, Reservation] = field(default_factory=dict)
    stock_events: list[tuple] = field(default_factory=list)
    destinations: dict[int, Destination] = field(default_factory=dict)
    manual: dict[int, tuple[str, int, int | None]] = field(default_factory=dict)  # why, since, until
    loads: dict[tuple[str, int], list[int]] = field(default_factory=dict)  # (place, day) -> orders, units


@dataclass(frozen=True, slots=True)
class Counting:
    """Who counts a location, whether his number includes what is promised to our orders, and how long
    (microseconds) he takes to hear of a claim of ours."""

    is_external: bool = False
    includes_committed: bool = True
    claim_lag: int = 0


@dataclass(frozen=True, slots=True)
class Places:
    """Where each channel's orders are filled (active locations, first choice first) and where returns go.

    `buffers`: units a location keeps back from checkouts. `rules`: how orders are routed, None for by
    priority. `zone`: whose days a location's daily capacity is counted in.
    """

    networks: Mapping[str, tuple[str, ...]]
    fallback: tuple[str, ...]
    returns_location: str
    buffers: Mapping[str, int] = field(default_factory=dict)
    counted: Mapping[str, Counting] = field(default_factory=dict)
    rules: Routing | None = None
    zone: str = "UTC"

    @classmethod
    def of(cls, settings) -> Places:
        active = sorted(
            (place for place in settings.locations if place.is_active),
            key=lambda place: (place.priority, place.location_id),
        )
        fallback = tuple(place.location_id for place in active)
        networks = {
            channel.channel_id: tuple(place for place in fallback if place in channel.network)
            for channel in settings.channels
        }
        buffers = {place.location_id: ceil(place.facility_buffer) for place in active}
        counted = _counted(settings)
        rules = routing_of(settings) if settings.routing.get("routing") else None
        zone = settings.shop.zone
        return cls(networks, fallback, settings.returns_location, buffers, counted, rules, zone)

    def network(self, channel_id: str) -> tuple[str, ...]:
        """A channel that the settings no longer name is served from every active location."""
        return self.networks.get(channel_id, self.fallback)

    def without(self, location_id: str) -> Places:
        """The same places with one of them closed."""
        networks = {
            channel_id: tuple(place for place in network if place != location_id)
            for channel_id, network in self.networks.items()
        }
        fallback = tuple(place for place in self.fallback if place != location_id)
        return replace(self, networks=networks, fallback=fallback)


def _counted(settings) -> dict[str, Counting]:
    return {
        place.location_id: Counting(
            place.stock_owner == "external",
            place.snapshot_includes_committed,
            place.claim_lag_seconds * 1_000_000,
        )
        for place in settings.locations
    }


class Desk:
    def __init__(self, shelf: Shelf, places: Places, *, numbers: Numbers) -> None:
        self.shelf = shelf
        self.stock = shelf.stock
        self.places = places
        self.numbers = numbers
        self.journal = Journal()
        self.occurred_at = 0
        self.recorded_at = 0
        self._key: str | None = None
        self.named_lots: dict[str, int] | None = None
        self.lots_moved: dict[str, int] = {}
        self.fresh_until: int | None = None

    def at(self, occurred_at: int, *, recorded_at: int, key: str | None = None) -> None:
        """Everything noted from here on happened then; `key` goes to the next event, once."""
        self.occurred_at = occurred_at
        self.recorded_at = recorded_at
        self._key = key

    def available(self, sku: str, location_id: str) -> int:
        return self.stock[sku, location_id].balance[ledger.AVAILABLE]

    def free(self, sku: str, location_id: str) -> int:
        """What a checkout may still set aside: available less the location's buffer."""
        otherwise = self.places.buffers.get(location_id, 0)
        return self.available(sku, location_id) - self.shelf.kept_back(sku, location_id, otherwise)

    def posting(
        self, order: Order | None = None, *, reference: str | None = None, reason: str | None = None
    ) -> int:
        """Open an entry in the stock ledger; its number, for the movements that follow."""
        self.numbers.posting = number = self.numbers.posting + 1
        order_seq = None if order is None else order.order_seq
        self.journal.postings.append(
            (number, order_seq, reference, reason, self.occurred_at, self.recorded_at)
        )
        return number

    def move(
        self, posting: int, stock: Stock, *, kind: str, quantity: int, line_no: int | None = None
    ) -> None:
        self.move_all(posting, kind, moves=((stock, quantity, line_no),))

    @contextmanager
    def of_lots(
        self, units: Mapping[str, int] | None, *, fresh_until: int | None = None
    ) -> Iterator[dict[str, int]]:
        """Movements inside the block are of these lots first; answers units by lot that have moved.

        A lot that expires before `fresh_until` (default: now) is none to ship.
        """
        self.named_lots, self.lots_moved, self.fresh_until = dict(units or {}), {}, fresh_until
        yield self.lots_moved
        self.named_lots, self.lots_moved, self.fresh_until = None, {}, None

    def move_all(self, posting: int, kind: str, *, moves: Iterable[tuple[Stock, int, int | None]]) -> None:
        """Movements of one kind, (stock, quantity, line number) each: balance and ledger together, with the
        oversell marker where it applies."""
        note, number, kind_no = self.journal.movements.append, self.numbers.movement, KIND_NO[kind]
        for stock, quantity, line_no in moves:
            stock_no = stock.stock_no or self._number(stock)
            shift = ledger.apply(stock.balance, kind, quantity=quantity)
            number += 1
            note((number, posting, stock_no, kind_no, quantity, line_no))
            if shift:
                for mark, units in ledger.marker(shift):
                    number += 1
                    note((number, posting, stock_no, KIND_NO[mark], units, line_no))
            if stock.watch is not None:
                self.numbers.movement = number
                movement = number - (1 if shift else 0)
                watching.follow(self, stock, posting=posting, movement=movement, kind=kind, quantity=quantity)
                number = self.numbers.movement
        self.numbers.movement = number

    def keep(self, paper: object) -> None:
        """A document of the warehouse (oms_ops.stock_papers) is new or has changed."""
        self.shelf.add_paper(paper)
        self.journal.stock_papers[type(paper), *paper.key] = paper

    def _number(self, stock: Stock) -> int:
        """A place gets its number with its first movement."""
        self.numbers.stock = stock.stock_no = self.numbers.stock + 1
        self.shelf.add_stock(stock)
        return stock.stock_no

    def event(self, order: Order, kind: str, *, detail: Mapping[str, object]) -> None:
        self.numbers.event = number = self.numbers.event + 1
        key, self._key = self._key, None
        self.journal.events.append(
            (number, order.order_seq, kind, self.occurred_at, self.recorded_at, detail, key)
        )
        if not order.is_header:
            self.journal.orders[order.order_seq] = order

    def stock_event(self, kind: str, subject: str, *, detail: Mapping[str, object]) -> None:
        """What happened to stock without an order: `subject` names the reservation, transfer, sku ..."""
        self.numbers.stock_event = number = self.numbers.stock_event + 1
        key, self._key = self._key, None
        self.journal.stock_events.append(
            (number, kind, subject, self.occurred_at, self.recorded_at, detail, key)
        )

    def touch(self, order: Order) -> None:
        """The order's own row (status, reason) changed."""
        order.is_changed = True
        self.journal.orders[order.order_seq] = order

    def address(self, order: Order, address: Address) -> None:
        """Where the order goes, in place of what was known before."""
        self.journal.addresses[order.order_seq] = (
            order.order_seq, address.name, address.line1, address.line2, address.city, address.region,
            address.postcode, address.country, address.phone, address.email,
        )  # fmt: skip

    def payment(
        self, order: Order, kind: str, *, amount_e4: int, reference: str | None = None,
        status: str = "success", parent_seq: int | None = None, expires_at: int | None = None,
        tender: str | None = None, message: str | None = None,
    ) -> None:  # fmt: skip
        self.numbers.payment = number = self.numbers.payment + 1
        row = (
            number, order.order_seq, kind, status, amount_e4, reference, self.occurred_at, self.recorded_at,
            parent_seq, expires_at, None, tender, message,
        )  # fmt: skip
        self.journal.payments.append(row)
        known = self.journal.papers.get(order.order_seq)
        if known is not None:
            known.payments.append(Payment(*row))
        order.add_paid(kind, amount_e4, status=status)
        self.journal.orders[order.order_seq] = order

    def settle_payment(
        self, order: Order, payment: Payment, *, status: str, message: str | None = None
    ) -> None:
        """A pending transaction has its outcome."""
        order.add_paid(payment.kind, -payment.amount_e4, status=payment.status)
        payment.status, payment.settled_at, payment.message = status, self.occurred_at, message
        order.add_paid(payment.kind, payment.amount_e4, status=status)
        self.journal.settled[payment.payment_seq] = payment
        self.journal.orders[order.order_seq] = order

    def papers(self, order: Order) -> Papers:
        """What the book holds on the order's money and returns, with what was noted just now."""
        known = self.journal.papers.get(order.order_seq)
        if known is None:
            known = self.shelf.papers(order.order_seq)
            known.payments += [Payment(*row) for row in self.journal.payments if row[1] == order.order_seq]
            self.journal.papers[order.order_seq] = known
        return known
