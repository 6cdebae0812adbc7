"""What a few places need beside their balance: the lots on hand, and what their newest snapshot has counted.

The desk tells of each movement of a place that has a `watch`; any other place pays nothing for this. A lot's
units are chosen first expired, first out. When a movement happens is decided in rules/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from oms_ops.ledger import DELTAS, Stock
from oms_ops.stock_papers import Lot, SnapshotMark

if TYPE_CHECKING:
    from oms_ops.desk import Desk

UNKNOWN_LOT = ""  # units nobody named a lot for
SNAPSHOT_KINDS = ("snapshot_reset", "snapshot_covered")
_NEVER = 1 << 62


@dataclass(slots=True)
class StockLot:
    """One lot at one place. `set_aside`: those of its units that are damaged or in quality control."""

    stock_no: int
    lot: Lot
    on_hand: int = 0
    set_aside: int = 0

    @property
    def key(self) -> tuple[int, str]:
        return (self.stock_no, self.lot.lot_code)

    @property
    def free(self) -> int:
        return self.on_hand - self.set_aside

    def is_fresh(self, at: int) -> bool:
        """Whether its units may be shipped at that instant."""
        return self.lot.blocked_reason is None and (self.lot.expires_at is None or self.lot.expires_at > at)


class Seen(NamedTuple):
    """A movement as snapshots see it. A claim changes `committed` alone."""

    movement_seq: int
    occurred_at: int
    recorded_at: int
    on_hand: int
    committed: int

    def counts(self, *, includes_committed: bool) -> int:
        """What it adds to the number the owner of the stock sends."""
        return self.on_hand if includes_committed else self.on_hand - self.committed

    def is_in(self, counted_at: int, known_at: int) -> bool:
        """Goods are counted where they are when they move; of a claim the owner knows when he is told."""
        return self.occurred_at <= counted_at if self.on_hand else self.recorded_at <= known_at


class Watch:
    """`lots` is None where the sku is not tracked by lot, `mark` where no snapshot has come in."""

    __slots__ = ("lots", "mark", "log")

    def __init__(
        self,
        lots: dict[str, StockLot] | None = None,
        mark: SnapshotMark | None = None,
        log: list[Seen] | None = None,
    ) -> None:
        self.lots = lots
        self.mark = mark
        self.log = log or []

    def unseen(self, counted_at: int, known_at: int) -> list[Seen]:
        return [moved for moved in self.log if not moved.is_in(counted_at, known_at)]


def follow(desk: Desk, stock: Stock, *, posting: int, movement: int, kind: str, quantity: int) -> None:
    """A movement of a watched place was noted: lots move, too; what a snapshot had counted is evened out."""
    watch = stock.watch
    if watch.lots is not None:
        _move_lots(desk, stock, movement, kind, quantity)
    if watch.mark is None:
        return
    deltas = DELTAS[kind]
    moved = Seen(
        movement,
        desk.occurred_at,
        desk.recorded_at,
        deltas.get("on_hand", 0) * quantity,
        deltas.get("committed", 0) * quantity,
    )
    if moved.on_hand or moved.committed:
        watch.log.append(moved)
        desk.journal.snapshot_log.append((stock.stock_no, *moved))
    if moved.on_hand and kind not in SNAPSHOT_KINDS and desk.occurred_at <= watch.mark.counted_at:
        counted = moved.counts(includes_committed=watch.mark.includes_committed)
        if counted:
            desk.move(posting, stock, kind="snapshot_covered", quantity=-counted)


def _move_lots(desk: Desk, stock: Stock, movement: int, kind: str, quantity: int) -> None:
    on_hand, set_aside = (share * quantity for share in _LOT_EFFECT[kind])
    if not on_hand and not set_aside:
        return
    units = abs(quantity)
    shares = _shares(desk, stock, units, on_hand=on_hand, set_aside=set_aside)
    for code, taken in shares.items():
        lot = stock_lot(desk, stock, code)
        row = (taken * (on_hand // units), taken * (set_aside // units))
        lot.on_hand += row[0]
        lot.set_aside += row[1]
        desk.keep(lot)
        desk.journal.lot_movements.append((movement, code, *row))
        desk.lots_moved[code] = desk.lots_moved.get(code, 0) + taken


def stock_lot(desk: Desk, stock: Stock, lot_code: str) -> StockLot:
    """The lot at that place, perhaps none of it yet."""
    lots = stock.watch.lots
    if lot_code not in lots:
        lot = desk.shelf.find(Lot, stock.sku, lot_code) if lot_code else None
        lots[lot_code] = StockLot(
            stock.stock_no, lot or Lot(stock.sku, lot_code, None, desk.occurred_at), 0, 0
        )
    lots[lot_code].stock_no = stock.stock_no
    return lots[lot_code]


def _shares(desk: Desk, stock: Stock, units: int, *, on_hand: int, set_aside: int) -> dict[str, int]:
    """Units by lot: those named, else by rule; what no lot has is of the unknown lot."""
    shares: dict[str, int] = {}
    named = desk.named_lots or {}
    for code in list(named):
        is_of_sku = on_hand > 0 or code in stock.watch.lots
        taken = min(units, named[code]) if is_of_sku else 0
        units -= taken
        named[code] -= taken
        if taken:
            shares[code] = taken
    if units and on_hand <= 0:
        is_aside = set_aside < 0
        at = desk.occurred_at if desk.fresh_until is None else desk.fresh_until
        for lot in _in_order(stock.watch.lots.values(), at, on_hand, set_aside):
            there = (lot.set_aside if is_aside else lot.free) - shares.get(lot.lot.lot_code, 0)
            taken = min(units, max(0, there))
            if taken:
                units -= taken
                shares[lot.lot.lot_code] = shares.get(lot.lot.lot_code, 0) + taken
    if units:
        shares[UNKNOWN_LOT] = shares.get(UNKNOWN_LOT, 0) + units
    return shares


def _in_order(lots: Iterable[StockLot], at: int, on_hand: int, set_aside: int) -> list[StockLot]:
    """First expired first out; of what leaves good or becomes free again the fresh lots first, of what is set
    aside or thrown away those that may not be shipped anyway."""
    leaves_good, is_freed = on_hand < 0 and not set_aside, not on_hand and set_aside < 0
    wants_fresh = leaves_good or is_freed
    return sorted(
        lots,
        key=lambda lot: (lot.is_fresh(at) != wants_fresh, lot.lot.expires_at or _NEVER, lot.lot.lot_code),
    )


def fresh_units(stock: Stock, at: int) -> int:
    """Units on hand that are not set aside and may be shipped at that instant."""
    return sum(lot.free for lot in stock.watch.lots.values() if lot.is_fresh(at))


_LOT_EFFECT: Mapping[str, tuple[int, int]] = {
    kind: (
        deltas.get("on_hand", 0),
        deltas.get("damaged", 0) + deltas.get("quality_control", 0),
    )
    for kind, deltas in DELTAS.items()
}
