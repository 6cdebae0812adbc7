"""Argument types of the `oms` command. An error says what was found and what is allowed."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime


def a_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write 2011-12-09") from error


def an_instant(text: str) -> datetime:
    """A date is its midnight; an instant without a zone is UTC."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        allowed = "write 2011-12-09, 2011-12-09T14:30Z or 2011-12-09T14:30+01:00"
        raise argparse.ArgumentTypeError(f"{text!r} is not an instant; {allowed}") from error
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def a_count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def a_port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; write a number from 1 to 65535")
    return int(text)


def a_sku(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the sku is empty")
    return text.strip().upper()


def units(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def a_difference(text: str) -> int:
    if not text.isascii() or not text.lstrip("+-").isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above or below 0")
    return int(text)


def a_sku_with_units(text: str) -> tuple[str, int]:
    sku, _, number = text.rpartition("=")
    if not sku:
        raise argparse.ArgumentTypeError(f"{text!r} names no units; write SKU=UNITS")
    return a_sku(sku), a_count(number)


def a_term(text: str) -> float | None:
    """A number, or `default` for none."""
    if text == "default":
        return None
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number; or write default") from error
