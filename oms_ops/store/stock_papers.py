"""The warehouse's documents (oms_ops.stock_papers) out of the database and into it, by their key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection, Table, select

from oms_ops import stock_papers as p
from oms_ops.documents import PurchaseLine
from oms_ops.store import stock_tables as s
from oms_ops.store import tables as t
from oms_ops.store.rows import Target, delete_rows, put_rows, write_rows
from oms_ops.watching import StockLot


def _row(con: Connection, table: Table, key: tuple) -> tuple | None:
    """The one row whose primary key is `key`."""
    query = select(table)
    for column, value in zip(table.primary_key.columns, key, strict=True):
        query = query.where(column == value)
    row = con.execute(query).first()
    return None if row is None else tuple(row)


def _lines(con: Connection, table: Table, key: str) -> list[tuple]:
    """A document's lines, without the document's own key."""
    first, second = table.primary_key.columns
    return [tuple(row)[1:] for row in con.execute(select(table).where(first == key).order_by(second))]


def _purchase_order(shelf, purchase_order_id: str) -> p.PurchaseOrder | None:
    row = _row(shelf.con, s.purchase_order, (purchase_order_id,))
    if row is None:
        return None
    line = t.purchase_order_line.c
    query = select(line.purchase_order_line_id).where(line.purchase_order_id == purchase_order_id)
    names = list(shelf.con.execute(query.order_by(line.purchase_order_line_id)).scalars())
    shelf.fetch_purchase_lines(names)
    return p.PurchaseOrder(*row, lines=[shelf.purchase_line(name) for name in names])


def _transfer(shelf, transfer_id: str) -> p.Transfer | None:
    row = _row(shelf.con, s.transfer, (transfer_id,))
    if row is None:
        return None
    lines = [
        p.TransferLine(*line[:-1], lots=json.loads(line[-1]))
        for line in _lines(shelf.con, s.transfer_line, transfer_id)
    ]
    return p.Transfer(*row, lines=lines)


def _count(shelf, count_id: str) -> p.CycleCount | None:
    row = _row(shelf.con, s.cycle_count, (count_id,))
    if row is None:
        return None
    lines = [p.CountLine(*line) for line in _lines(shelf.con, s.cycle_count_line, count_id)]
    return p.CycleCount(*row, lines=lines)


def _kit(shelf, kit_sku: str) -> p.Kit | None:
    row = _row(shelf.con, s.kit, (kit_sku,))
    if row is None:
        return None
    parts = {sku: units for sku, units in _lines(shelf.con, s.kit_component, kit_sku) if units}
    return p.Kit(row[0], bool(row[1]), row[2], components=parts)


def kit_skus(con: Connection, skus: Sequence[str] | None = None) -> set[str]:
    query = select(s.kit.c.kit_sku).where(s.kit.c.is_stocked == 0)
    if skus is not None:
        query = query.where(s.kit.c.kit_sku.in_(skus))
    return set(con.execute(query).scalars())


def lines_of(papers: Iterable) -> dict[str, PurchaseLine]:
    """The lines of the purchase orders among them, by id."""
    orders = [paper for paper in papers if isinstance(paper, p.PurchaseOrder)]
    return {line.purchase_order_line_id: line for order in orders for line in order.lines}


def _plain(kind: type, table: Table) -> Callable:
    def read(shelf, *key):
        row = _row(shelf.con, table, key)
        return None if row is None else kind(*row)

    return read


READERS: Mapping[type, Callable] = {
    p.PurchaseOrder: _purchase_order,
    p.Transfer: _transfer,
    p.CycleCount: _count,
    p.Kit: _kit,
    p.LotTracking: _plain(p.LotTracking, s.lot_tracking),
    p.Lot: _plain(p.Lot, s.lot),
    p.SnapshotMark: _plain(p.SnapshotMark, s.stock_snapshot),
}


def _write_purchase_orders(con: Target, orders: list[p.PurchaseOrder]) -> None:
    put_rows(con, s.purchase_order, [
        (order.purchase_order_id, order.supplier_id, order.location_id, order.state,
         order.tolerance_percent, order.drafted_at, order.ordered_at, order.expected_at)
        for order in orders
    ])  # fmt: skip


def _write_transfers(con: Target, transfers: list[p.Transfer]) -> None:
    put_rows(con, s.transfer, [
        (moved.transfer_id, moved.origin_id, moved.destination_id, moved.state, moved.drafted_at,
         moved.shipped_at, moved.expected_at)
        for moved in transfers
    ])  # fmt: skip
    put_rows(con, s.transfer_line, [
        (moved.transfer_id, line.sku, line.quantity, line.shipped, line.received, line.lost,
         json.dumps(line.lots, sort_keys=True))
        for moved in transfers for line in moved.lines
    ])  # fmt: skip


def _write_counts(con: Target, counts: list[p.CycleCount]) -> None:
    put_rows(con, s.cycle_count, [
        (count.count_id, count.location_id, count.state, count.approval_units, count.opened_at,
         count.frozen_seq, count.closed_at, count.approved_by)
        for count in counts
    ])  # fmt: skip
    put_rows(con, s.cycle_count_line, [
        (count.count_id, line.sku, line.expected, line.counted, line.counted_at, line.variance, line.reason)
        for count in counts for line in count.lines
    ])  # fmt: skip


def _write_kits(con: Target, kits: list[p.Kit]) -> None:
    put_rows(con, s.kit, [(kit.kit_sku, int(kit.is_stocked), kit.defined_at) for kit in kits])
    put_rows(con, s.kit_component, [
        (kit.kit_sku, sku, kit.components.get(sku, 0))
        for kit in kits for sku in dict.fromkeys((*kit.dropped, *kit.components))
    ])  # fmt: skip


def _write_lot_trackings(con: Target, tracked: list[p.LotTracking]) -> None:
    put_rows(con, s.lot_tracking, [(tracking.sku, tracking.since) for tracking in tracked])


def _write_lots(con: Target, lots: list[p.Lot]) -> None:
    put_rows(con, s.lot, [
        (lot.sku, lot.lot_code, lot.expires_at, lot.first_seen_at, lot.blocked_reason) for lot in lots
    ])  # fmt: skip


def _write_marks(con: Target, marks: list[p.SnapshotMark]) -> None:
    put_rows(con, s.stock_snapshot, [
        (mark.stock_no, mark.counted_at, mark.known_at, int(mark.includes_committed), mark.feed_id,
         mark.document_id)
        for mark in marks
    ])  # fmt: skip


def _write_stock_lots(con: Target, lots: list[StockLot]) -> None:
    put_rows(con, s.stock_lot, [(*lot.key, lot.on_hand, lot.set_aside) for lot in lots])


_WRITERS: Mapping[type, Callable[[Target, list], None]] = {
    p.PurchaseOrder: _write_purchase_orders,
    p.Transfer: _write_transfers,
    p.CycleCount: _write_counts,
    p.Kit: _write_kits,
    p.LotTracking: _write_lot_trackings,
    p.Lot: _write_lots,
    p.SnapshotMark: _write_marks,
    StockLot: _write_stock_lots,
}


def write_stock_papers(con: Target, journal) -> None:
    """The documents the desk kept; to be called when the movements they rest on are written."""
    write_rows(con, s.lot_movement, journal.lot_movements)
    write_rows(con, s.snapshot_log, journal.snapshot_log)
    delete_rows(con, s.snapshot_log, journal.snapshots_counted)
    kept: dict[type, list] = {}
    for paper in journal.stock_papers.values():
        kept.setdefault(type(paper), []).append(paper)
    for kind, papers in kept.items():
        _WRITERS[kind](con, papers)
