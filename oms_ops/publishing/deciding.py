"""Decisions on the terms of ATS: who set which term of which channel, location and sku, when and why.

A decision is a row that a later one replaces; none is rewritten. What a term may be is in oms_ops.ats_policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms_ops.ats_policy import BUFFER, EVERY_SKU, check
from oms_ops.errors import InvalidCommand, UnknownLocation
from oms_ops.store import OrderBook, publication
from oms_ops.store.commands import Answer, carry_out_once
from oms_ops.units import instant, micros
from warehouse.settings import Settings


def set_policy(
    book: OrderBook,
    settings: Settings,
    *,
    place: str,
    term: str,
    value: float | None,
    author: str,
    reason: str,
    at: datetime,
    key: str,
    sku: str = EVERY_SKU,
) -> Answer:
    """Set one term of a channel (`facility_buffer`: of a location), for one sku or for every one.

    `value` None takes the decision back: then the one for every sku holds, else the settings.
    """
    check(term, value, name=f"{place} {sku}".strip())
    _require_place(settings, place, term)
    row = {"place": place, "sku": sku, "term": term, "value": None if value is None else float(value)}
    row |= {"author": _said(author, "author"), "reason": _said(reason, "reason")}

    def act(con) -> Answer:
        publication.add_policies(con, [row | {"decided_at": micros(at)}])
        return row

    return carry_out_once(book, act, command="set_ats_policy", key=key, terms=row, at=micros(at))


def policy_history(book: OrderBook, *, place: str | None = None, sku: str | None = None) -> list[dict]:
    """Every decision, oldest first: place, sku ("": all), term, value, author, reason, decided_at."""
    with book.read() as con:
        rows = publication.policy_history(con, place=place, sku=sku)
    return [_shown(row) for row in rows]


def _shown(row: Mapping[str, object]) -> dict:
    names = ("place", "sku", "term", "value", "author", "reason")
    return {name: row[name] for name in names} | {"decided_at": instant(row["decided_at"])}


def _require_place(settings: Settings, place: str, term: str) -> None:
    if term != BUFFER:
        settings.channel(place)
        return
    known = [location.location_id for location in settings.locations]
    if place not in known:
        raise UnknownLocation(f"a {BUFFER} is a location's; no location {place!r}; known: {', '.join(known)}")


def _said(words: str, name: str) -> str:
    if not words or not words.strip():
        raise InvalidCommand(f"a decision on ATS needs its {name}")
    return words.strip()
