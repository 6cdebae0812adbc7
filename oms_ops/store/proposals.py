"""The order book's table of what planners decided about purchase and transfer proposals. Statements only.

Of a transfer, `location_id` is where it goes and no supplier is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Column, Connection, Index, Table, Text, insert, select

from oms_ops.store import columns as col
from oms_ops.store.rows import dicts
from oms_ops.store.tables import metadata

proposal_decision = Table(
    "proposal_decision",
    metadata,
    col.name("proposal_id"),
    col.text("decision"),
    col.text("sku"),
    Column("supplier_id", Text),
    col.text("location_id"),
    col.whole("proposed_units"),
    col.whole("units"),
    Column("reason", Text),
    col.text("author"),
    col.whole("decided_at"),
    Column("purchase_order_id", Text),
    Column("transfer_id", Text),
    Index("proposal_decision_by_time", "decided_at"),
)


def decided(con: Connection, proposal_ids: Iterable[str] | None = None) -> list[dict]:
    """Every decision, or those on some proposals, in the order they were made."""
    table = proposal_decision.c
    query = select(proposal_decision).order_by(table.decided_at, table.proposal_id)
    if proposal_ids is not None:
        query = query.where(table.proposal_id.in_(list(proposal_ids)))
    return dicts(con, query)


def of_day(con: Connection, day: str) -> list[tuple[str, str, int]]:
    """(proposal, decision, proposed units) of the proposals of a day, such as 2011-12-10."""
    table = proposal_decision.c
    named = table.proposal_id.contains(f"@{day}", autoescape=True)
    query = select(table.proposal_id, table.decision, table.proposed_units).where(named)
    return [tuple(row) for row in con.execute(query.order_by(table.proposal_id))]


def of_skus(con: Connection, skus: Iterable[str]) -> list[str]:
    """The proposals on these skus that were decided, whatever their day."""
    table = proposal_decision.c
    return list(con.execute(select(table.proposal_id).where(table.sku.in_(list(skus)))).scalars())


def add(con: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        con.execute(insert(proposal_decision), list(rows))
