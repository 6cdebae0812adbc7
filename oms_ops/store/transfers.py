"""Transfers between locations: where each stands, and what those that are still to leave will take."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, func, select

from oms_ops.stock_papers import Transfer, TransferLine
from oms_ops.store import stock_tables as s
from oms_ops.store.rows import find_rows


def standing(con: Connection, states: Sequence[str]) -> list[Transfer]:
    """Those in one of the states with their lines, first drafted first."""
    head = s.transfer.c
    query = select(s.transfer).where(head.state.in_(list(states)))
    rows = con.execute(query.order_by(head.drafted_at, head.transfer_id))
    found = {row.transfer_id: Transfer(*row) for row in rows}
    for name, *line, lots in find_rows(con, s.transfer_line, "transfer_id", keys=found):
        found[name].lines.append(TransferLine(*line, lots=json.loads(lots)))
    return list(found.values())


def planned(con: Connection, skus: Collection[str], *, states: Sequence[str]) -> dict[tuple[str, str], int]:
    """Units on transfers in one of the states, by sku and the location they are to leave."""
    head, line = s.transfer.c, s.transfer_line.c
    query = select(line.sku, head.origin_id, func.sum(line.quantity))
    query = query.join(s.transfer, head.transfer_id == line.transfer_id)
    query = query.where(line.sku.in_(list(skus)), head.state.in_(list(states)))
    rows = con.execute(query.group_by(line.sku, head.origin_id))
    return {(sku, origin_id): int(units) for sku, origin_id, units in rows}
