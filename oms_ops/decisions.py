"""What people decide and what they are told: planner overrides and restock alerts, kept in the order book.

A decision is a row that is ended, never rewritten, and an event with who, when and what. The alert rules are
in oms_ops.alerting.episodes, the sending in oms_ops.alerting, the tables in oms_ops.store.decisions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from oms_ops.alerting.sync import AlertChanges, alert, episode_of, sync_alerts
from oms_ops.errors import OmsError
from oms_ops.store import OrderBook
from oms_ops.store import decisions as store
from oms_ops.units import instant, micros

__all__ = [
    "AlertChanges",
    "EpisodeResolved",
    "InvalidDecision",
    "UnknownDecision",
    "acknowledge",
    "active_overrides",
    "add_override",
    "episodes",
    "history",
    "overrides",
    "revoke_override",
    "snooze",
    "sync_alerts",
]

ACTIONS = ("set", "factor", "add")
_A_WEEK = timedelta(days=7)


class InvalidDecision(OmsError):
    """A decision that contradicts itself: a week that is no Monday, an empty reason, an instant gone by."""


class UnknownDecision(OmsError):
    """No override or alert episode has this id."""


class EpisodeResolved(OmsError):
    """The alert has resolved itself; there is nothing left to acknowledge or snooze."""


def add_override(
    book: OrderBook,
    *,
    sku: str,
    first_week: date,
    last_week: date,
    action: str,
    value: float,
    reason: str,
    author: str,
    now: datetime,
) -> str:
    """Change the forecast of whole weeks (Mondays, both included); each on what the one before left.

    `set` replaces the weekly mean, `factor` multiplies it, `add` adds units or takes them away.
    """
    _check_override(first_week, last_week, action=action, value=value)
    row = {
        "sku": _said(sku, name="sku"),
        "first_week": first_week.isoformat(),
        "last_week": last_week.isoformat(),
        "action": action,
        "value": float(value),
        "reason": _said(reason, name="reason"),
        "author": _said(author, name="author"),
    }
    with book.write() as con:
        override_id = f"O-{store.insert_override(con, row | {'created_at': micros(now)})}"
        store.record(con, override_id, event_kind="added", author=row["author"], now=now, detail=row)
    return override_id


def revoke_override(book: OrderBook, override_id: str, *, by: str, now: datetime) -> None:
    """End an override; the next forecast is made without it."""
    number = _number(override_id, prefix="O-")
    who = _said(by, name="by")
    with book.write() as con:
        standing = {row["override_no"]: row for row in store.overrides(con)}.get(number)
        if standing is None:
            raise UnknownDecision(f"there is no override {override_id!r}; `oms override list` shows them all")
        if standing["revoked_at"] is not None:
            ended = f"{instant(standing['revoked_at']):%Y-%m-%d %H:%M} UTC"
            raise InvalidDecision(
                f"override {override_id} was revoked by {standing['revoked_by']} on {ended}"
            )
        store.mark_revoked(con, number, by=who, now=now)
        store.record(con, override_id, event_kind="revoked", author=who, now=now, detail={})


def overrides(book: OrderBook, *, as_of: datetime) -> list[dict]:
    """Every override made by then, oldest first, with its state: active, revoked or expired."""
    with book.read() as con:
        rows = store.overrides(con)
    return [_override(row, as_of=as_of) for row in rows if instant(row["created_at"]) <= as_of]


def active_overrides(book: OrderBook, *, as_of: datetime) -> list[dict]:
    """What to lay over a forecast made as of then, oldest first, in the shape of `overrides`."""
    return [row for row in overrides(book, as_of=as_of) if row["state"] == "active"]


def history(book: OrderBook, subject_id: str) -> list[dict]:
    """What happened to one override or episode: event_kind, author, occurred_at, detail; oldest first."""
    with book.read() as con:
        rows = store.events(con, subject_id)
    return [
        {
            "event_kind": row["event_kind"],
            "author": row["author"],
            "occurred_at": instant(row["occurred_at"]),
            "detail": json.loads(row["detail"]),
        }
        for row in rows
    ]


def episodes(book: OrderBook, *, states: Iterable[str] | None = None) -> list[dict]:
    """Alert episodes in the shape of marts.alert, oldest first."""
    with book.read() as con:
        rows = store.episodes(con, states=states)
    return [alert(episode_of(row)) for row in rows]


def acknowledge(book: OrderBook, episode_id: str, *, by: str, now: datetime) -> None:
    """Somebody has seen it and acts; it stays open until it resolves or worsens."""
    who = _said(by, name="by")
    change = {"state": "acknowledged", "acknowledged_by": who, "snoozed_until": None}
    _decide(book, episode_id, change=change, event_kind="acknowledged", by=who, now=now)


def snooze(book: OrderBook, episode_id: str, *, until: datetime, by: str, now: datetime) -> None:
    """Keep quiet until then, unless it worsens; afterwards the next run reminds."""
    if until <= now:
        raise InvalidDecision(
            f"an alert can be snoozed until an instant after {now.isoformat()}, found {until.isoformat()}"
        )
    change = {"state": "snoozed", "acknowledged_by": None, "snoozed_until": micros(until)}
    _decide(book, episode_id, change=change, event_kind="snoozed", by=_said(by, name="by"), now=now)


def _decide(
    book: OrderBook,
    episode_id: str,
    *,
    change: Mapping[str, object],
    event_kind: str,
    by: str,
    now: datetime,
) -> None:
    number = _number(episode_id, prefix="A-")
    with book.write() as con:
        row = store.episode(con, number)
        if row is None:
            raise UnknownDecision(f"there is no alert {episode_id!r}; `oms alerts` shows the open ones")
        if row["resolved_at"] is not None:
            ended = f"{instant(row['resolved_at']):%Y-%m-%d %H:%M} UTC"
            raise EpisodeResolved(
                f"alert {episode_id} ({row['sku']} at {row['location_id']}) resolved on {ended}; "
                "a new one is raised if it comes back"
            )
        if any(row[name] != value for name, value in change.items()):
            store.update_episodes(con, [{"episode_no": number, **change}])
            detail = {} if event_kind == "acknowledged" else {"until": instant(change["snoozed_until"])}
            store.record(con, f"A-{number}", event_kind=event_kind, author=by, now=now, detail=detail)


def _override(row: Mapping[str, object], *, as_of: datetime) -> dict[str, object]:
    revoked_at = instant(row["revoked_at"])
    last_week = date.fromisoformat(row["last_week"])
    is_revoked = revoked_at is not None and revoked_at <= as_of
    is_over = as_of.date() >= last_week + _A_WEEK
    return {
        "override_id": f"O-{row['override_no']}",
        "sku": row["sku"],
        "first_week": date.fromisoformat(row["first_week"]),
        "last_week": last_week,
        "action": row["action"],
        "value": row["value"],
        "reason": row["reason"],
        "author": row["author"],
        "created_at": instant(row["created_at"]),
        "revoked_at": revoked_at if is_revoked else None,
        "revoked_by": row["revoked_by"] if is_revoked else None,
        "state": "revoked" if is_revoked else "expired" if is_over else "active",
    }


def _check_override(first_week: date, last_week: date, *, action: str, value: float) -> None:
    for name, week in (("first_week", first_week), ("last_week", last_week)):
        if week.weekday() != 0:
            monday = week - timedelta(days=week.weekday())
            raise InvalidDecision(
                f"{name} must be a Monday, found {week:%A %Y-%m-%d}; its Monday is {monday}"
            )
    if last_week < first_week:
        raise InvalidDecision(f"last_week {last_week} lies before first_week {first_week}")
    if action not in ACTIONS:
        raise InvalidDecision(f"action must be one of {', '.join(ACTIONS)}, found {action!r}")
    if not math.isfinite(value) or (action != "add" and value < 0):
        least = "a number" if action == "add" else "a number of at least 0"
        raise InvalidDecision(f"{action} needs {least}, found {value}")


def _said(words: str, *, name: str) -> str:
    """The words without the space around them; nobody decides namelessly or for no reason."""
    if not words or not words.strip():
        raise InvalidDecision(f"{name} must not be empty")
    return words.strip()


def _number(subject_id: str, *, prefix: str) -> int:
    """The row's number in an id such as A-17; -1, which no row has, where it is no such id."""
    digits = subject_id.strip().upper().removeprefix(prefix)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else -1
