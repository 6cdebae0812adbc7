"""How the `oms` command prints: aligned tables for people, JSON for programs. No query and no rule here."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

NOTHING = "–"


@dataclass(frozen=True)
class Column:
    """`kind`: text, count, units, money, ratio (as percent), number (one decimal), when (to the minute)."""

    key: str
    title: str
    kind: str = "text"
    width: int = 0  # longest text shown; 0 for all of it

    @property
    def is_right(self) -> bool:
        return self.kind in ("count", "units", "money", "ratio", "number")


def print_table(rows: Sequence[Mapping[str, object]], columns: Sequence[Column]) -> None:
    """One line per row under a header, numbers to the right; prints nothing for no rows."""
    if not rows:
        return
    cells = [[column.title for column in columns]]
    cells += [
        [_fit(show(row.get(column.key), column.kind), column.width) for column in columns] for row in rows
    ]
    widths = [max(len(line[position]) for line in cells) for position in range(len(columns))]
    for line in cells:
        parts = [
            cell.rjust(width) if column.is_right else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ]
        print("  ".join(parts).rstrip())


def print_facts(facts: Mapping[str, str]) -> None:
    """Name and value, one a line; empty values are left out."""
    shown = {name: value for name, value in facts.items() if value}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        print(f"{name:<{width}}  {value}")


def show(value: object, kind: str = "text") -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    match kind:
        case "count" | "units":
            return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
        case "money":
            return f"{value:,.2f}"
        case "ratio":
            return f"{value:z.1%}"
        case "number":
            return f"{value:,.1f}"
        case "when":
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return str(value)


def print_json(value: object) -> None:
    """Numbers as numbers, dates and instants (UTC) as ISO 8601, undefined as null."""
    json.dump(plain(value), sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
    print()


def plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return None if not math.isfinite(value) else int(value) if value.is_integer() else value
    return value


def _fit(text: str, width: int) -> str:
    flat = " ".join(text.split())
    return flat if not width or len(flat) <= width else flat[: width - 1] + "…"
