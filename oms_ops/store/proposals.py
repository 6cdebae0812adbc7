"""The order book's table of what planners decided about purchase and transfer proposals. Statements only.

Of a transfer, `location_id` is where it goes and no supplier is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, insert, select

from oms_ops.store.tables import metadata

proposal_decision = Table(
    "proposal_decision",
    metadata,
    Column("proposal_id", Text, primary_key=True),
    Column("decision", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("supplier_id", Text),
    Column("location_id", Text, nullable=False),
    Column("proposed_units", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("reason", Text),
    Column("author", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
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
    return [dict(row) for row in con.execute(query).mappings()]


def of_skus(con: Connection, skus: Iterable[str]) -> list[str]:
    """The proposals on these skus that were decided, whatever their day."""
    table = proposal_decision.c
    return list(con.execute(select(table.proposal_id).where(table.sku.in_(list(skus)))).scalars())


def add(con: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        con.execute(insert(proposal_decision), list(rows))
