"""Which orders' time has come: a few numbers by index, so that a job asks often and cheaply."""

from __future__ import annotations

from sqlalchemy import Connection, Select, select, union

from oms_ops.store import tables as t

_LIVE = ("draft", "open")


def to_release(con: Connection, *, at: int, limit: int) -> list[str]:
    """Orders with scheduled work or preorder units that are due, the oldest order first."""
    work, line = t.fulfillment_order.c, t.order_line.c
    due = union(
        select(work.order_seq).where(work.state == "scheduled", work.fulfill_at <= at),
        select(line.order_seq).where(line.ships_not_before <= at, line.backordered > 0),
    )
    return _ids(con, select(due.subquery().c.order_seq), limit)


def to_expire(con: Connection, *, at: int, limit: int) -> list[str]:
    """Orders past a deadline, the oldest order first."""
    order = t.order.c
    live = order.order_status.in_(_LIVE)
    due = union(
        select(order.order_seq).where(order.expires_at <= at, live),
        select(order.order_seq).where(order.waits_until <= at, live),
    )
    return _ids(con, select(due.subquery().c.order_seq), limit)


def _ids(con: Connection, due: Select, limit: int) -> list[str]:
    order = t.order.c
    query = select(order.order_id).where(order.order_seq.in_(due)).order_by(order.order_seq).limit(limit)
    return list(con.execute(query).scalars())
