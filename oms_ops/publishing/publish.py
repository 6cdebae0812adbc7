"""Publishing: compute the ATS of what changed since the last time, and write down the values that differ.

Computed in a read transaction that holds up no order, written in a short one that first makes sure nobody
else has published meanwhile. What cannot be told from movements, events and decisions is computed whole. A
movement that commits late has a number above the mark: the mark is the book's settled one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from oms_ops.ats import Ats
from oms_ops.ats_policy import EVERY_SKU
from oms_ops.availability import of_stock, stock_of
from oms_ops.errors import OmsError
from oms_ops.kit_ats import Kits, base_components, kits_using
from oms_ops.store import BookConnection, OrderBook, export, publication, supply
from oms_ops.store.publication import Mark
from oms_ops.units import micros
from warehouse.settings import Settings

FORMULA = 1  # counted up with a change of the formula: what was published by the old one is computed again
MOST_CHANGES = 50_000  # movements and events beyond which looking each one up costs more than computing all
_ATTEMPTS = 5


@dataclass(frozen=True)
class PublishReport:
    """`computed` (channel, sku) pairs, `changed` new values. `because`: why all were computed, else ""."""

    computed: int
    changed: int
    because: str
    movement_seq: int


@dataclass(frozen=True)
class _Draft:
    before: Mark | None
    seen: Mark
    because: str
    computed: int
    rows: list[dict]
    superseded: list[int]


def publish(book: OrderBook, settings: Settings, *, now: datetime, is_full: bool = False) -> PublishReport:
    """Publish what changed; all of it where `is_full`, or where nothing tells what changed."""
    for _ in range(_ATTEMPTS):
        draft = _compute(book, settings, at=micros(now), is_full=is_full)
        if _write(book, draft, at=micros(now)):
            return PublishReport(draft.computed, len(draft.rows), draft.because, draft.seen.movement_seq)
    raise OmsError("ATS is being published by somebody else all the time; let one publisher do it")


def is_publishing(book: OrderBook) -> bool:
    """Whether anything was ever published: then it is to be kept up to date."""
    with book.read() as con:
        return publication.mark(con) is not None


def book_mark(book: OrderBook) -> tuple[int, ...]:
    """Numbers that change whenever something did that the warehouse copies: events, movements, publications
    and decisions on ATS."""
    with book.read() as con:
        return (
            export.last_event(con),
            export.last_movement(con),
            publication.last_change(con),
            publication.last_policy(con),
        )


def terms_of(found: Ats) -> dict[str, object]:
    """What a value came from, as it is kept with its publication."""
    terms = found.terms
    return {
        "free_by_location": dict(found.free_by_location),
        "unrouted_units": terms.unrouted_units,
        "threshold": terms.threshold,
        "pool": found.pool,
        "share": terms.share,
        "max_quantity": terms.max_quantity,
        "is_listed": terms.is_listed,
        "components": {sku: list(part) for sku, part in found.components.items()},
        "explanation": found.explanation,
    }


def _compute(book: OrderBook, settings: Settings, *, at: int, is_full: bool) -> _Draft:
    """What to write, from one state of the book."""
    with book.read_settled() as (con, last_movement):
        before, kits = publication.mark(con), supply.kits(con)
        seen = _seen(con, settings, kits, last_movement=last_movement)
        because = "asked for" if is_full else _why_all(con, before, seen)
        if before == seen and not because and export.last_movement(con) == last_movement:
            return _Draft(before, seen, "", 0, [], [])
        scope = _Scope(None, None) if because else _scope(_changed(con, before), kits)
        stock = stock_of(con, skus=scope.needed)
        standing = publication.in_force(con, skus=scope.skus)
    offers = of_stock(stock, settings, only=scope.skus)
    found = {(offer.channel_id, offer.sku): offer.ats for offer in offers}
    changes = _changes(found, standing)
    rows = [
        {"channel_id": channel_id, "sku": sku, "value": value, "terms": json.dumps(terms)}
        | {"computed_at": at, "movement_seq": seen.movement_seq}
        for (channel_id, sku), (value, terms) in changes.items()
    ]
    superseded = [standing[pair][0] for pair in changes if pair in standing]
    return _Draft(before, seen, because, len(found), rows, superseded)


def _seen(con: BookConnection, settings: Settings, kits: Kits, *, last_movement: int) -> Mark:
    fingerprint = _fingerprint(settings, kits)
    return Mark(last_movement, export.last_event(con), publication.last_policy(con), fingerprint)


def _changes(
    found: Mapping[tuple[str, str], Ats], standing: Mapping[tuple[str, str], tuple[int, int]]
) -> dict[tuple[str, str], tuple[int, dict]]:
    """Pairs whose value is new, with the value and its terms. What is sold nowhere any more becomes 0."""
    changes = {
        pair: (ats.value, terms_of(ats))
        for pair, ats in found.items()
        if pair not in standing or standing[pair][1] != ats.value
    }
    for pair, (_, value) in standing.items():
        if pair not in found and value:
            changes[pair] = (0, {"explanation": "the channel or the sku is no longer known = 0"})
    return changes


def _write(book: OrderBook, draft: _Draft, *, at: int) -> bool:
    """False where another publication has come between."""
    if draft.before == draft.seen and not draft.rows:
        return True
    with book.write() as con:
        if publication.mark(con) != draft.before:
            return False
        if draft.rows:
            publication.add(con, draft.rows, superseded=draft.superseded, at=at)
        publication.set_mark(con, draft.seen)
    return True


def _why_all(con: BookConnection, before: Mark | None, seen: Mark) -> str:
    """Why everything has to be computed; "" where the changes can be told."""
    if before is None:
        return "nothing was published from this state yet"
    if before.inputs != seen.inputs:
        return "settings or kits changed"
    if any(new < old for old, new in zip(before[:3], seen[:3], strict=True)):
        return "the book is behind what was published from it"
    if seen.movement_seq - before.movement_seq + seen.event_seq - before.event_seq > MOST_CHANGES:
        return f"more than {MOST_CHANGES:,} changes"
    if EVERY_SKU in publication.decided_since(con, before.policy_seq):
        return "a decision on every sku"
    return ""


def _changed(con: BookConnection, before: Mark) -> set[str]:
    return (
        supply.moved_since(con, before.movement_seq)
        | supply.touched_since(con, before.event_seq)
        | publication.decided_since(con, before.policy_seq)
    )


@dataclass(frozen=True)
class _Scope:
    """`skus` to compute, and all there is to read for them: kits' components, kits that wait for those.

    None: every one.
    """

    skus: set[str] | None
    needed: set[str] | None


def _scope(changed: set[str], kits: Kits) -> _Scope:
    if not kits:
        return _Scope(changed, changed)
    bases = base_components(kits)
    users = kits_using(bases)
    roots = changed | _all(changed, bases)
    skus = roots | _all(roots, users)
    read = skus | _all(skus, bases)
    return _Scope(skus, read | _all(read, users))


def _all(skus: Iterable[str], related: Mapping[str, Iterable[str]]) -> set[str]:
    return {other for sku in skus for other in related.get(sku, ())}


def _fingerprint(settings: Settings, kits: Kits) -> str:
    """Of everything ATS depends on that has no number of its own."""
    channels = [
        (channel.channel_id, channel.network, channel.threshold, channel.share, channel.max_quantity)
        for channel in settings.channels
    ]
    places = [
        (place.location_id, place.priority, place.is_active, place.facility_buffer)
        for place in settings.locations
    ]
    text = json.dumps([FORMULA, channels, places, kits], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
