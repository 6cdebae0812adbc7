"""I1 to I6 (stock) and M1 to M3 (money, in ten-thousandths) asked of the whole book at once, and the repair
of the one thing in it that is a cache.

The statements are in sql/invariants/, one per invariant; each lists what breaks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oms_ops.ledger import QUANTITIES
from oms_ops.store import OrderBook, checks

INVARIANTS: Mapping[str, str] = {
    "I1": "on_hand = available + committed + reserved + damaged + safety_stock + quality_control",
    "I2": "each balance is the sum of the ledger's deltas",
    "I3": "committed is the sum of open allocations, and each unit of a line is in one place",
    "I4": "reserved is the sum of active reservations",
    "I5": "incoming is what open purchase orders still owe",
    "I6": "available is below zero only by units marked as oversold",
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


def repair(book: OrderBook) -> int:
    """Set every balance to what the ledger says; how many rows were wrong."""
    with book.write() as con:
        return checks.restore(con)


_STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "I1": ("I1",),
    "I3": ("I3", "I3_lines"),
    "I4": ("I4",),
    "I5": ("I5",),
    "I6": ("I6",),
    "M1": ("M1",),
    "M2": ("M2", "M2_paid"),
    "M3": ("M3",),
}
