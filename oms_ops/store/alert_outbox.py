"""Statements on the outbox of alert notices: what has to be told to whom, and how far that is.

The tables stand in oms_ops.store.decisions; what a sink does with a notice, in oms_ops.alerting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from oms_ops.store.decisions import alert_delivery, alert_episode, alert_notice
from oms_ops.store.rows import dicts
from oms_ops.units import micros


def unrouted(con: Connection) -> list[dict]:
    """Notices that no sink has been given yet, in the order they were written.

    `raised_before`: how many episodes of the same rule, sku and location were raised at the same instant
    before theirs, as runs as of one instant may.
    """
    episode = alert_episode.c
    alike = (episode.rule, episode.sku, episode.location_id, episode.raised_at)
    nth = func.row_number().over(partition_by=alike, order_by=episode.episode_no)
    numbered = select(episode.episode_no, (nth - 1).label("raised_before")).subquery()
    query = (
        select(alert_notice, numbered.c.raised_before)
        .join(numbered, numbered.c.episode_no == alert_notice.c.episode_no)
        .where(alert_notice.c.is_routed == 0)
        .order_by(alert_notice.c.notice_seq)
    )
    return dicts(con, query)


def route(con: Connection, deliveries: Sequence[Mapping[str, object]], *, notices: Sequence[int]) -> None:
    """One delivery per (notice, sink); the notices are done with, a sink configured later is not flooded."""
    if deliveries:
        con.execute(insert(alert_delivery), list(deliveries))
    if notices:
        statement = update(alert_notice).where(alert_notice.c.notice_seq == bindparam("seq"))
        con.execute(statement.values(is_routed=1), [{"seq": seq} for seq in notices])


def waiting(con: Connection, sink: str) -> list[dict]:
    """Deliveries of a sink not yet accepted, each with its notice, oldest first."""
    query = (
        select(alert_delivery, alert_notice.c.notice_kind, alert_notice.c.notice_no)
        .add_columns(alert_notice.c.occurred_at, alert_notice.c.body)
        .join(alert_notice, alert_notice.c.notice_seq == alert_delivery.c.notice_seq)
        .where(alert_delivery.c.sink == sink, alert_delivery.c.state.in_(("pending", "sending")))
        .order_by(alert_delivery.c.notice_seq)
    )
    return dicts(con, query)


def mark(
    con: Connection,
    keys: Sequence[str],
    *,
    state: str,
    now: datetime,
    reason: str = "",
    batch: str | None = None,
) -> None:
    """Move deliveries on; `sending` counts an attempt."""
    if not keys:
        return
    statement = (
        update(alert_delivery)
        .where(alert_delivery.c.delivery_key == bindparam("key"))
        .values(
            state=state,
            reason=reason,
            changed_at=micros(now),
            attempts=alert_delivery.c.attempts + (1 if state == "sending" else 0),
            **({} if batch is None else {"batch": batch}),
        )
    )
    con.execute(statement, [{"key": key} for key in keys])


def counts(con: Connection) -> list[dict]:
    """Deliveries per sink and state, with the newest reason among them."""
    columns = (alert_delivery.c.sink, alert_delivery.c.state)
    query = select(
        *columns, func.count().label("deliveries"), func.max(alert_delivery.c.reason).label("reason")
    )
    return dicts(con, query.group_by(*columns).order_by(*columns))


def requeue(con: Connection) -> int:
    """Refused deliveries wait again, e.g. after a wrong address was corrected."""
    statement = (
        update(alert_delivery).where(alert_delivery.c.state == "failed").values(state="pending", batch=None)
    )
    return con.execute(statement).rowcount
