"""Quiet hours: a time of the shop's day in which people are told only what cannot wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from oms_ops.alerting.notices import Notice
from oms_ops.errors import OmsError

LOUD = "critical"


class InvalidQuietHours(OmsError):
    """`[alerts] quiet_hours` that name no span of a day."""


@dataclass(frozen=True)
class QuietHours:
    """From `begins` to before `ends` on the shop's clock, over midnight where `ends` is the earlier one."""

    begins: time
    ends: time
    zone: str

    def until(self, now: datetime) -> datetime | None:
        """When they end, in the shop's zone, or None where `now` is not quiet."""
        local = now.astimezone(ZoneInfo(self.zone))
        clock = local.time().replace(tzinfo=None)
        if self.begins < self.ends:
            is_quiet, is_next_day = self.begins <= clock < self.ends, False
        else:
            is_quiet, is_next_day = clock >= self.begins or clock < self.ends, clock >= self.begins
        if not is_quiet:
            return None
        day = local.date() + timedelta(days=int(is_next_day))
        return datetime.combine(day, self.ends, tzinfo=ZoneInfo(self.zone))


def parse(text: str, *, zone: str) -> QuietHours | None:
    """`20:00-07:00`; None for an empty text."""
    if not text.strip():
        return None
    try:
        begins, ends = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError as error:
        raise InvalidQuietHours(f"[alerts] quiet_hours must look like 20:00-07:00, found {text!r}") from error
    if begins.tzinfo or ends.tzinfo:
        raise InvalidQuietHours(
            f"[alerts] quiet_hours are on the shop's clock, without a zone, found {text!r}"
        )
    if begins == ends:
        raise InvalidQuietHours(f"[alerts] quiet_hours {text!r} begin as they end; leave them empty for none")
    return QuietHours(begins, ends, zone)


def is_loud(notice: Notice) -> bool:
    """Critical and new, worse or reminded of: told at night, too."""
    return notice.severity == LOUD and notice.notice_kind != "resolved"
