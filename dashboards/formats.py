"""How numbers, money, dates and durations are written, everywhere the same. No layout, no queries."""

from __future__ import annotations

import math
from datetime import date, datetime
from zoneinfo import ZoneInfo

from oms_ops import wording

SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
NOTHING = "–"
NARROW = "\u00a0"  # keeps a number and its unit on one line
Number = float | int | None


def _is_missing(value: Number) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _sign(value: float) -> str:
    return "−" if value < 0 else ""


def symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency} ")


def money(value: Number, *, currency: str = "GBP", cents: bool | None = None) -> str:
    """£1,234,567; with pence where asked, or where the amount is below 100."""
    if _is_missing(value):
        return NOTHING
    exact = abs(float(value))
    digits = 2 if (exact < 100 if cents is None else cents) and exact else 0
    return f"{_sign(round(float(value), digits))}{symbol(currency)}{exact:,.{digits}f}"


def number(value: Number, *, digits: int = 0) -> str:
    if _is_missing(value):
        return NOTHING
    return f"{_sign(round(float(value), digits))}{abs(float(value)):,.{digits}f}"


def chance(value: Number) -> str:
    """Whole per cent, but never certain where it is not."""
    return NOTHING if _is_missing(value) else wording.chance(value)


def counted(value: int, thing: str) -> str:
    """Such as 1 product, 2 products."""
    return f"{number(value)} {thing}{'' if value == 1 else 's'}"


def percent(value: Number, *, digits: int = 1) -> str:
    return NOTHING if _is_missing(value) else f"{number(100 * value, digits=digits)}%"


def change(now: Number, before: Number) -> float | None:
    """Relative change; None where there is nothing to compare with."""
    if _is_missing(now) or _is_missing(before) or not before:
        return None
    return (float(now) - float(before)) / abs(float(before))


def signed_percent(value: Number) -> str:
    if _is_missing(value):
        return NOTHING
    return f"{'+' if value > 0 else _sign(round(value, 3))}{abs(value):.1%}"


def points(value: Number) -> str:
    """A change of a ratio, in percentage points."""
    if _is_missing(value):
        return NOTHING
    return f"{'+' if value > 0 else _sign(round(value, 3))}{abs(value) * 100:.1f} pt"


def day(value: date | None) -> str:
    return NOTHING if value is None else f"{value.day} {value:%b %Y}"


def span(first: date, last: date) -> str:
    """Both ends included: 10 Nov – 9 Dec 2011."""
    if first == last:
        return day(first)
    left = f"{first.day} {first:%b}" if first.year == last.year else day(first)
    return f"{left} – {day(last)}"


def instant(value: datetime | None, zone: str) -> str:
    """In the shop's zone: 9 Dec 2011, 12:50."""
    if value is None:
        return NOTHING
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M}"


def hours(value: Number) -> str:
    """45 min, 7.5 h, 3 d 4 h."""
    if _is_missing(value):
        return NOTHING
    if value < 1:
        return f"{round(value * 60)}{NARROW}min"
    if value < 48:
        return f"{value:.1f}{NARROW}h"
    days, rest = divmod(round(value), 24)
    return f"{days}{NARROW}d{NARROW}{rest}{NARROW}h" if rest else f"{days}{NARROW}d"


def days(value: Number) -> str:
    if _is_missing(value):
        return NOTHING
    return "1 day" if round(value) == 1 else f"{value:,.0f} days"


def units(value: Number) -> str:
    return "1 unit" if value == 1 else f"{number(value)} units"


def words(name: str) -> str:
    """A code as words: partially_fulfilled is 'Partially fulfilled'."""
    return name.replace("_", " ").strip().capitalize()


def plain(text: object) -> str:
    """Text from data, made safe to stand inside Markdown."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]()#+!|<>~$:" else char for char in str(text))
