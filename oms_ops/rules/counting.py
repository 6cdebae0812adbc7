"""Cycle counts: the book's units are noted, people count, the difference is explained, approved and posted.

A count is held against the book at the moment somebody counted: what moved between opening and counting, and
between counting and posting, is no variance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oms_ops import ledger, lifecycle
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.rules.placing import fill_waiting
from oms_ops.stock_papers import CountLine, CycleCount

THING = "cycle count"
VARIANCE_REASONS = (
    "shrinkage", "damage", "miscount", "mis_shipment", "mis_receipt", "found", "expired", "unknown",
)  # fmt: skip


def open_(
    desk: Desk, count_id: str, *, location_id: str, skus: Iterable[str], approval_units: int,
    being_counted: Mapping[str, str],
) -> CycleCount:  # fmt: skip
    """`being_counted`: skus of this location in other counts not yet posted, with the count."""
    if desk.shelf.find(CycleCount, count_id) is not None:
        raise InvalidCommand(f"cycle count {count_id} already stands in the order book")
    skus = list(dict.fromkeys(skus))
    busy = [f"{sku} by {being_counted[sku]}" for sku in skus if sku in being_counted]
    if not skus or busy or approval_units < 0:
        found = f"being counted already: {', '.join(busy)}" if busy else f"{len(skus)} skus, {approval_units}"
        raise InvalidCommand(
            f"cycle count {count_id} needs skus nobody else counts and a threshold of 0 or more units, "
            f"found {found}"
        )
    count = CycleCount(count_id, location_id, "open", approval_units, desk.occurred_at, desk.numbers.movement)
    count.lines = [CountLine(sku, _on_hand(desk, sku, location_id)) for sku in skus]
    desk.keep(count)
    return count


def enter(desk: Desk, count: CycleCount, *, counted: Mapping[str, int], reasons: Mapping[str, str]) -> None:
    """Units found now, with the reason where they are not the book's."""
    if count.state != "open":
        lifecycle.require(THING, count.state, "counted", name=count.count_id)
    if not counted:
        raise InvalidCommand(f"name what was counted for cycle count {count.count_id}")
    for sku, units in counted.items():
        line = find_line(count, sku)
        if units < 0:
            raise InvalidCommand(f"nobody counts {units} units of {sku}: a count is 0 or more")
        line.counted, line.counted_at = units, desk.occurred_at
        line.variance = units - _book_at(desk, count, line)
        line.reason = _reason(count, line, reasons.get(sku))
    desk.keep(count)


def finish(desk: Desk, count: CycleCount) -> None:
    """Everything is counted: posted, or where a line is off by more than the threshold, up for approval."""
    missing = [line.sku for line in count.lines if line.counted is None]
    if missing:
        raise InvalidCommand(f"cycle count {count.count_id} still lacks {', '.join(missing)}")
    _require(count, "posted")
    for line in count.lines:
        line.variance = line.counted - _book_at(desk, count, line)
    if any(abs(line.variance) > count.approval_units for line in count.lines):
        _become(count, "awaiting_approval")
        desk.keep(count)
    else:
        _post(desk, count)


def approve(desk: Desk, count: CycleCount, *, by: str) -> None:
    if count.state != "awaiting_approval":
        lifecycle.require(THING, count.state, "approved", name=count.count_id)
    count.approved_by = by
    _post(desk, count)


def recount(desk: Desk, count: CycleCount) -> None:
    """Not believed: the lines off by more than the threshold are counted again."""
    _become(count, "open")
    for line in count.lines:
        if abs(line.variance) > count.approval_units:
            line.counted = line.counted_at = line.variance = line.reason = None
    desk.keep(count)


def cancel(desk: Desk, count: CycleCount) -> None:
    _become(count, "canceled")
    count.closed_at = desk.occurred_at
    desk.keep(count)


def find_line(count: CycleCount, sku: str) -> CountLine:
    for line in count.lines:
        if line.sku == sku:
            return line
    known = ", ".join(line.sku for line in count.lines)
    raise InvalidCommand(f"cycle count {count.count_id} does not count {sku!r}; it counts {known}")


def _post(desk: Desk, count: CycleCount) -> None:
    """Each variance becomes a movement dated when it was counted; a line without one is recorded as it is."""
    _become(count, "posted")
    count.closed_at = posted_at = desk.occurred_at
    for line in count.lines:
        line.variance = line.counted - _book_at(desk, count, line)
        if line.variance:
            desk.occurred_at = line.counted_at
            posting = desk.posting(reference=count.count_id, reason=line.reason or "unknown")
            place = desk.stock[line.sku, count.location_id]
            desk.move(posting, place, kind="counted", quantity=line.variance)
            desk.occurred_at = posted_at
    for line in count.lines:
        if line.variance > 0:
            fill_waiting(desk, line.sku, location_id=count.location_id)
    desk.keep(count)


def _book_at(desk: Desk, count: CycleCount, line: CountLine) -> int:
    """What the book, as we know it now, had on hand when the line was counted."""
    place = desk.stock[line.sku, count.location_id]
    return line.expected + desk.shelf.moved_on_hand(
        place.stock_no, after=count.frozen_seq, until=line.counted_at
    )


def _reason(count: CycleCount, line: CountLine, reason: str | None) -> str | None:
    if reason is not None and reason not in VARIANCE_REASONS:
        raise InvalidCommand(f"no variance reason {reason!r}; known: {', '.join(VARIANCE_REASONS)}")
    if line.variance and reason is None:
        raise InvalidCommand(
            f"{line.sku} in cycle count {count.count_id}: {line.counted} counted, the book had "
            f"{line.counted - line.variance}: give a reason, one of {', '.join(VARIANCE_REASONS)}"
        )
    return reason if line.variance else None


def _on_hand(desk: Desk, sku: str, location_id: str) -> int:
    return desk.stock[sku, location_id].balance[ledger.ON_HAND]


def _require(count: CycleCount, state: str) -> str:
    return lifecycle.require(THING, count.state, state, name=count.count_id)


def _become(count: CycleCount, state: str) -> None:
    count.state = _require(count, state)
