"""Brings the book's alert episodes up to a run's candidates and writes what has to be told, all at once.

The rules are in episodes.py, the sending in delivery.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from oms_ops.alerting.episodes import STATES, Change, Episode, Measures, read_candidates, reconcile
from oms_ops.store import OrderBook
from oms_ops.store import decisions as store
from oms_ops.units import instant, micros

OPEN_STATES = STATES[:3]


@dataclass(frozen=True)
class AlertChanges:
    """How many episodes each thing happened to; `note` says why nothing was looked at."""

    raised: int = 0
    worsened: int = 0
    improved: int = 0
    resolved: int = 0
    unchanged: int = 0
    reminded: int = 0
    note: str = ""


def sync_alerts(
    book: OrderBook, candidates: Iterable[Mapping[str, object]], *, now: datetime, run_id: str
) -> AlertChanges:
    """Raise, worsen, remind and resolve. `candidates`: every sku with a stock-out probability of 0.3 or more.

    The same candidates at the same `now` change nothing the second time; a `now` before the newest change is
    passed over. An `InvalidCandidate` changes nothing at all.
    """
    measures = read_candidates(candidates)
    with book.write() as con:
        newest = store.newest_update(con)
        if newest is not None and now < newest:
            return AlertChanges(note=f"alerts stand as of {newest.isoformat()}, later than {now.isoformat()}")
        standing = [episode_of(row) for row in store.episodes(con, states=OPEN_STATES)]
        changes = reconcile(standing, measures, now=now)
        _store(con, changes, now=now, run_id=run_id)
    kinds = [change.kind for change in changes]
    return AlertChanges(**{kind: kinds.count(kind) for kind in set(kinds)})


def episode_of(row: Mapping[str, object]) -> Episode:
    order_by = row["order_by"]
    return Episode(
        episode_no=row["episode_no"],
        rule=row["rule"],
        sku=row["sku"],
        location_id=row["location_id"],
        state=row["state"],
        measures=Measures(
            severity=row["severity"],
            stockout_probability=row["stockout_probability"],
            margin_at_risk_e4=row["margin_at_risk_e4"],
            available=row["available"],
            days_of_cover=row["days_of_cover"],
            suggested_quantity=row["suggested_quantity"],
            order_by=order_by and date.fromisoformat(order_by),
            explanation=row["explanation"],
        ),
        raised_at=instant(row["raised_at"]),
        updated_at=instant(row["updated_at"]),
        resolved_at=instant(row["resolved_at"]),
        snoozed_until=instant(row["snoozed_until"]),
        acknowledged_by=row["acknowledged_by"],
        notice_count=row["notice_count"],
    )


def alert(episode: Episode) -> dict[str, object]:
    """The episode in the shape of marts.alert."""
    measures = episode.measures
    return {
        "episode_id": f"A-{episode.episode_no}",
        "rule": episode.rule,
        "sku": episode.sku,
        "location_id": episode.location_id,
        "state": episode.state,
        "severity": measures.severity,
        "stockout_probability": measures.stockout_probability,
        "margin_at_risk": measures.margin_at_risk_e4 / 10_000,
        "available": measures.available,
        "days_of_cover": measures.days_of_cover,
        "suggested_quantity": measures.suggested_quantity,
        "order_by": measures.order_by,
        "raised_at": episode.raised_at,
        "updated_at": episode.updated_at,
        "resolved_at": episode.resolved_at,
        "snoozed_until": episode.snoozed_until,
        "acknowledged_by": episode.acknowledged_by,
        "explanation": measures.explanation,
    }


def _store(con, changes: list[Change], *, now: datetime, run_id: str) -> None:
    raised = [change for change in changes if change.before is None]
    numbers = store.insert_episodes(con, [_row(change.after) for change in raised])
    numbered = {change.after.key: number for change, number in zip(raised, numbers, strict=True)}
    moved = [change.after for change in changes if change.before not in (None, change.after)]
    store.update_episodes(con, [{"episode_no": after.episode_no} | _row(after) for after in moved])
    told = [
        (change, numbered.get(change.after.key, change.after.episode_no))
        for change in changes
        if change.is_told
    ]
    store.insert_notices(con, [_notice(change, number, run_id=run_id, now=now) for change, number in told])
    store.record_many(con, [_event(change, number, run_id=run_id, now=now) for change, number in told])


def _row(episode: Episode) -> dict[str, object]:
    measures = episode.measures
    return {
        "rule": episode.rule,
        "sku": episode.sku,
        "location_id": episode.location_id,
        "state": episode.state,
        "severity": measures.severity,
        "stockout_probability": measures.stockout_probability,
        "margin_at_risk_e4": measures.margin_at_risk_e4,
        "available": measures.available,
        "days_of_cover": measures.days_of_cover,
        "suggested_quantity": measures.suggested_quantity,
        "order_by": measures.order_by and measures.order_by.isoformat(),
        "explanation": measures.explanation,
        "raised_at": micros(episode.raised_at),
        "updated_at": micros(episode.updated_at),
        "resolved_at": episode.resolved_at and micros(episode.resolved_at),
        "snoozed_until": episode.snoozed_until and micros(episode.snoozed_until),
        "acknowledged_by": episode.acknowledged_by,
        "notice_count": episode.notice_count,
    }


def _notice(change: Change, number: int, *, run_id: str, now: datetime) -> dict[str, object]:
    before = change.before
    body = alert(change.after) | {
        "episode_id": f"A-{number}",
        "previous_severity": before.measures.severity if before else None,
    }
    return {
        "episode_no": number,
        "notice_no": change.after.notice_count,
        "notice_kind": change.kind,
        "occurred_at": micros(now),
        "run_id": run_id,
        "body": json.dumps(body, default=_iso),
        "is_routed": 0,
    }


def _event(change: Change, number: int, *, run_id: str, now: datetime) -> dict[str, object]:
    measures = change.after.measures
    detail = {"severity": measures.severity, "stockout_probability": measures.stockout_probability}
    return {
        "subject_id": f"A-{number}",
        "event_kind": change.kind,
        "author": f"run {run_id}",
        "occurred_at": micros(now),
        "detail": json.dumps(detail),
    }


def _iso(value: date | datetime) -> str:
    return value.isoformat()
