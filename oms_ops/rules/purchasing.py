"""Purchase orders: what suppliers owe us, line by line. Goods that come in are in stock.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.documents import PurchaseLine
from oms_ops.errors import InvalidCommand
from oms_ops.stock_papers import PurchaseOrder

THING = "purchase order"
OWES = ("ordered", "partially_received", "received")
Wanted = Sequence[tuple[PurchaseLine, int]]


def order_inbound(desk: Desk, line: PurchaseLine) -> None:
    """A line a feed tells of owes its quantity, less receipts that came before it; a repeat is ignored."""
    known = desk.shelf.purchase_line(line.purchase_order_line_id)
    if known is not None and known.quantity:
        return
    line.received = known.received if known else 0
    desk.shelf.add_purchase_line(line)
    _owe(desk, line)


def draft(
    desk: Desk, purchase_order_id: str, *, supplier_id: str, location_id: str, units: Mapping[str, int],
    tolerance_percent: int, expected_at: int | None,
) -> PurchaseOrder:  # fmt: skip
    """A line per sku. A draft owes nothing yet."""
    if desk.shelf.find(PurchaseOrder, purchase_order_id) is not None:
        raise InvalidCommand(f"purchase order {purchase_order_id} already stands in the order book")
    if not units or min(units.values()) <= 0 or tolerance_percent < 0:
        raise InvalidCommand(
            f"purchase order {purchase_order_id} needs a positive quantity per sku and a tolerance of 0 or "
            f"more percent, found {dict(units)} and {tolerance_percent} %"
        )
    purchase = PurchaseOrder(
        purchase_order_id, supplier_id, location_id, "draft", tolerance_percent, desk.occurred_at,
        expected_at=expected_at,
    )  # fmt: skip
    for number, (sku, quantity) in enumerate(units.items(), start=1):
        line = PurchaseLine(
            f"{purchase_order_id}/{number:03}", supplier_id, sku, location_id, 0, 0, None, expected_at,
            purchase_order_id, 0, quantity,
        )  # fmt: skip
        purchase.lines.append(line)
        desk.shelf.add_purchase_line(line)
        desk.journal.purchase_lines[line.purchase_order_line_id] = line
    desk.keep(purchase)
    return purchase


def order(desk: Desk, purchase: PurchaseOrder, *, expected_at: int | None) -> None:
    """Sent to the supplier: from now on it is incoming stock."""
    _become(purchase, "ordered")
    purchase.ordered_at = desk.occurred_at
    purchase.expected_at = expected_at or purchase.expected_at
    for line in purchase.lines:
        line.quantity, line.ordered_at = line.drafted, desk.occurred_at
        line.expected_at = purchase.expected_at
        _owe(desk, line)
    desk.keep(purchase)


def extend(
    desk: Desk, purchase: PurchaseOrder, *, units: Mapping[str, int], expected_at: Mapping[str, int]
) -> None:
    """Further lines on one that is ordered and of which nothing has come; they are incoming at once."""
    if purchase.state != "ordered" or {line.sku for line in purchase.lines} & set(units):
        raise InvalidCommand(
            f"purchase order {purchase.purchase_order_id} is {purchase.state} and about "
            f"{', '.join(line.sku for line in purchase.lines)}; no lines for {', '.join(units)} can be added"
        )
    for number, (sku, quantity) in enumerate(units.items(), start=len(purchase.lines) + 1):
        line = PurchaseLine(
            f"{purchase.purchase_order_id}/{number:03}", purchase.supplier_id, sku, purchase.location_id,
            quantity, 0, desk.occurred_at, expected_at[sku], purchase.purchase_order_id, 0, quantity,
        )  # fmt: skip
        purchase.lines.append(line)
        desk.shelf.add_purchase_line(line)
        _owe(desk, line)
    purchase.expected_at = max(purchase.expected_at or 0, *expected_at.values())
    desk.keep(purchase)


def expect(desk: Desk, purchase: PurchaseOrder, *, expected_at: int, lines: Iterable[PurchaseLine]) -> None:
    """What still is to come will come then."""
    if purchase.state not in ("draft", "ordered", "partially_received"):
        lifecycle.require(THING, purchase.state, "expected later", name=purchase.purchase_order_id)
    for line in lines:
        line.expected_at = expected_at
        desk.journal.purchase_lines[line.purchase_order_line_id] = line
    purchase.expected_at = max(line.expected_at for line in purchase.lines if line.expected_at is not None)
    desk.keep(purchase)


def require_receivable(purchase: PurchaseOrder, *, wanted: Wanted) -> None:
    """No more than was ordered, canceled units excepted, and the tolerance agreed."""
    if purchase.state not in OWES:
        lifecycle.require(THING, purchase.state, "partially_received", name=purchase.purchase_order_id)
    for line, quantity in wanted:
        limit = (line.quantity - line.canceled) * (100 + purchase.tolerance_percent) // 100
        if not 0 < quantity <= limit - line.received:
            raise InvalidCommand(
                f"{line.sku} of purchase order {purchase.purchase_order_id}: {line.quantity} ordered, "
                f"{line.canceled} canceled, {line.received} received, {purchase.tolerance_percent} % more "
                f"accepted: up to {max(0, limit - line.received)} may come in, found {quantity}; "
                "receive what is beyond without the purchase order"
            )


def note_receipt(desk: Desk, line: PurchaseLine, *, quantity: int) -> None:
    line.received += quantity
    desk.journal.purchase_lines[line.purchase_order_line_id] = line
    if line.purchase_order_id:
        _follow(desk, desk.shelf.find(PurchaseOrder, line.purchase_order_id))


def cancel(desk: Desk, purchase: PurchaseOrder, *, wanted: Wanted, reason: str) -> None:
    """Units that have not come in will not come any more."""
    if purchase.state not in ("ordered", "partially_received"):
        lifecycle.require(THING, purchase.state, "canceled by line", name=purchase.purchase_order_id)
    for line, quantity in wanted:
        if not 0 < quantity <= line.open_units:
            raise InvalidCommand(
                f"{line.sku} of purchase order {purchase.purchase_order_id} has {line.open_units} units to "
                f"come ({line.received} of {line.quantity} received), found {quantity}"
            )
        _drop(desk, line, quantity, reason)
    _follow(desk, purchase)


def cancel_whole(desk: Desk, purchase: PurchaseOrder, *, reason: str) -> None:
    """Nothing of it has come and nothing will."""
    _end(desk, purchase, "canceled", reason)


def close(desk: Desk, purchase: PurchaseOrder, *, reason: str) -> None:
    """Something of it has come, the rest will not."""
    _end(desk, purchase, "closed", reason)


def _end(desk: Desk, purchase: PurchaseOrder, state: str, reason: str) -> None:
    _become(purchase, state)
    for line in purchase.lines:
        if line.open_units:
            _drop(desk, line, line.open_units, reason)
    desk.keep(purchase)


def line_for(desk: Desk, purchase_line_id: str, sku: str, location_id: str) -> PurchaseLine:
    """The line as known, or, where its order has not arrived yet, a line that owes nothing."""
    line = desk.shelf.purchase_line(purchase_line_id)
    if line is None:
        line = PurchaseLine(purchase_line_id, None, sku, location_id, 0, 0, None, None)
        desk.shelf.add_purchase_line(line)
    desk.journal.purchase_lines[purchase_line_id] = line
    return line


def _follow(desk: Desk, purchase: PurchaseOrder) -> None:
    """Where receipts and cancellations have brought it. A feed may tell of goods for one that is closed."""
    if purchase.state in ("ordered", "partially_received"):
        has_come = any(line.received for line in purchase.lines)
        state = "partially_received" if has_come else "ordered"
        if not any(line.open_units for line in purchase.lines):
            state = "received" if has_come else "canceled"
        if state != purchase.state:
            _become(purchase, state)
            desk.keep(purchase)


def _become(purchase: PurchaseOrder, state: str) -> None:
    purchase.state = lifecycle.require(THING, purchase.state, state, name=purchase.purchase_order_id)


def _owe(desk: Desk, line: PurchaseLine) -> None:
    desk.journal.purchase_lines[line.purchase_order_line_id] = line
    if line.open_units:
        posting = desk.posting(reference=line.purchase_order_line_id)
        stock = desk.stock[line.sku, line.location_id]
        desk.move(posting, stock, kind="ordered_inbound", quantity=line.open_units)


def _drop(desk: Desk, line: PurchaseLine, quantity: int, reason: str) -> None:
    line.canceled += quantity
    desk.journal.purchase_lines[line.purchase_order_line_id] = line
    posting = desk.posting(reference=line.purchase_order_line_id, reason=reason)
    stock = desk.stock[line.sku, line.location_id]
    desk.move(posting, stock, kind="inbound_canceled", quantity=quantity)
