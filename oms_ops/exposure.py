"""When a sku could be bought in a channel, and the fraction of each of the shop's days that makes.

Pure, from published values; the warehouse computes the same in SQL (marts.availability_interval, _day).
Instants are microseconds, intervals half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from oms_ops.units import instant, micros

Interval = tuple[int, int]


def in_force_from(row: Mapping[str, object]) -> int | None:
    """From when the channel showed a published value; None if it never did, or does not yet."""
    return row["pushed_at"] if row["acknowledged_at"] is None else row["acknowledged_at"]


def steps(rows: Iterable[Mapping[str, object]]) -> list[tuple[int, int]]:
    """(from when, value) of one (channel, sku), oldest first. `rows` in the order of their numbers: a value
    overtaken by a newer one before it came into force never did."""
    found: list[tuple[int, int]] = []
    for row in rows:
        since = in_force_from(row)
        if since is not None:
            while found and found[-1][0] >= since:
                found.pop()
            found.append((since, row["value"]))
    return found


def buyable(values: Sequence[tuple[int, int]], *, until: int) -> list[Interval]:
    """Maximal half-open intervals in which the value was above 0."""
    found: list[Interval] = []
    ends = [*(since for since, _ in values[1:]), until]
    for (since, value), end in zip(values, ends, strict=False):
        end = min(end, until)
        if value <= 0 or since >= end:
            continue
        if found and found[-1][1] == since:
            since = found.pop()[0]
        found.append((since, end))
    return found


def by_day(intervals: Sequence[Interval], *, zone: str, first: date, until: int) -> dict[date, float]:
    """Exposure in 0..1 of each day from `first` up to `until`, whose day counts as far as it has gone."""
    found: dict[date, float] = {}
    day = first
    while (begin := _midnight(day, zone)) < until:
        end = min(_midnight(day + timedelta(days=1), zone), until)
        covered = sum(max(0, min(end, stop) - max(begin, start)) for start, stop in intervals)
        found[day] = covered / (end - begin)
        day += timedelta(days=1)
    return found


def business_date(at: int, *, zone: str) -> date:
    return instant(at).astimezone(ZoneInfo(zone)).date()


def _midnight(day: date, zone: str) -> int:
    """A day has 23, 24 or 25 hours: its ends are midnights of the zone, compared as instants."""
    return micros(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC))
