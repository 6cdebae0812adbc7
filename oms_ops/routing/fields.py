"""One table of a rules file, read key by key: values checked, errors that say where and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from oms_ops.errors import InvalidRules

_E4 = 10_000
_REQUIRED = object()


class Fields:
    """`where` names the table as a person finds it, e.g. `[[routing]] "standard", rule 2`."""

    def __init__(self, table: object, where: str) -> None:
        if not isinstance(table, Mapping):
            raise InvalidRules(f"{where} must be a table, found {table!r}")
        self.table = table
        self.where = where
        self._asked: list[str] = []

    def text(self, key: str, default: object = _REQUIRED, *, among: Sequence[str] = ()) -> str:
        value = self._get(key, default)
        if not isinstance(value, str):
            raise self.wrong(key, "a text", value)
        if among and value not in among:
            raise self.wrong(key, f"one of {', '.join(among)}", value)
        return value

    def texts(self, key: str, *, among: Sequence[str] = ()) -> tuple[str, ...]:
        value = self._get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts", value)
        strangers = [item for item in value if among and item not in among]
        if strangers:
            raise self.wrong(key, f"among {', '.join(among)}", ", ".join(strangers))
        return tuple(value)

    def whole(self, key: str, default: object = None, *, least: int = 0) -> int | None:
        value = self._get(key, default)
        if value is not default and (type(value) is not int or value < least):
            raise self.wrong(key, f"a whole number of at least {least}", value)
        return value

    def number(self, key: str, default: object = None, *, least: float | None = 0) -> float | None:
        value = self._get(key, default)
        if value is not default and (
            type(value) not in (int, float) or value != value or (least is not None and value < least)
        ):
            raise self.wrong(key, "a number" if least is None else f"a number of at least {least:g}", value)
        return value if value is None else float(value)

    def money(self, key: str, default: object = 0) -> int:
        """Ten-thousandths."""
        return self.e4(key, self._get(key, default))

    def e4(self, key: str, value: object) -> int:
        try:
            scaled = Decimal(str(value)) * _E4
        except InvalidOperation as error:
            raise self.wrong(key, "an amount of money", value) from error
        if type(value) not in (int, float) or scaled != scaled.to_integral_value() or scaled < 0:
            raise self.wrong(key, "an amount of money of 0 or more with at most four decimals", value)
        return int(scaled)

    def flag(self, key: str, default: object) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def tables(self, key: str) -> list[object]:
        value = self._get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "a list of tables", value)
        return value

    def table_of(self, key: str) -> object:
        return self._get(key, {})

    def done(self) -> None:
        """No key may be left over: a misspelled one would be passed over in silence."""
        for key in self.table:
            if key not in self._asked:
                close = difflib.get_close_matches(key, self._asked, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(self._asked)}"
                raise InvalidRules(f"{self.where} has no setting {key!r}; {hint}")

    def wrong(self, key: str, allowed: str, found: object) -> InvalidRules:
        return InvalidRules(f"{self.where}: {key} must be {allowed}, found {found!r}")

    def _get(self, key: str, default: object) -> object:
        self._asked.append(key)
        if key in self.table:
            return self.table[key]
        if default is _REQUIRED:
            raise InvalidRules(f"{self.where} needs {key}")
        return default
