"""When a published value was in force, and the fraction of the shop's day on which a sku could be bought."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from oms_ops.exposure import buyable, by_day, steps
from oms_ops.units import micros

ZONE = "Europe/London"


def row(value, *, pushed=None, acknowledged=None):
    return {"value": value, "pushed_at": pushed, "acknowledged_at": acknowledged}


def local(words: str) -> int:
    return micros(datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC))


def test_a_value_is_in_force_once_the_channel_has_it_and_never_if_it_was_not_handed_over():
    rows = [row(5, pushed=10, acknowledged=12), row(3), row(0, pushed=20)]
    assert steps(rows) == [(12, 5), (20, 0)]


def test_a_value_overtaken_by_a_newer_one_never_comes_into_force():
    assert steps([row(5, pushed=10, acknowledged=30), row(0, pushed=20)]) == [(20, 0)]
    assert steps([row(5, pushed=10), row(4, pushed=10)]) == [(10, 4)]


def test_intervals_are_half_open_and_as_long_as_they_can_be():
    values = [(0, 4), (10, 2), (20, 0), (30, 1)]
    assert buyable(values, until=40) == [(0, 20), (30, 40)]
    assert buyable(values, until=15) == [(0, 15)]
    assert buyable([], until=15) == []


def test_a_day_of_23_hours_one_of_25_and_one_that_is_not_over():
    """Clocks go forward on 2011-03-27 and back on 2011-10-30."""
    spring = [(local("2011-03-27T12:00"), local("2011-03-28T06:00"))]
    assert by_day(spring, zone=ZONE, first=date(2011, 3, 26), until=local("2011-03-28T12:00")) == {
        date(2011, 3, 26): 0,
        date(2011, 3, 27): 12 / 23,
        date(2011, 3, 28): 0.5,
    }
    autumn = [(local("2011-10-30T00:00"), local("2011-10-30T12:00"))]
    found = by_day(autumn, zone=ZONE, first=date(2011, 10, 30), until=local("2011-10-31T00:00"))
    assert found == {date(2011, 10, 30): 13 / 25}
