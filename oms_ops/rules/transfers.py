"""Transfers between locations: what leaves one is incoming at the other until it arrives or is lost."""

from __future__ import annotations

from collections.abc import Mapping

from oms_ops import lifecycle
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, OutOfStock
from oms_ops.rules.lots import require_units, set_stale_aside
from oms_ops.rules.placing import fill_waiting
from oms_ops.stock_papers import Transfer, TransferLine

THING = "transfer"
NOT_LEFT = ("draft", "ready_to_ship")
OPEN = (*NOT_LEFT, "in_transit", "partially_received")
LOSS_REASONS = ("damaged_in_transit", "lost_in_transit", "stolen", "short_shipped", "other")


def draft(
    desk: Desk, transfer_id: str, *, origin_id: str, destination_id: str, units: Mapping[str, int],
    expected_at: int | None,
) -> Transfer:  # fmt: skip
    if desk.shelf.find(Transfer, transfer_id) is not None:
        raise InvalidCommand(f"transfer {transfer_id} already stands in the order book")
    if origin_id == destination_id:
        raise InvalidCommand(f"transfer {transfer_id} leads from {origin_id} to itself")
    if not units or min(units.values()) <= 0:
        raise InvalidCommand(f"transfer {transfer_id} needs a positive quantity per sku, found {dict(units)}")
    transfer = Transfer(
        transfer_id, origin_id, destination_id, "draft", desk.occurred_at, expected_at=expected_at
    )
    transfer.lines = [TransferLine(sku, quantity) for sku, quantity in units.items()]
    desk.keep(transfer)
    return transfer


def extend(desk: Desk, transfer: Transfer, *, units: Mapping[str, int]) -> None:
    """More units on one that is still to be picked."""
    if transfer.state != "draft":
        raise InvalidCommand(
            f"transfer {transfer.transfer_id} is {transfer.state}: nothing can be added to it any more"
        )
    lines = {line.sku: line for line in transfer.lines}
    for sku, quantity in units.items():
        if sku in lines:
            lines[sku].quantity += quantity
        else:
            transfer.lines.append(TransferLine(sku, quantity))
    desk.keep(transfer)


def ready(desk: Desk, transfer: Transfer) -> None:
    """Picked and packed; the stock is still the origin's to sell."""
    _become(transfer, "ready_to_ship")
    desk.keep(transfer)


def cancel(desk: Desk, transfer: Transfer) -> None:
    _become(transfer, "canceled")
    desk.keep(transfer)


def ship(
    desk: Desk, transfer: Transfer, *, units: Mapping[str, int], lots: Mapping[str, Mapping[str, int]]
) -> None:  # fmt: skip
    """It leaves, as planned or less: out of what is available at the origin alone, never what orders hold."""
    _become(transfer, "in_transit")
    _require_available(desk, transfer, units)
    transfer.shipped_at = desk.occurred_at
    posting = desk.posting(reference=transfer.transfer_id)
    for line in transfer.lines:
        quantity = units.get(line.sku, 0)
        if quantity:
            stock = desk.stock[line.sku, transfer.origin_id]
            require_units(stock, lots.get(line.sku), quantity=quantity, of="free")
            with desk.of_lots(lots.get(line.sku)) as moved:
                desk.move(posting, stock, kind="transfer_out", quantity=quantity)
            line.lots = {code: taken for code, taken in moved.items() if code}
            line.shipped = quantity
            incoming = desk.stock[line.sku, transfer.destination_id]
            desk.move(posting, incoming, kind="transfer_ordered", quantity=quantity)
    desk.keep(transfer)


def receive(desk: Desk, transfer: Transfer, *, units: Mapping[str, int]) -> None:
    """It arrives, perhaps in parts, in the lots in which it left."""
    _require_in_transit(transfer, units)
    posting = desk.posting(reference=transfer.transfer_id)
    for sku, quantity in units.items():
        line = find_line(transfer, sku)
        line.received += quantity
        stock = desk.stock[sku, transfer.destination_id]
        with desk.of_lots(line.lots) as moved:
            desk.move(posting, stock, kind="transfer_in", quantity=quantity)
        _take_off(line, moved)
        set_stale_aside(desk, stock, reason="came in blocked or expired")
    _follow(desk, transfer)
    for sku in units:
        fill_waiting(desk, sku, location_id=transfer.destination_id)


def lose(desk: Desk, transfer: Transfer, *, units: Mapping[str, int], reason: str) -> None:
    """Units that left will not arrive."""
    if reason not in LOSS_REASONS:
        raise InvalidCommand(f"no loss reason {reason!r}; known: {', '.join(LOSS_REASONS)}")
    _require_in_transit(transfer, units)
    posting = desk.posting(reference=transfer.transfer_id, reason=reason)
    for sku, quantity in units.items():
        line = find_line(transfer, sku)
        line.lost += quantity
        _take_off(line, dict(_first(line.lots, quantity)))
        stock = desk.stock[sku, transfer.destination_id]
        desk.move(posting, stock, kind="transfer_lost", quantity=quantity)
    _follow(desk, transfer)


def find_line(transfer: Transfer, sku: str) -> TransferLine:
    for line in transfer.lines:
        if line.sku == sku:
            return line
    known = ", ".join(line.sku for line in transfer.lines)
    raise InvalidCommand(f"transfer {transfer.transfer_id} has no sku {sku!r}; it has {known}")


def _require_available(desk: Desk, transfer: Transfer, units: Mapping[str, int]) -> None:
    short = {}
    for sku, quantity in units.items():
        line = find_line(transfer, sku)
        if not 0 <= quantity <= line.quantity:
            raise InvalidCommand(
                f"transfer {transfer.transfer_id} plans {line.quantity} units of {sku}, found {quantity}"
            )
        found = desk.available(sku, transfer.origin_id)
        if found < quantity:
            short[f"{sku} (at {transfer.origin_id})"] = (quantity, max(0, found))
    if short:
        raise OutOfStock(short)
    if not any(units.values()):
        raise InvalidCommand(f"transfer {transfer.transfer_id} ships nothing: cancel it")


def _require_in_transit(transfer: Transfer, units: Mapping[str, int]) -> None:
    if transfer.state not in ("in_transit", "partially_received"):
        lifecycle.require(THING, transfer.state, "partially_received", name=transfer.transfer_id)
    if not units:
        raise InvalidCommand(f"name units of transfer {transfer.transfer_id}")
    for sku, quantity in units.items():
        line = find_line(transfer, sku)
        if not 0 < quantity <= line.in_transit:
            raise InvalidCommand(
                f"{sku} of transfer {transfer.transfer_id} has {line.in_transit} units in transit "
                f"({line.shipped} shipped, {line.received} received, {line.lost} lost), found {quantity}"
            )


def _follow(desk: Desk, transfer: Transfer) -> None:
    is_over = not any(line.in_transit for line in transfer.lines)
    state = "received" if is_over else "partially_received"
    if state != transfer.state:
        _become(transfer, state)
    desk.keep(transfer)


def _become(transfer: Transfer, state: str) -> None:
    transfer.state = lifecycle.require(THING, transfer.state, state, name=transfer.transfer_id)


def _take_off(line: TransferLine, units: Mapping[str, int]) -> None:
    left = {code: there - units.get(code, 0) for code, there in line.lots.items()}
    line.lots = {code: there for code, there in left.items() if there > 0}


def _first(lots: Mapping[str, int], quantity: int):
    for code, there in lots.items():
        taken = min(there, quantity)
        quantity -= taken
        yield code, taken
