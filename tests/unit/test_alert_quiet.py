"""Quiet hours are the shop's, over midnight and over a change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oms_ops.alerting import quiet
from oms_ops.alerting.quiet import InvalidQuietHours

NIGHT = quiet.parse("20:00-07:00", zone="Europe/London")


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        ("2011-12-09 19:59", None),
        ("2011-12-09 20:00", "2011-12-10 07:00"),
        ("2011-12-10 06:59", "2011-12-10 07:00"),
        ("2011-12-10 07:00", None),
        ("2011-07-01 19:30", "2011-07-02 07:00"),  # 20:30 on the shop's clock
        ("2011-07-01 06:30", None),  # 07:30
    ],
)
def test_they_begin_and_end_on_the_shops_clock(now, ends):
    until = NIGHT.until(datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert (until and f"{until:%Y-%m-%d %H:%M}") == ends


def test_they_may_lie_within_a_day():
    noon = quiet.parse("12:00-13:30", zone="UTC")
    assert noon.until(datetime(2024, 1, 1, 13, tzinfo=UTC)) == datetime(2024, 1, 1, 13, 30, tzinfo=UTC)
    assert noon.until(datetime(2024, 1, 1, 14, tzinfo=UTC)) is None


def test_empty_is_never():
    assert quiet.parse(" ", zone="UTC") is None


@pytest.mark.parametrize(
    "text",
    ["20-7", "20:00", "8pm-7am", "20:00-20:00", "20:00-07:00-09:00", "20:00+01:00-07:00", "20:00Z-07:00Z"],
)
def test_what_is_no_span_is_refused_by_name(text):
    with pytest.raises(InvalidQuietHours, match="quiet_hours"):
        quiet.parse(text, zone="UTC")
