"""An ATS explained: each term of the formula in words and numbers. Pure; no Streamlit, no queries."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dashboards import formats

Row = Mapping[str, object]


@dataclass(frozen=True)
class Term:
    """One line of the sum: what it is, the amount per channel, and what it means."""

    what: str
    amounts: list[str]
    why: str


def terms(rows: Sequence[Row], *, place: Callable[[str], str]) -> list[Term]:
    """From the units free at each location down to what a channel may show; one amount per row of `rows`."""
    free = [json.loads(str(row["free_by_location"])) for row in rows]
    places = sorted(
        {name for found in free for name in found},
        key=lambda name: (-max(f.get(name, 0) for f in free), name),
    )
    found = [
        Term(
            f"Free in {place(name)}",
            [formats.number(units[name]) if name in units else "not sold from" for units in free],
            "available there, less its buffer, never below 0",
        )
        for name in places
    ]
    found += [
        Term(
            "Not yet routed", _each(rows, "unrouted_units", _minus), "ordered, no location claimed for it yet"
        ),
        Term("Threshold", _each(rows, "threshold", _minus), "kept back from the channel"),
        Term("Pool", _each(rows, "pool", formats.number), "what is left of the sum"),
    ]
    if any(float(row["share"]) < 1 for row in rows):
        found.append(Term("Share", [_shared(row) for row in rows], "of the pool, rounded down"))
    if any(row["max_quantity"] is not None for row in rows):
        found.append(
            Term("Cap", _each(rows, "max_quantity", formats.number), "the most the channel is ever shown")
        )
    return found


def _each(rows: Sequence[Row], name: str, say: Callable[[float], str]) -> list[str]:
    return [say(None if row[name] is None else float(row[name])) for row in rows]


def _shared(row: Row) -> str:
    units = math.floor(max(0.0, float(row["pool"])) * float(row["share"]) + 1e-9)
    return f"{formats.percent(row['share'], digits=0)} → {formats.number(units)}"


def sentence(row: Row, *, channel: str) -> str:
    """Why the channel shows this many."""
    ats = float(row["ats"])
    pool = float(row["pool"])
    if ats >= 1:
        capped = row["max_quantity"] is not None and ats >= float(row["max_quantity"])
        limit = ", held to its cap" if capped else ""
        return f"{channel} may sell {formats.units(ats)}{limit}."
    free = sum(json.loads(str(row["free_by_location"])).values())
    if not free:
        return f"{channel} may sell nothing: no location it sells from has a free unit."
    if pool <= 0:
        held = float(row["unrouted_units"])
        cause = "orders not yet routed and the threshold" if held else "the threshold"
        return f"{channel} may sell nothing: {cause} use up the {formats.units(free)} that are free."
    return f"{channel} may sell nothing: its share of {formats.units(pool)} rounds down to 0."


def _minus(value: float | None) -> str:
    return "0" if not value else f"−{formats.number(value)}"
