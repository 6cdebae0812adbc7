"""Instants as whole microseconds since 1970 UTC, money as whole ten-thousandths: exact in any database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from oms_ops.errors import InvalidCommand

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_E4 = 10_000
_COINS_E4 = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 10_000),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 10),
}


def micros(instant: datetime) -> int:
    if instant.tzinfo is None:
        raise InvalidCommand(f"an instant with a time zone is needed, found {instant.isoformat()}")
    return (instant - _EPOCH) // _MICROSECOND


def instant(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def e4(money: Decimal | int | str) -> int:
    """Exact, or InvalidCommand: a fifth decimal is never rounded away, a float never guessed at."""
    if isinstance(money, float):
        raise InvalidCommand(f"money is a Decimal, an integer or a string, found the float {money!r}")
    scaled = Decimal(money) * _E4
    if scaled != scaled.to_integral_value():
        raise InvalidCommand(f"money has at most four decimals, found {money}")
    return int(scaled)


def coin_e4(currency: str) -> int:
    """The smallest amount a currency can be paid in (ISO 4217 minor units)."""
    return _COINS_E4.get(currency, 100)


def money(value_e4: int) -> Decimal:
    return Decimal(value_e4) / _E4
