"""The shop's days: which one an instant lies in, whatever the clock does that night."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


def day_of(at: int, zone: str) -> tuple[int, int]:
    """The first microsecond of the day `at` lies in, and of the day after it."""
    return _day(datetime.fromtimestamp(at / 1_000_000, UTC).astimezone(ZoneInfo(zone)).date(), zone)


@lru_cache(maxsize=512)
def _day(day: date, zone: str) -> tuple[int, int]:
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000
