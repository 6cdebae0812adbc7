"""Questions about lots: where those are that must not ship, and where one has been."""

from __future__ import annotations

from sqlalchemy import Connection, select

from oms_ops.store import stock_tables as s
from oms_ops.store import tables as t
from oms_ops.units import instant


def stale_places(con: Connection, *, at: int, lot: tuple[str, str] | None = None) -> list[int]:
    """Numbers of places that have free units of blocked lots or lots expired at `at`; of one lot if named."""
    here, known, balance = s.stock_lot.c, s.lot.c, t.stock_balance.c
    query = (
        select(here.stock_no)
        .join(t.stock_balance, balance.stock_no == here.stock_no)
        .join(s.lot, (known.sku == balance.sku) & (known.lot_code == here.lot_code))
        .where(here.on_hand > here.set_aside)
        .distinct()
        .order_by(here.stock_no)
    )
    if lot is None:
        query = query.where((known.expires_at <= at) | known.blocked_reason.is_not(None))
    else:
        query = query.where((known.sku == lot[0]) & (known.lot_code == lot[1]))
    return list(con.execute(query).scalars())


def traced(con: Connection, lot_code: str, *, sku: str | None = None) -> list[dict]:
    """Each sku's lot of that code: where its units are, and the movements and orders they went through."""
    query = select(s.lot).where(s.lot.c.lot_code == lot_code).order_by(s.lot.c.sku)
    if sku is not None:
        query = query.where(s.lot.c.sku == sku)
    return [
        {
            "sku": row.sku,
            "lot_code": row.lot_code,
            "expires_at": instant(row.expires_at),
            "blocked_reason": row.blocked_reason,
            "places": _places(con, row.sku, lot_code),
            "movements": _movements(con, row.sku, lot_code),
        }
        for row in con.execute(query).all()
    ]


def _places(con: Connection, sku: str, lot_code: str) -> dict[str, dict[str, int]]:
    here, balance = s.stock_lot.c, t.stock_balance.c
    query = (
        select(balance.location_id, here.on_hand, here.set_aside)
        .join(t.stock_balance, balance.stock_no == here.stock_no)
        .where((balance.sku == sku) & (here.lot_code == lot_code))
        .order_by(balance.location_id)
    )
    return {row[0]: {"on_hand": row[1], "set_aside": row[2]} for row in con.execute(query)}


def _movements(con: Connection, sku: str, lot_code: str) -> list[dict]:
    moved, move, entry = s.lot_movement.c, t.inventory_movement.c, t.posting.c
    balance, kind, placed = t.stock_balance.c, t.movement_kind.c, t.order.c
    query = (
        select(
            entry.occurred_at, balance.location_id, kind.kind, moved.on_hand, moved.set_aside,
            placed.order_id, entry.reference, entry.reason,
        )
        .join(t.inventory_movement, move.movement_seq == moved.movement_seq)
        .join(t.posting, entry.posting_seq == move.posting_seq)
        .join(t.stock_balance, balance.stock_no == move.stock_no)
        .join(t.movement_kind, kind.kind_no == move.kind_no)
        .outerjoin(t.order, placed.order_seq == entry.order_seq)
        .where((moved.lot_code == lot_code) & (balance.sku == sku))
        .order_by(moved.movement_seq)
    )  # fmt: skip
    return [dict(row._mapping) | {"occurred_at": instant(row[0])} for row in con.execute(query)]
