"""The stock ledger: the eight quantities, and what one unit of each kind of movement adds to them.

A balance is a list of eight whole numbers in the order of QUANTITIES. `available` below zero is a story of
its own: units it falls below are followed by an `oversell` marker, units it climbs back by `oversell_covered`
(docs/decisions/0003). When a movement happens is decided in rules/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oms_ops.errors import InvalidCommand

QUANTITIES = (
    "on_hand", "available", "committed", "reserved", "damaged", "safety_stock", "quality_control", "incoming",
)  # fmt: skip
ON_HAND, AVAILABLE, COMMITTED = 0, 1, 2
INCOMING = 7

DELTAS: Mapping[str, Mapping[str, int]] = {
    "ordered_inbound": {"incoming": 1},
    "inbound_canceled": {"incoming": -1},
    "received": {"on_hand": 1, "available": 1, "incoming": -1},
    "received_unordered": {"on_hand": 1, "available": 1},
    "reserved": {"available": -1, "reserved": 1},
    "reservation_released": {"available": 1, "reserved": -1},
    "reservation_expired": {"available": 1, "reserved": -1},
    "allocated_from_hold": {"reserved": -1, "committed": 1},
    "allocated": {"available": -1, "committed": 1},
    "released": {"available": 1, "committed": -1},
    "shipped": {"on_hand": -1, "committed": -1},
    "returned": {"on_hand": 1, "available": 1},
    "returned_damaged": {"on_hand": 1, "damaged": 1},
    "returned_to_inspect": {"on_hand": 1, "quality_control": 1},
    "moved_to_damaged": {"available": -1, "damaged": 1},
    "moved_to_quality_control": {"available": -1, "quality_control": 1},
    "moved_to_safety_stock": {"available": -1, "safety_stock": 1},
    "moved_from_damaged": {"available": 1, "damaged": -1},
    "moved_from_quality_control": {"available": 1, "quality_control": -1},
    "moved_from_safety_stock": {"available": 1, "safety_stock": -1},
    "transfer_ordered": {"incoming": 1},
    "transfer_out": {"on_hand": -1, "available": -1},
    "transfer_in": {"on_hand": 1, "available": 1, "incoming": -1},
    "counted": {"on_hand": 1, "available": 1},
    "adjusted": {"on_hand": 1, "available": 1},
    "snapshot_reset": {"on_hand": 1, "available": 1},
    "oversell": {},
    "oversell_covered": {},
    "unshipped": {"on_hand": 1, "committed": 1},
    "disposed_damaged": {"on_hand": -1, "damaged": -1},
    "disposed_quality_control": {"on_hand": -1, "quality_control": -1},
    "damaged_to_quality_control": {"damaged": -1, "quality_control": 1},
    "quality_control_to_damaged": {"damaged": 1, "quality_control": -1},
    "transfer_lost": {"incoming": -1},
    "kit_built": {"on_hand": 1, "available": 1},
    "kit_component_used": {"on_hand": -1, "available": -1},
    "kit_taken_apart": {"on_hand": -1, "available": -1},
    "kit_component_recovered": {"on_hand": 1, "available": 1},
    "feed_delta": {"on_hand": 1, "available": 1},  # a feed that adds said so
    "snapshot_covered": {"on_hand": 1, "available": 1},  # what a snapshot had counted already
    "lot_changed": {},  # units found to be of another lot
}
KIND_NO: Mapping[str, int] = {
    kind: number for number, kind in enumerate(DELTAS, start=1)
}  # only ever appended to


def kind_rows() -> list[tuple]:
    """Every kind as a row of a table: its number, its name, and what one unit adds to each of QUANTITIES."""
    return [
        (KIND_NO[kind], kind, *(deltas.get(name, 0) for name in QUANTITIES))
        for kind, deltas in DELTAS.items()
    ]


SIGNED = ("counted", "adjusted", "snapshot_reset", "feed_delta", "snapshot_covered")
REASON_REQUIRED = ("counted", "adjusted")

_STEPS: Mapping[str, tuple[tuple[int, int], ...]] = {
    kind: tuple((QUANTITIES.index(name), sign) for name, sign in deltas.items())
    for kind, deltas in DELTAS.items()
}


class Stock:
    """One sku at one location: its number in the book (0 before the first movement) and its balance."""

    __slots__ = ("stock_no", "sku", "location_id", "balance", "is_new", "watch")

    def __init__(
        self, stock_no: int, sku: str, location_id: str, balance: list[int], *, is_new: bool = False
    ) -> None:
        self.stock_no = stock_no
        self.sku = sku
        self.location_id = location_id
        self.balance = balance
        self.is_new = is_new
        self.watch = None  # lots and snapshots (oms_ops.watching), where the place has any


def new_balance() -> list[int]:
    return [0] * len(QUANTITIES)


def apply(balance: list[int], kind: str, *, quantity: int) -> int:
    """Add one movement to `balance`; how many more units are oversold after it than before."""
    before = balance[AVAILABLE]
    for index, sign in _STEPS[kind]:
        balance[index] += sign * quantity
    after = balance[AVAILABLE]
    if before >= 0 and after >= 0:
        return 0
    return max(0, -after) - max(0, -before)


def marker(shift: int) -> list[tuple[str, int]]:
    if not shift:
        return []
    return [("oversell", shift) if shift > 0 else ("oversell_covered", -shift)]


def check(kind: str, *, quantity: int, reason: str | None) -> None:
    if kind not in DELTAS:
        raise InvalidCommand(f"no movement kind {kind!r}; known: {', '.join(DELTAS)}")
    if quantity <= 0 and kind not in SIGNED:
        raise InvalidCommand(f"a {kind} movement needs a positive quantity, found {quantity}")
    if kind in REASON_REQUIRED and not reason:
        raise InvalidCommand(f"a {kind} movement needs a reason")


def is_balanced(balance: list[int]) -> bool:
    """I1: on_hand = available + committed + reserved + damaged + safety_stock + quality_control."""
    return balance[ON_HAND] == sum(balance[AVAILABLE:INCOMING])


def replay(movements: Iterable[tuple[str, int]]) -> list[int]:
    """I2's right side: the balance that follows from (kind, quantity) pairs."""
    balance = new_balance()
    for kind, quantity in movements:
        apply(balance, kind, quantity=quantity)
    return balance
