"""Feeds of stock: a snapshot replaces what was counted at an instant, a delta adds (docs/decisions/0014).

A snapshot is held against the book as it was when it was counted: movements it cannot have seen are added on
top, and movements that are told later but happened before it are evened out (oms_ops.watching).
"""

from __future__ import annotations

from collections.abc import Mapping

from oms_ops import ledger
from oms_ops.desk import Counting, Desk
from oms_ops.errors import InvalidCommand
from oms_ops.ledger import Stock
from oms_ops.rules import stock as stock_rules
from oms_ops.rules.placing import fill_waiting
from oms_ops.stock_papers import SnapshotMark
from oms_ops.watching import Watch


def counting(desk: Desk, location_id: str) -> Counting:
    return desk.places.counted.get(location_id) or Counting()


def reset(
    desk: Desk, place: Stock, *, units: int, counted_at: int, feed_id: str, document_id: str, posting: int
) -> int | None:  # fmt: skip
    """`units` were there at `counted_at`; by how many the book was off. None: a newer snapshot stands."""
    if units < 0:
        raise InvalidCommand(f"nobody counts {units} units of {place.sku}: a snapshot has 0 or more")
    mark = place.watch.mark if place.watch else None
    if mark is not None and mark.counted_at > counted_at:
        return None
    how = counting(desk, place.location_id)
    known_at = counted_at - how.claim_lag
    watch = place.watch or Watch()
    unseen = watch.unseen(counted_at, known_at)
    there = place.balance[ledger.ON_HAND]
    if not how.includes_committed:
        there -= place.balance[ledger.COMMITTED]
    there -= sum(moved.counts(includes_committed=how.includes_committed) for moved in unseen)
    difference = units - there
    if difference:
        desk.move(posting, place, kind="snapshot_reset", quantity=difference)
    if place.stock_no:
        place.watch = watch
        kept = {moved.movement_seq for moved in unseen}
        desk.journal.snapshots_counted += [
            (place.stock_no, moved.movement_seq) for moved in watch.log if moved.movement_seq not in kept
        ]
        watch.log = unseen
        watch.mark = SnapshotMark(
            place.stock_no, counted_at, known_at, how.includes_committed, feed_id, document_id
        )
        desk.keep(watch.mark)
    return difference


def snapshot(
    desk: Desk, location_id: str, *, units: Mapping[str, int], counted_at: int, feed_id: str,
    document_id: str, is_complete: bool,
) -> dict[str, int | None]:  # fmt: skip
    """Each sku's difference. A complete one says 0 for every sku it does not name."""
    places = {place.sku: place for place in desk.shelf.places(location_id=location_id)}
    units = dict(units)
    if is_complete:
        units |= {sku: 0 for sku in places if sku not in units}
    fresh = [
        place for sku, place in places.items() if sku in units and not (place.watch and place.watch.mark)
    ]
    desk.shelf.open_logs(fresh, after=counted_at - counting(desk, location_id).claim_lag)
    posting = desk.posting(reference=document_id, reason=f"snapshot of {feed_id}")
    found = {}
    for sku, quantity in units.items():
        found[sku] = reset(
            desk, desk.stock[sku, location_id], units=quantity, counted_at=counted_at, feed_id=feed_id,
            document_id=document_id, posting=posting,
        )  # fmt: skip
    for sku, difference in found.items():
        if difference and difference > 0:
            fill_waiting(desk, sku, location_id=location_id)
    return found


def delta(
    desk: Desk, location_id: str, *, units: Mapping[str, int], feed_id: str, document_id: str
) -> None:  # fmt: skip
    """Each sku has so many more, or fewer below 0."""
    for sku, change in units.items():
        if change:
            stock_rules.correct(
                desk, sku, location_id=location_id, kind="feed_delta", difference=change,
                reference=document_id, reason=f"delta of {feed_id}",
            )  # fmt: skip


def reported(desk: Desk, sku: str, *, location_id: str, units: int, count_id: str) -> None:
    """A count that the bulk stream tells of, at a location somebody else counts."""
    posting = desk.posting(reference=count_id, reason="stock count")
    difference = reset(
        desk, desk.stock[sku, location_id], units=max(0, units), counted_at=desk.occurred_at,
        feed_id="stock_count", document_id=count_id, posting=posting,
    )  # fmt: skip
    if difference and difference > 0:
        fill_waiting(desk, sku, location_id=location_id)
