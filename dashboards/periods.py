"""Half-open date ranges: the presets of the date filter, the period before, the same period a year ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

PRESETS = {
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "mtd": "Month to date",
    "month": "Last full month",
    "ytd": "Year to date",
    "12m": "Last 12 months",
    "all": "Everything",
    "custom": "Own dates",
}
GRAINS = ("day", "week", "month")
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """[first, end): `end` is the first day no longer in it."""

    first: date
    end: date

    @property
    def last(self) -> date:
        return self.end - A_DAY

    @property
    def days(self) -> int:
        return (self.end - self.first).days

    def before(self) -> Period:
        """The period of equal length that ends where this one begins."""
        return Period(self.first - timedelta(days=self.days), self.first)

    def year_ago(self) -> Period:
        """As many days, beginning on the same date of last year."""
        first = years_back(self.first, 1)
        return Period(first, first + timedelta(days=self.days))


def years_back(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def preset(name: str, *, first: date, last: date) -> Period:
    """The period of a preset for data that spans `first` to `last`, both included."""
    end = last + A_DAY
    month_start = last.replace(day=1)
    starts = {
        "7d": end - timedelta(days=7),
        "30d": end - timedelta(days=30),
        "90d": end - timedelta(days=90),
        "mtd": month_start,
        "ytd": last.replace(month=1, day=1),
        "12m": years_back(end, 1),
        "all": first,
    }
    if name == "month":
        previous = (month_start - A_DAY).replace(day=1)
        return Period(previous, month_start)
    return Period(starts[name], end)


def grain_for(period: Period) -> str:
    """Points enough to see a trend, few enough to read: days to 92, weeks to two years, then months."""
    if period.days <= 92:
        return "day"
    return "week" if period.days <= 731 else "month"


def start_of(day: date, grain: str) -> date:
    if grain == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if grain == "week" else day
