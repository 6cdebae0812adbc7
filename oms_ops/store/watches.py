"""What oms_ops.watching follows, out of the database: a place's lots, its newest snapshot, what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select

from oms_ops import stock_papers as p
from oms_ops.store import stock_tables as s
from oms_ops.store import tables as t
from oms_ops.store.rows import find_rows
from oms_ops.watching import Seen, StockLot, Watch


def watches(shelf, stock: Mapping[int, str]) -> dict[int, Watch]:
    """By stock number, for the places of `stock` (number to sku) that have lots or a snapshot."""
    con = shelf.con
    tracked = {row[0] for row in find_rows(con, s.lot_tracking, "sku", keys=set(stock.values()))}
    found = {number: Watch(lots={}) for number, sku in stock.items() if sku in tracked}
    lots = {row[:2]: shelf.know(p.Lot(*row)) for row in find_rows(con, s.lot, "sku", keys=tracked)}
    for number, code, on_hand, set_aside in find_rows(con, s.stock_lot, "stock_no", keys=found):
        lot = lots.get((stock[number], code)) or p.Lot(stock[number], code, None, 0)
        if on_hand or set_aside:
            found[number].lots[code] = StockLot(number, lot, on_hand, set_aside)
    for row in find_rows(con, s.stock_snapshot, "stock_no", keys=stock):
        found.setdefault(row[0], Watch()).mark = p.SnapshotMark(*row)
    for number, *seen in find_rows(con, s.snapshot_log, "stock_no", keys=found):
        found[number].log.append(Seen(*seen))
    return found


def moved_after(con: Connection, stock_nos: Sequence[int], after: int) -> list[tuple]:
    """(stock_no, and the fields of Seen) of movements that happened or were told after an instant."""
    wanted = set(stock_nos)
    if not wanted:
        return []
    move, entry, kind = t.inventory_movement.c, t.posting.c, t.movement_kind.c
    query = (
        select(
            move.stock_no, move.movement_seq, entry.occurred_at, entry.recorded_at,
            move.quantity * kind.on_hand, move.quantity * kind.committed,
        )
        .join(t.posting, entry.posting_seq == move.posting_seq)
        .join(t.movement_kind, kind.kind_no == move.kind_no)
        .where((entry.occurred_at > after) | (entry.recorded_at > after))
        .where((kind.on_hand != 0) | (kind.committed != 0))
        .order_by(move.movement_seq)
    )  # fmt: skip
    return [tuple(row) for row in con.execute(query) if row[0] in wanted]


def moved_on_hand(con: Connection, stock_no: int, *, after: int, until: int) -> int:
    move, entry, kind = t.inventory_movement.c, t.posting.c, t.movement_kind.c
    query = (
        select(func.sum(move.quantity * kind.on_hand))
        .join(t.posting, entry.posting_seq == move.posting_seq)
        .join(t.movement_kind, kind.kind_no == move.kind_no)
        .where((move.stock_no == stock_no) & (move.movement_seq > after) & (entry.occurred_at <= until))
    )
    return int(con.execute(query).scalar() or 0)
