"""When a restock alert is raised, worsens and resolves: pure rules over open episodes and today's candidates.

No database and no clock here. One open episode per (rule, sku, location). The thresholds stand apart, so that
a probability that trembles around one value does not raise and resolve every hour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from oms_ops.errors import OmsError

RAISE_AT = 0.5
RESOLVE_BELOW = 0.3
SEVERITIES = ("low", "medium", "high", "critical")
STATES = ("raised", "acknowledged", "snoozed", "resolved")

Key = tuple[str, str, str]
_ROUNDING = 1e-9


class InvalidCandidate(OmsError):
    """A candidate that no model should have made; the message names it and the field."""


@dataclass(frozen=True)
class Measures:
    """How bad it is, as a run found it; units are whole, money in ten-thousandths.

    `held_severity` is the class that a standing episode may keep although it would be raised in a lower one.
    """

    severity: str
    stockout_probability: float
    margin_at_risk_e4: int
    available: int
    days_of_cover: float | None
    suggested_quantity: int
    order_by: date | None
    explanation: str
    held_severity: str = field(default="low", compare=False)


@dataclass(frozen=True)
class Episode:
    """`episode_no` is 0 until the book has numbered it."""

    episode_no: int
    rule: str
    sku: str
    location_id: str
    state: str
    measures: Measures
    raised_at: datetime
    updated_at: datetime
    resolved_at: datetime | None = None
    snoozed_until: datetime | None = None
    acknowledged_by: str | None = None
    notice_count: int = 0

    @property
    def key(self) -> Key:
        return (self.rule, self.sku, self.location_id)


@dataclass(frozen=True)
class Change:
    """`kind`: raised, worsened, reminded, resolved, improved, unchanged; told where it has a new notice."""

    kind: str
    before: Episode | None
    after: Episode

    @property
    def is_told(self) -> bool:
        return self.before is None or self.after.notice_count > self.before.notice_count


def reconcile(
    open_episodes: Iterable[Episode], candidates: Mapping[Key, Measures], *, now: datetime
) -> list[Change]:
    """What today's candidates make of the open episodes, most urgent first.

    A stock-out risk that has become a stock-out resolves in silence: the alert of the other rule says it.
    """
    standing = {episode.key: episode for episode in open_episodes}
    alarming = {key[1:] for key, found in candidates.items() if _is_open(found, is_standing=key in standing)}
    changes = [
        _follow(episode, candidates.get(key), is_succeeded=key[1:] in alarming, now=now)
        for key, episode in standing.items()
    ]
    changes += [
        Change("raised", None, _raised(key, measures, now=now))
        for key, measures in candidates.items()
        if key not in standing and _is_open(measures, is_standing=False)
    ]
    return sorted(changes, key=_urgency)


def _is_open(measures: Measures, *, is_standing: bool) -> bool:
    return measures.stockout_probability >= (RESOLVE_BELOW if is_standing else RAISE_AT)


def _follow(episode: Episode, measures: Measures | None, *, is_succeeded: bool, now: datetime) -> Change:
    if measures is None or not _is_open(measures, is_standing=True):
        resolved = _resolved(episode, measures, now=now)
        told = episode.notice_count + (0 if is_succeeded else 1)
        return Change("resolved", episode, replace(resolved, notice_count=told))
    measures = replace(measures, severity=_held(episode.measures, measures))
    updated = episode
    if measures != episode.measures:
        updated = replace(episode, measures=measures, updated_at=now)
    difference = _rank(measures) - _rank(episode.measures)
    if difference > 0:
        return Change("worsened", episode, _awake(updated, now=now))
    if episode.state == "snoozed" and episode.snoozed_until <= now:
        return Change("reminded", episode, _awake(updated, now=now))
    return Change("improved" if difference < 0 else "unchanged", episode, updated)


def _raised(key: Key, measures: Measures, *, now: datetime) -> Episode:
    rule, sku, location_id = key
    return Episode(
        episode_no=0,
        rule=rule,
        sku=sku,
        location_id=location_id,
        state="raised",
        measures=measures,
        raised_at=now,
        updated_at=now,
        notice_count=1,
    )


def _awake(episode: Episode, *, now: datetime) -> Episode:
    return replace(
        episode,
        state="raised",
        acknowledged_by=None,
        snoozed_until=None,
        updated_at=now,
        notice_count=episode.notice_count + 1,
    )


def _resolved(episode: Episode, measures: Measures | None, *, now: datetime) -> Episode:
    return replace(
        episode,
        state="resolved",
        measures=measures or episode.measures,
        resolved_at=now,
        updated_at=now,
        snoozed_until=None,
    )


def _rank(measures: Measures) -> int:
    return SEVERITIES.index(measures.severity)


def _held(before: Measures, now: Measures) -> str:
    """The class now, but the one before, or what of it still holds, where money at risk has hardly fallen."""
    kept = min(_rank(before), SEVERITIES.index(now.held_severity))
    return SEVERITIES[max(_rank(now), kept)]


def _urgency(change: Change) -> tuple:
    measures = change.after.measures
    return (
        change.kind == "resolved",
        -_rank(measures),
        -measures.margin_at_risk_e4,
        -measures.stockout_probability,
        change.after.key,
    )


def read_candidates(rows: Iterable[Mapping[str, object]]) -> dict[Key, Measures]:
    """Candidates as a model hands them over (columns of marts.alert); `InvalidCandidate` names a bad one."""
    found: dict[Key, Measures] = {}
    for row in rows:
        key = (str(row["rule"]), str(row["sku"]), str(row["location_id"]))
        if key in found:
            raise InvalidCandidate(f"two candidates for rule {key[0]}, sku {key[1]}, location {key[2]}")
        found[key] = _measures(row, name=" ".join(key))
    return found


def _measures(row: Mapping[str, object], *, name: str) -> Measures:
    severity = row["severity"]
    held = row.get("held_severity", severity)
    for found in (severity, held):
        if found not in SEVERITIES:
            raise InvalidCandidate(f"{name}: severity {found!r} is none of {', '.join(SEVERITIES)}")
    probability = float(row["stockout_probability"])
    if not -_ROUNDING <= probability <= 1 + _ROUNDING:
        raise InvalidCandidate(f"{name}: stockout_probability must lie in 0..1, found {probability}")
    order_by = row.get("order_by")
    return Measures(
        severity=str(severity),
        stockout_probability=min(1.0, max(0.0, probability)),
        margin_at_risk_e4=_whole(row["margin_at_risk"], scale=10_000, name=f"{name}: margin_at_risk"),
        available=_whole(row["available"], name=f"{name}: available"),
        days_of_cover=_finite_or_none(row.get("days_of_cover")),
        suggested_quantity=_whole(row["suggested_quantity"], name=f"{name}: suggested_quantity"),
        order_by=order_by.date() if isinstance(order_by, datetime) else order_by,
        explanation=str(row["explanation"]),
        held_severity=str(held),
    )


def _whole(value: object, *, scale: int = 1, name: str) -> int:
    number = Decimal(str(value))
    if not number.is_finite():
        raise InvalidCandidate(f"{name} must be a number, found {value}")
    return int((number * scale).to_integral_value(ROUND_HALF_UP))


def _finite_or_none(value: object) -> float | None:
    return None if value is None or not math.isfinite(float(value)) else float(value)
