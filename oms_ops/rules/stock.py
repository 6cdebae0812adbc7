"""Stock that arrives, is ordered, counted, corrected or set aside. Stock that comes free serves who waits."""

from __future__ import annotations

from oms_ops import ledger
from oms_ops.desk import Desk
from oms_ops.documents import PurchaseLine
from oms_ops.errors import InvalidCommand, OutOfStock
from oms_ops.rules.placing import fill_waiting

SET_ASIDE = ("damaged", "quality_control", "safety_stock")


def order_inbound(desk: Desk, line: PurchaseLine) -> None:
    """A purchase order line owes its quantity, less receipts that came before it; a repeat is ignored."""
    known = desk.shelf.purchase_line(line.purchase_order_line_id)
    if known is not None and known.quantity:
        return
    line.received = known.received if known else 0
    desk.shelf.add_purchase_line(line)
    desk.journal.purchase_lines[line.purchase_order_line_id] = line
    if line.open_units:
        posting = desk.posting(reference=line.purchase_order_line_id)
        stock = desk.stock[line.sku, line.location_id]
        desk.move(posting, stock, kind="ordered_inbound", quantity=line.open_units)


def receive(
    desk: Desk, sku: str, *, location_id: str, quantity: int, reference: str,
    purchase_line_id: str | None = None,
) -> None:  # fmt: skip
    """Goods come in. What their purchase order line still owes is closed by them, the rest came unordered."""
    _require_positive(quantity, sku)
    stock = desk.stock[sku, location_id]
    posting = desk.posting(reference=reference)
    expected = 0
    if purchase_line_id:
        line = _purchase_line(desk, purchase_line_id, sku, location_id)
        expected = min(quantity, line.open_units)
        line.received += quantity
        promised = desk.stock[line.sku, line.location_id]
        if expected and promised is not stock:
            desk.move(posting, promised, kind="inbound_canceled", quantity=expected)
            expected = 0
    if expected:
        desk.move(posting, stock, kind="received", quantity=expected)
    if quantity > expected:
        desk.move(posting, stock, kind="received_unordered", quantity=quantity - expected)
    fill_waiting(desk, sku, location_id=location_id)


def count(
    desk: Desk, sku: str, *, location_id: str, quantity: int, reference: str, reason: str,
    kind: str = "counted",
) -> None:  # fmt: skip
    """`quantity` is on hand: a `snapshot_reset` from a feed that replaces, `counted` by a person."""
    if quantity < 0:
        raise InvalidCommand(f"nobody counts {quantity} units of {sku}: a count is 0 or more")
    difference = quantity - desk.stock[sku, location_id].balance[ledger.ON_HAND]
    _correct(desk, sku, location_id, kind, difference, reference, reason)


def adjust(desk: Desk, sku: str, *, location_id: str, quantity: int, reference: str, reason: str) -> None:
    """A find (above 0) or a write-off (below 0), even of more than is available: see docs/decisions/0003."""
    if not quantity:
        raise InvalidCommand(f"an adjustment of {sku} by 0 units adjusts nothing")
    _correct(desk, sku, location_id, "adjusted", quantity, reference, reason)


def move_state(
    desk: Desk, sku: str, *, location_id: str, source: str, target: str, quantity: int,
    reference: str, reason: str,
) -> None:  # fmt: skip
    """Set units aside from `available`, or put them back."""
    _require_positive(quantity, sku)
    if (source == "available") == (target == "available") or {source, target} - {"available", *SET_ASIDE}:
        raise InvalidCommand(
            f"units move between available and one of {', '.join(SET_ASIDE)}, found {source} to {target}"
        )
    stock = desk.stock[sku, location_id]
    found = stock.balance[ledger.QUANTITIES.index(source)]
    if found < quantity:
        raise OutOfStock({f"{sku} ({source} at {location_id})": (quantity, found)})
    kind = f"moved_to_{target}" if source == "available" else f"moved_from_{source}"
    desk.move(desk.posting(reference=reference, reason=reason), stock, kind=kind, quantity=quantity)
    fill_waiting(desk, sku, location_id=location_id)


def _correct(desk: Desk, sku, location_id, kind, difference, reference, reason) -> None:
    ledger.check(kind, quantity=difference, reason=reason)
    posting = desk.posting(reference=reference, reason=reason)
    desk.move(posting, desk.stock[sku, location_id], kind=kind, quantity=difference)
    if difference > 0:
        fill_waiting(desk, sku, location_id=location_id)


def _purchase_line(desk: Desk, purchase_line_id: str, sku: str, location_id: str) -> PurchaseLine:
    """The line as known, or, where its order has not arrived yet, a line that owes nothing."""
    line = desk.shelf.purchase_line(purchase_line_id)
    if line is None:
        line = PurchaseLine(purchase_line_id, None, sku, location_id, 0, 0, None, None)
        desk.shelf.add_purchase_line(line)
    desk.journal.purchase_lines[purchase_line_id] = line
    return line


def _require_positive(quantity: int, sku: str) -> None:
    if quantity <= 0:
        raise InvalidCommand(f"a positive quantity of {sku} is needed, found {quantity}")
