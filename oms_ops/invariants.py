"""The invariants of stock (I1 to I6, L1) and money (M1 to M3, in ten-thousandths) asked of the whole book at
once, and the repair of what in it is a cache.

The statements are in sql/invariants/, one per invariant; each lists what breaks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oms_ops.ledger import QUANTITIES
from oms_ops.store import BookConnection, OrderBook, checks

INVARIANTS: Mapping[str, str] = {
    "I1": "on_hand = available + committed + reserved + damaged + safety_stock + quality_control",
    "I2": "each balance is the sum of the ledger's deltas",
    "I3": "committed is the sum of open allocations, and each unit of a line is in one place",
    "I4": "reserved is the sum of active reservations",
    "I5": "incoming is what open purchase orders and transfers still owe",
    "I6": "available is below zero only by units marked as oversold",
    "L1": "where a sku is tracked by lot, its lots add up to the balance and follow from their movements",
    "M1": "captured is at most what was authorized",
    "M2": "refunded is at most what was captured, unless a channel reported more and it is flagged",
    "M3": "refunded of a line is at most its amount",
}


@dataclass(frozen=True)
class Violation:
    """`subject` is a sku at a location, or a line of an order. Units."""

    invariant: str
    subject: str
    found: int
    expected: int

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}: found {self.found}, expected {self.expected}"


def verify(book: OrderBook) -> list[Violation]:
    """Every violation, in one consistent state of the book; none where it is sound."""
    found = []
    with book.read() as con:
        for invariant, statements in _STATEMENTS.items():
            for name in statements:
                found += [Violation(invariant, *row) for row in checks.violations(con, name)]
        for _, subject, stored, ledger in checks.drifted(con):
            for quantity, units, expected in zip(QUANTITIES, stored, ledger, strict=True):
                if units != expected:
                    found.append(Violation("I2", f"{quantity} of {subject}", units, expected))
    return sorted(found, key=lambda violation: violation.invariant)


@dataclass(frozen=True)
class Drift:
    """One stored quantity of a place (or of a lot there) that is not what the ledger says. Units."""

    place: str
    quantity: str
    stored: int
    ledger: int


def drifts(book: OrderBook) -> list[Drift]:
    """What `mend` would set right."""
    with book.read() as con:
        return _drifts(con)


def mend(book: OrderBook) -> list[Drift]:
    """Set every stored balance to what the ledger says; what was found."""
    with book.write() as con:
        found = _drifts(con)
        checks.restore(con)
        checks.restore_lots(con)
        return found


def repair(book: OrderBook) -> int:
    """`mend`; how many places were wrong."""
    return len({drift.place for drift in mend(book)})


def _drifts(con: BookConnection) -> list[Drift]:
    found = [
        Drift(subject, quantity, units, expected)
        for _, subject, stored, ledger in checks.drifted(con)
        for quantity, units, expected in zip(QUANTITIES, stored, ledger, strict=True)
        if units != expected
    ]
    for subject, *units, _, _ in checks.drifted_lots(con):
        pairs = zip(("on_hand", "set_aside"), units[::2], units[1::2], strict=True)
        found += [Drift(subject, name, stored, ledger) for name, stored, ledger in pairs if stored != ledger]
    return found


_STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "I1": ("I1",),
    "I3": ("I3", "I3_lines"),
    "I4": ("I4",),
    "I5": ("I5",),
    "I6": ("I6",),
    "L1": ("L1", "L1_set_aside", "L1_movements"),
    "M1": ("M1",),
    "M2": ("M2", "M2_paid"),
    "M3": ("M3",),
}
