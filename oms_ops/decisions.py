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
SCOPES = ("sku", "category", "shop")
MOST_VALUE = 10**9
REASON_CODES = {
    "promotion": "a promotion, an offer, a catalog page",
    "event": "a holiday, a fair, the weather",
    "launch": "a new product or channel",
    "price": "our price changes",
    "competitor": "a competitor acts",
    "customer": "a large customer announced an order",
    "supply": "stock is missing or comes back",
    "phase_out": "it is discontinued or replaced",
    "model_error": "the model is plainly wrong",
    "other": "none of these",
}
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
    first_week: date,
    last_week: date,
    action: str,
    value: float,
    reason: str,
    author: str,
    now: datetime,
    sku: str | None = None,
    category: str | None = None,
    scope: str = "sku",
    reason_code: str = "other",
    expires_on: date | None = None,
) -> str:
    """Change the forecast of whole weeks (Mondays, both included); each on what the one before left.

    `set` replaces the weekly mean, `factor` multiplies it, `add` adds units or takes them away. Of a category
    or the whole shop, `set` and `add` speak of its sum, which is spread over the skus by their shares. After
    `expires_on` forecasts are made without it.
    """
    _check_override(first_week, last_week, action=action, value=value)
    if last_week + _A_WEEK <= now.date():
        raise InvalidDecision(f"the week of {last_week} is over; it is {now.date()}")
    _check_expiry(expires_on, now=now)
    row = {
        **_target(scope, sku=sku, category=category),
        "first_week": first_week.isoformat(),
        "last_week": last_week.isoformat(),
        "action": action,
        "value": float(value),
        "reason": _said(reason, name="reason"),
        "author": _said(author, name="author"),
        "reason_code": _one_of(reason_code, tuple(REASON_CODES), name="reason_code"),
        "expires_on": expires_on.isoformat() if expires_on else None,
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
    expires_on = date.fromisoformat(row["expires_on"]) if row["expires_on"] else None
    is_over = as_of.date() >= last_week + _A_WEEK or (expires_on is not None and as_of.date() > expires_on)
    return {
        "override_id": f"O-{row['override_no']}",
        "scope": row["scope"],
        "sku": row["sku"] or None,
        "category": row["category"],
        "first_week": date.fromisoformat(row["first_week"]),
        "last_week": last_week,
        "action": row["action"],
        "value": row["value"],
        "reason_code": row["reason_code"],
        "reason": row["reason"],
        "author": row["author"],
        "expires_on": expires_on,
        "created_at": instant(row["created_at"]),
        "revoked_at": revoked_at if is_revoked else None,
        "revoked_by": row["revoked_by"] if is_revoked else None,
        "state": "revoked" if is_revoked else "expired" if is_over else "active",
    }


def _target(scope: str, *, sku: str | None, category: str | None) -> dict[str, str | None]:
    """What is overruled, as the row holds it: one sku, one category, or the whole shop (neither)."""
    _one_of(scope, SCOPES, name="scope")
    given = {name for name, value in (("sku", sku), ("category", category)) if value is not None}
    wanted = set() if scope == "shop" else {scope}
    if given - wanted:
        raise InvalidDecision(
            f"an override of scope {scope!r} names no {' and no '.join(sorted(given - wanted))}"
        )
    return {
        "scope": scope,
        "sku": _said(sku, name="sku") if scope == "sku" else "",
        "category": _said(category, name="category") if scope == "category" else None,
    }


def _check_expiry(expires_on: date | None, *, now: datetime) -> None:
    if expires_on is not None and expires_on < now.date():
        raise InvalidDecision(f"expires_on {expires_on} has gone by; it is {now.date()}")


def _check_override(first_week: date, last_week: date, *, action: str, value: float) -> None:
    for name, week in (("first_week", first_week), ("last_week", last_week)):
        if week.weekday() != 0:
            monday = week - timedelta(days=week.weekday())
            raise InvalidDecision(
                f"{name} must be a Monday, found {week:%A %Y-%m-%d}; its Monday is {monday}"
            )
    if last_week < first_week:
        raise InvalidDecision(f"last_week {last_week} lies before first_week {first_week}")
    _one_of(action, ACTIONS, name="action")
    if not math.isfinite(value) or (action != "add" and value < 0):
        least = "a number" if action == "add" else "a number of at least 0"
        raise InvalidDecision(f"{action} needs {least}, found {value}")
    if abs(value) > MOST_VALUE:
        raise InvalidDecision(f"{action} takes at most {MOST_VALUE:,}, found {value:g}")


def _one_of(found: str, allowed: tuple[str, ...], *, name: str) -> str:
    if found not in allowed:
        raise InvalidDecision(f"{name} must be one of {', '.join(allowed)}, found {found!r}")
    return found


def _said(words: str, *, name: str) -> str:
    """The words without the space around them; nobody decides namelessly or for no reason."""
    if not words or not words.strip():
        raise InvalidDecision(f"{name} must not be empty")
    return words.strip()


def _number(subject_id: str, *, prefix: str) -> int:
    """The row's number in an id such as A-17; -1, which no row has, where it is no such id."""
    digits = subject_id.strip().upper().removeprefix(prefix)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else -1
