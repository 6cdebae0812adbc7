"""The movements that led to a balance, out of the book as it is this minute, and what each came from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from oms_ops.ledger import QUANTITIES
from oms_ops.store import tables as t
from oms_ops.units import instant


@dataclass(frozen=True)
class Place:
    """A sku at a location: what is stored, and each movement with the balance after it."""

    sku: str
    location_id: str
    stored: dict[str, int]
    movements: list[dict]

    @property
    def ledger(self) -> dict[str, int]:
        if not self.movements:
            return dict.fromkeys(QUANTITIES, 0)
        return {name: self.movements[-1][name] for name in QUANTITIES}

    @property
    def since_snapshot(self) -> list[dict]:
        """From the last snapshot on: what was before it, it has replaced."""
        for start in range(len(self.movements) - 1, -1, -1):
            if self.movements[start]["kind"] == "snapshot_reset":
                return self.movements[start:]
        return self.movements

    @property
    def drift(self) -> dict[str, int]:
        """How far what is stored is off, by quantity; empty where it is what the ledger says."""
        off = {name: self.stored[name] - units for name, units in self.ledger.items()}
        return {name: units for name, units in off.items() if units}


def places(con: Connection, sku: str, *, location_id: str | None = None) -> list[Place]:
    """Every place of the sku, or the one at `location_id`, with its whole story."""
    balance = t.stock_balance.c
    query = select(t.stock_balance).where(balance.sku == sku).order_by(balance.location_id)
    if location_id is not None:
        query = query.where(balance.location_id == location_id)
    rows = [row._mapping for row in con.execute(query)]
    moved = _movements(con, [row["stock_no"] for row in rows])
    return [
        Place(
            sku,
            row["location_id"],
            {name: int(row[name]) for name in QUANTITIES},
            moved.get(row["stock_no"], []),
        )
        for row in rows
    ]


def skus(con: Connection) -> list[str]:
    """Every sku that stands in the book, to find the one that was meant."""
    return list(con.execute(select(t.stock_balance.c.sku).distinct()).scalars())


def _movements(con: Connection, stock_nos: list[int]) -> dict[int, list[dict]]:
    move, entry, kind, placed = t.inventory_movement.c, t.posting.c, t.movement_kind.c, t.order.c
    query = (
        select(
            move.stock_no, move.movement_seq, entry.occurred_at, entry.recorded_at, kind.kind, move.quantity,
            placed.order_id, move.line_no, entry.reference, entry.reason,
            *(getattr(kind, name).label(f"d_{name}") for name in QUANTITIES),
        )
        .join(t.posting, entry.posting_seq == move.posting_seq)
        .join(t.movement_kind, kind.kind_no == move.kind_no)
        .outerjoin(t.order, placed.order_seq == entry.order_seq)
        .where(move.stock_no.in_(stock_nos))
        .order_by(move.movement_seq)
    )  # fmt: skip
    found: dict[int, list[dict]] = {}
    for row in con.execute(query):
        story = found.setdefault(row.stock_no, [])
        before = story[-1] if story else dict.fromkeys(QUANTITIES, 0)
        after = {name: before[name] + row.quantity * getattr(row, f"d_{name}") for name in QUANTITIES}
        story.append(
            {
                "movement_seq": row.movement_seq,
                "occurred_at": instant(row.occurred_at),
                "recorded_at": instant(row.recorded_at),
                "kind": row.kind,
                "quantity": row.quantity,
                **after,
                "order_id": row.order_id,
                "line_no": row.line_no,
                "reference": row.reference,
                "reason": row.reason,
            }
        )
    return found
