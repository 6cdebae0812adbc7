"""What the kit asks of an order system: commands as plain data, a snapshot of its state, and how to open it.

Nothing here, and nothing in the kit but ours.py, knows our store or our rules. Units are whole, money is
whole cents, instants are microseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

Answer = Mapping[str, object]  # plain JSON values: the same command again must answer the same
Stocked = tuple[str, str]  # sku, location
PRICE = 200  # cents, of every unit that the kit orders


class Refused(Exception):
    """The system did not carry out the command and nothing has changed. `is_shortage`: for lack of stock."""

    def __init__(self, reason: str, *, is_shortage: bool = False) -> None:
        super().__init__(reason)
        self.is_shortage = is_shortage


@dataclass(frozen=True)
class Location:
    """`buffer`: units a location keeps back from reservations and from ATS."""

    name: str
    buffer: int = 0
    is_active: bool = True


@dataclass(frozen=True)
class Channel:
    """`network`: the locations that fill its orders; the rest are the terms of its ATS."""

    name: str
    network: tuple[str, ...]
    threshold: int = 0
    share: float = 1.0
    cap: int | None = None


@dataclass(frozen=True)
class Setup:
    """The shop a system is set up with before the kit drives it."""

    skus: tuple[str, ...] = ("CUP", "POT")
    locations: tuple[Location, ...] = (
        Location("NORTH"), Location("SOUTH", buffer=1), Location("CLOSED", is_active=False),
    )  # fmt: skip
    channels: tuple[Channel, ...] = (
        Channel("web", ("NORTH", "SOUTH", "CLOSED")),
        Channel("market", ("SOUTH",), threshold=1, share=0.5, cap=4),
    )

    def network(self, channel: str) -> tuple[str, ...]:
        """The channel's active locations."""
        active = {place.name for place in self.locations if place.is_active}
        (terms,) = [terms for terms in self.channels if terms.name == channel]
        return tuple(name for name in terms.network if name in active)

    def buffer(self, location: str) -> int:
        return next(place.buffer for place in self.locations if place.name == location)


SETUP = Setup()


class Balance(NamedTuple):
    """One sku at one location."""

    on_hand: int = 0
    available: int = 0
    committed: int = 0
    reserved: int = 0
    damaged: int = 0
    safety_stock: int = 0
    quality_control: int = 0
    incoming: int = 0


class Claim(NamedTuple):
    """An order line's allocation at a location; what is neither shipped nor released is open."""

    line: str
    sku: str
    location: str
    units: int
    shipped: int
    released: int

    @property
    def open_units(self) -> int:
        return self.units - self.shipped - self.released


class Hold(NamedTuple):
    """Units a reservation set aside; `state`: active, converted, released or expired."""

    units: int
    state: str
    expires_at: int


class Line(NamedTuple):
    """`waiting`: captured and not allocated. `price` and `refunded` in cents."""

    sku: str
    units: int
    canceled: int
    waiting: int
    shipped: int
    returned: int
    price: int = 0
    refunded: int = 0


@dataclass(frozen=True)
class Order:
    """`status`: draft, open, closed or canceled."""

    channel: str
    status: str
    lines: Mapping[str, Line]
    captured: int = 0
    refunded: int = 0


class Expected(NamedTuple):
    """Units of a return that are still to come."""

    order: str
    line: str
    units: int


@dataclass(frozen=True)
class Snapshot:
    """Everything the kit looks at, in one consistent state. Optional parts are None where not offered.

    `claims` by (order, claim number), `holds` by (reservation, sku, location), `expected` by return, `ats` by
    (channel, sku), `owed` by purchase what it still owes of which sku where. `ledger`: each balance as the
    sum of its movements. `oversold`: units marked as below zero. `history`: how many events there ever were.
    """

    stock: Mapping[Stocked, Balance]
    claims: Mapping[tuple[str, int], Claim]
    holds: Mapping[tuple[str, str, str], Hold]
    orders: Mapping[str, Order]
    expected: Mapping[str, Sequence[Expected]] = field(default_factory=dict)
    ats: Mapping[tuple[str, str], int] | None = None
    owed: Mapping[str, tuple[str, str, int]] | None = None
    ledger: Mapping[Stocked, Balance] | None = None
    oversold: Mapping[Stocked, int] | None = None
    history: int | None = None

    def balance(self, stocked: Stocked) -> Balance:
        return self.stock.get(stocked, Balance())

    def open_claims(self, order: str) -> dict[int, Claim]:
        return {
            number: claim
            for (name, number), claim in self.claims.items()
            if name == order and claim.open_units
        }


