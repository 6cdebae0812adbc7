"""The order book's tables for decisions and what people are told: overrides, alert episodes, outbox, history.

Statements only: when an episode is raised or an override ends is decided in oms_ops.decisions and .alerting.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    insert,
    select,
    update,
)

from oms_ops.store import columns as col
from oms_ops.store.rows import dicts
from oms_ops.store.tables import metadata
from oms_ops.units import instant, micros

forecast_override = Table(
    "forecast_override",
    metadata,
    col.counter("override_no"),
    Column("sku", Text, nullable=False, index=True),
    col.text("first_week"),
    col.text("last_week"),
    col.text("action"),
    Column("value", Float(53), nullable=False),
    col.text("reason"),
    col.text("author"),
    col.whole("created_at"),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text),
    Column("scope", Text, nullable=False, server_default="sku"),
    Column("category", Text),
    Column("reason_code", Text, nullable=False, server_default="other"),
    Column("expires_on", Text),
    sqlite_autoincrement=True,
)

alert_episode = Table(
    "alert_episode",
    metadata,
    col.counter("episode_no"),
    col.text("rule"),
    col.text("sku"),
    col.text("location_id"),
    col.text("state"),
    col.text("severity"),
    Column("stockout_probability", Float(53), nullable=False),
    col.whole("margin_at_risk_e4"),
    col.whole("available"),
    Column("days_of_cover", Float(53)),
    col.whole("suggested_quantity"),
    Column("order_by", Text),
    col.text("explanation"),
    col.whole("raised_at"),
    col.whole("updated_at"),
    Column("resolved_at", BigInteger),
    Column("snoozed_until", BigInteger),
    Column("acknowledged_by", Text),
    Column("notice_count", Integer, nullable=False),
    sqlite_autoincrement=True,
)
Index(
    "alert_episode_one_open",
    alert_episode.c.rule,
    alert_episode.c.sku,
    alert_episode.c.location_id,
    unique=True,
    **col.only_where("resolved_at IS NULL"),
)

alert_notice = Table(
    "alert_notice",
    metadata,
    col.counter("notice_seq"),
    col.whole("episode_no"),
    Column("notice_no", Integer, nullable=False),
    col.text("notice_kind"),
    col.whole("occurred_at"),
    col.text("run_id"),
    col.text("body"),
    Column("is_routed", Integer, nullable=False),
    UniqueConstraint("episode_no", "notice_no"),
    Index("alert_notice_unrouted", "is_routed"),
    sqlite_autoincrement=True,
)

alert_delivery = Table(
    "alert_delivery",
    metadata,
    Column("notice_seq", BigInteger, primary_key=True),
    col.name("sink"),
    Column("delivery_key", Text, nullable=False, unique=True),
    col.text("state"),
    Column("batch", Text),
    Column("attempts", Integer, nullable=False),
    col.text("reason"),
    col.whole("changed_at"),
    Index("alert_delivery_open", "state", "sink"),
)

decision_event = Table(
    "decision_event",
    metadata,
    col.counter("event_seq"),
    Column("subject_id", Text, nullable=False, index=True),
    col.text("event_kind"),
    col.text("author"),
    col.whole("occurred_at"),
    col.text("detail"),
    sqlite_autoincrement=True,
)


def record(
    con: Connection,
    subject_id: str,
    *,
    event_kind: str,
    author: str,
    now: datetime,
    detail: Mapping[str, object],
) -> None:
    row = {"subject_id": subject_id, "event_kind": event_kind, "author": author, "occurred_at": micros(now)}
    con.execute(insert(decision_event), row | {"detail": json.dumps(detail, default=str)})


def record_many(con: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        con.execute(insert(decision_event), list(rows))


def events(con: Connection, subject_id: str) -> list[dict]:
    query = select(decision_event).where(decision_event.c.subject_id == subject_id)
    return dicts(con, query.order_by(decision_event.c.event_seq))


def insert_override(con: Connection, row: Mapping[str, object]) -> int:
    return con.execute(insert(forecast_override).values(**row)).inserted_primary_key[0]


def overrides(con: Connection) -> list[dict]:
    return dicts(con, select(forecast_override).order_by(forecast_override.c.override_no))


def mark_revoked(con: Connection, override_no: int, *, by: str, now: datetime) -> bool:
    """False where there is no such override or it is revoked already."""
    changed = con.execute(
        update(forecast_override)
        .where(forecast_override.c.override_no == override_no, forecast_override.c.revoked_at.is_(None))
        .values(revoked_at=micros(now), revoked_by=by)
    )
    return changed.rowcount == 1


def episodes(con: Connection, *, states: Iterable[str] | None = None) -> list[dict]:
    query = select(alert_episode).order_by(alert_episode.c.episode_no)
    if states is not None:
        query = query.where(alert_episode.c.state.in_(list(states)))
    return dicts(con, query)


def episode(con: Connection, episode_no: int) -> dict | None:
    rows = dicts(con, select(alert_episode).where(alert_episode.c.episode_no == episode_no))
    return rows[0] if rows else None


def newest_update(con: Connection) -> datetime | None:
    return instant(con.execute(select(func.max(alert_episode.c.updated_at))).scalar())


def insert_episodes(con: Connection, rows: Sequence[Mapping[str, object]]) -> list[int]:
    """Numbers of the new episodes, in the order of `rows`."""
    if not rows:
        return []
    statement = insert(alert_episode).returning(alert_episode.c.episode_no, sort_by_parameter_order=True)
    return list(con.execute(statement, list(rows)).scalars())


def update_episodes(con: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Every column of `rows` but the key, which names the row."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "episode_no"]
    statement = update(alert_episode).where(alert_episode.c.episode_no == bindparam("key"))
    values = [{"key": row["episode_no"]} | {name: row[name] for name in names} for row in rows]
    con.execute(statement.values({name: bindparam(name) for name in names}), values)


def insert_notices(con: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        con.execute(insert(alert_notice), list(rows))
