"""Stock that arrives, is counted, corrected, set aside, inspected, thrown away; it serves who waits.

Purchase orders, transfers, cycle counts, kits, lots and snapshots have modules of their own beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops import ledger
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, OutOfStock
from oms_ops.rules import lots as lot_rules
from oms_ops.rules import purchasing
from oms_ops.rules.placing import fill_waiting
from oms_ops.stock_papers import LotUnits

SET_ASIDE = ("damaged", "quality_control", "safety_stock")
OUTCOMES = ("available", "damaged", "disposed")
_BETWEEN = {
    ("damaged", "quality_control"): "damaged_to_quality_control",
    ("quality_control", "damaged"): "quality_control_to_damaged",
}


def receive(
    desk: Desk, sku: str, *, location_id: str, quantity: int, reference: str,
    purchase_line_id: str | None = None, lots: Sequence[LotUnits] | None = None,
) -> None:  # fmt: skip
    """Goods come in. What their purchase order line still owes is closed by them, the rest came unordered."""
    _require_positive(quantity, sku)
    stock = desk.stock[sku, location_id]
    named = lot_rules.label(desk, stock, lots, quantity=quantity)
    posting = desk.posting(reference=reference)
    expected = 0
    if purchase_line_id:
        line = purchasing.line_for(desk, purchase_line_id, sku, location_id)
        expected = min(quantity, line.open_units)
        purchasing.note_receipt(desk, line, quantity=quantity)
        promised = desk.stock[line.sku, line.location_id]
        if expected and promised is not stock:
            desk.move(posting, promised, kind="inbound_canceled", quantity=expected)
            expected = 0
    with desk.of_lots(named):
        if expected:
            desk.move(posting, stock, kind="received", quantity=expected)
        if quantity > expected:
            desk.move(posting, stock, kind="received_unordered", quantity=quantity - expected)
    lot_rules.set_stale_aside(desk, stock, reason="came in blocked or expired")
    fill_waiting(desk, sku, location_id=location_id)


def count(
    desk: Desk, sku: str, *, location_id: str, quantity: int, reference: str, reason: str,
    kind: str = "counted",
) -> None:  # fmt: skip
    """`quantity` is on hand: a `snapshot_reset` from a feed that replaces, `counted` by a person."""
    if quantity < 0:
        raise InvalidCommand(f"nobody counts {quantity} units of {sku}: a count is 0 or more")
    difference = quantity - desk.stock[sku, location_id].balance[ledger.ON_HAND]
    correct(
        desk, sku, location_id=location_id, kind=kind, difference=difference, reference=reference,
        reason=reason,
    )  # fmt: skip


def adjust(
    desk: Desk, sku: str, *, location_id: str, quantity: int, reference: str, reason: str,
    lots: Sequence[LotUnits] | None = None,
) -> None:  # fmt: skip
    """A find (above 0) or a write-off (below 0), even of more than is available: see docs/decisions/0003."""
    if not quantity:
        raise InvalidCommand(f"an adjustment of {sku} by 0 units adjusts nothing")
    stock = desk.stock[sku, location_id]
    if quantity > 0:
        units = lot_rules.label(desk, stock, lots, quantity=quantity)
    else:
        units = {given.lot_code: given.quantity for given in lots or ()}
        lot_rules.require_units(stock, units, quantity=-quantity, of="free")
    with desk.of_lots(units):
        correct(
            desk, sku, location_id=location_id, kind="adjusted", difference=quantity, reference=reference,
            reason=reason,
        )  # fmt: skip


def move_state(
    desk: Desk, sku: str, *, location_id: str, source: str, target: str, quantity: int,
    reference: str, reason: str, lots: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Set units aside from `available`, put them back, or move them between damaged and quality_control."""
    _require_positive(quantity, sku)
    kind = _kind_between(source, target)
    stock = desk.stock[sku, location_id]
    _require(stock, source, quantity)
    lot_rules.require_units(
        stock, lots, quantity=quantity, of="free" if source == "available" else "set_aside"
    )
    if target == "available" and source != "safety_stock":
        lot_rules.require_fresh(stock, lots, quantity=quantity, at=desk.occurred_at)
    with desk.of_lots(lots):
        desk.move(desk.posting(reference=reference, reason=reason), stock, kind=kind, quantity=quantity)
    fill_waiting(desk, sku, location_id=location_id)


def dispose(
    desk: Desk, sku: str, *, location_id: str, source: str, quantity: int, reference: str, reason: str,
    lots: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Thrown away out of damaged or quality_control. Good units are written off with `adjust`."""
    _require_positive(quantity, sku)
    if source not in ("damaged", "quality_control"):
        raise InvalidCommand(f"{sku} is disposed of from damaged or quality_control, found {source}")
    stock = desk.stock[sku, location_id]
    _require(stock, source, quantity)
    lot_rules.require_units(stock, lots, quantity=quantity, of="set_aside")
    with desk.of_lots(lots):
        posting = desk.posting(reference=reference, reason=reason)
        desk.move(posting, stock, kind=f"disposed_{source}", quantity=quantity)


def inspect(
    desk: Desk, sku: str, *, location_id: str, outcome: Mapping[str, int], reference: str, reason: str,
    lots: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """What quality control found: units that are available again, damaged, or disposed of."""
    strangers = set(outcome) - set(OUTCOMES)
    if strangers or not outcome:
        raise InvalidCommand(
            f"an inspection of {sku} ends in {', '.join(OUTCOMES)}, found {', '.join(outcome) or 'nothing'}"
        )
    if lots and len(outcome) > 1:
        raise InvalidCommand(f"name lots of {sku} for one outcome at a time, found {', '.join(outcome)}")
    _require(desk.stock[sku, location_id], "quality_control", sum(outcome.values()))
    more = {"location_id": location_id, "reference": reference, "reason": reason}
    for target, quantity in outcome.items():
        if target == "disposed":
            dispose(desk, sku, source="quality_control", quantity=quantity, lots=lots, **more)
        else:
            move_state(
                desk, sku, source="quality_control", target=target, quantity=quantity, lots=lots, **more
            )


def correct(
    desk: Desk, sku: str, *, location_id: str, kind: str, difference: int, reference: str | None, reason: str
) -> None:  # fmt: skip
    """`on_hand` and `available` change together, by what a count or a correction says."""
    ledger.check(kind, quantity=difference, reason=reason)
    posting = desk.posting(reference=reference, reason=reason)
    desk.move(posting, desk.stock[sku, location_id], kind=kind, quantity=difference)
    if difference > 0:
        fill_waiting(desk, sku, location_id=location_id)


def _kind_between(source: str, target: str) -> str:
    known = ("available", *SET_ASIDE)
    if source not in known or target not in known or source == target:
        raise InvalidCommand(f"units move between {', '.join(known)}, found {source} to {target}")
    if source == "available":
        return f"moved_to_{target}"
    if target == "available":
        return f"moved_from_{source}"
    if (source, target) not in _BETWEEN:
        raise InvalidCommand(
            f"only by way of available may units go on from there, found {source} to {target}"
        )
    return _BETWEEN[source, target]


def _require(stock: ledger.Stock, source: str, quantity: int) -> None:
    found = stock.balance[ledger.QUANTITIES.index(source)]
    if found < quantity:
        raise OutOfStock({f"{stock.sku} ({source} at {stock.location_id})": (quantity, found)})


def _require_positive(quantity: int, sku: str) -> None:
    if quantity <= 0:
        raise InvalidCommand(f"a positive quantity of {sku} is needed, found {quantity}")