class Command(NamedTuple):
    """`name` is a method of System, `terms` its arguments; `key` makes it happen once."""

    name: str
    terms: Mapping[str, object]
    key: str
    at: int


class System(Protocol):
    """One client of an order system. Every command also takes `at` and `key`, and answers or raises Refused.

    The same key again with the same terms changes nothing and answers the same. `lines` are {line: (sku,
    units, price in cents)}. Commands of COMMANDS not listed in `offers` are never given.
    """

    offers: frozenset[str]

    def purchase(self, *, purchase: str, sku: str, location: str, units: int, at: int, key: str
                 ) -> Answer: ...  # fmt: skip
    def receive(self, *, sku: str, location: str, units: int, purchase: str | None, at: int, key: str
                ) -> Answer: ...  # fmt: skip
    def count(self, *, sku: str, location: str, units: int, at: int, key: str) -> Answer: ...
    def set_aside(self, *, sku: str, location: str, source: str, target: str, units: int, at: int, key: str
                  ) -> Answer: ...  # fmt: skip
    def reserve(self, *, reservation: str, channel: str, items: Mapping[str, int], expires_at: int, at: int,
                key: str) -> Answer: ...  # fmt: skip
    def convert(self, *, reservation: str, order: str, channel: str, lines: Mapping, may_wait: bool, at: int,
                key: str) -> Answer: ...  # fmt: skip
    def release(self, *, reservation: str, at: int, key: str) -> Answer: ...
    def expire(self, *, at: int, key: str) -> Answer: ...
    def place(self, *, order: str, channel: str, lines: Mapping, may_wait: bool, at: int, key: str
              ) -> Answer: ...  # fmt: skip
    def allocate(self, *, order: str, at: int, key: str) -> Answer: ...
    def ship(self, *, order: str, shipment: str, units: Mapping[int, int] | None, at: int, key: str
             ) -> Answer: ...  # fmt: skip
    def cancel(self, *, order: str, units: Mapping[str, int] | None, at: int, key: str) -> Answer: ...
    def edit(self, *, order: str, units: Mapping[str, int], at: int, key: str) -> Answer: ...
    def ask_return(self, *, order: str, returned: str, units: Mapping[str, int], at: int, key: str
                   ) -> Answer: ...  # fmt: skip
    def take_back(self, *, returned: str, disposition: str, location: str, at: int, key: str
                  ) -> Answer: ...  # fmt: skip
    def pay(self, *, order: str, cents: int, at: int, key: str) -> Answer: ...
    def refund(self, *, order: str, refund: str, cents: Mapping[str, int], at: int, key: str) -> Answer: ...

    def state(self) -> Snapshot: ...
    def violations(self) -> Sequence[str]:
        """What the system's own self-check finds wrong; nothing where it has none."""
        ...

    def close(self) -> None: ...


COMMANDS = (
    "purchase", "receive",
    "count", "set_aside", "reserve", "convert", "release", "expire", "place", "allocate", "ship",
    "cancel", "edit", "ask_return", "take_back", "pay", "refund",
)  # fmt: skip
# parts of a snapshot a system may go without; what is not checked then
OPTIONAL_PARTS: Mapping[str, str] = {
    "ledger": "I2, balances against the ledger",
    "owed": "I5, incoming against open purchase orders",
    "oversold": "I6, units below zero against their marks",
    "ats": "ATS recomputed from its terms",
    "history": "every change leaves an event",
}


class Maker(Protocol):
    """How the kit comes by systems; named as `module:name`, so that a fresh process finds it.

    `fresh` is an empty store set up as SETUP and its address, gone afterwards; `open` is one client of it.
    With an attribute `warm` it names modules that a client's process is quicker with, loaded beforehand.
    """

    def fresh(self) -> AbstractContextManager[str]: ...
    def open(self, address: str) -> System: ...


def perform(system: System, command: Command) -> Answer:
    return getattr(system, command.name)(**command.terms, at=command.at, key=command.key)


def unchecked(snapshot: Snapshot) -> Iterator[str]:
    """What the snapshot leaves unchecked, in words."""
    for part, meaning in OPTIONAL_PARTS.items():
        if getattr(snapshot, part) is None:
            yield f"not checked, the system offers no {part}: {meaning}"


def priced(items: Sequence[tuple[str, int]]) -> dict[str, tuple[str, int, int]]:
    """Lines of an order by name, of (sku, units)."""
    return {line: (sku, units, PRICE) for line, (sku, units) in zip("abc", items, strict=False)}
