"""Lots with an expiry: named when goods come in, expired or recalled, and never shipped past their time.

Which lot a movement takes is chosen in oms_ops.watching.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, OutOfStock
from oms_ops.ledger import AVAILABLE, ON_HAND, QUANTITIES, Stock
from oms_ops.orders import Allocation
from oms_ops.stock_papers import Lot, LotTracking, LotUnits
from oms_ops.units import instant
from oms_ops.watching import UNKNOWN_LOT, StockLot, Watch, fresh_units, stock_lot

_ASIDE = [QUANTITIES.index(name) for name in ("damaged", "quality_control")]


def track(desk: Desk, sku: str, *, places: Iterable[Stock]) -> None:
    """From now on the sku's units are known by lot; those on hand are of a lot nobody named yet."""
    if desk.shelf.find(LotTracking, sku) is not None:
        raise InvalidCommand(f"{sku} is tracked by lot already")
    desk.keep(LotTracking(sku, desk.occurred_at))
    posting = desk.posting(reference=sku, reason="tracked by lot")
    for stock in places:
        stock.watch = stock.watch or Watch()
        stock.watch.lots = {}
        opening = (stock.balance[ON_HAND], sum(stock.balance[index] for index in _ASIDE))
        if any(opening):
            desk.move(posting, stock, kind="lot_changed", quantity=max(1, abs(opening[0])))
            _note(desk, stock, UNKNOWN_LOT, *opening)


def label(desk: Desk, stock: Stock, lots: Sequence[LotUnits] | None, *, quantity: int) -> dict[str, int]:
    """Units by lot of goods that come in; a lot seen the first time is noted with its expiry."""
    if not lots:
        return {}
    if stock.watch is None or stock.watch.lots is None:
        raise InvalidCommand(f"{stock.sku} is not tracked by lot: begin with it, or name no lots")
    if sum(given.quantity for given in lots) > quantity or min(given.quantity for given in lots) <= 0:
        raise InvalidCommand(f"{quantity} units of {stock.sku} come in, the lots named are {_units(lots)}")
    for given in lots:
        known = desk.shelf.find(Lot, stock.sku, given.lot_code)
        if known is None:
            desk.keep(Lot(stock.sku, given.lot_code, given.expires_at, desk.occurred_at))
        elif given.expires_at not in (None, known.expires_at):
            raise InvalidCommand(
                f"lot {given.lot_code} of {stock.sku} expires at {instant(known.expires_at)} by its "
                f"first label, found {instant(given.expires_at)}"
            )
    return {given.lot_code: given.quantity for given in lots}


def require_units(stock: Stock, units: Mapping[str, int] | None, *, quantity: int, of: str) -> None:
    """Named lots that goods are taken from have them; `of` is free or set_aside."""
    if not units:
        return
    if stock.watch is None or stock.watch.lots is None:
        raise InvalidCommand(f"{stock.sku} is not tracked by lot: name no lots")
    if sum(units.values()) > quantity or min(units.values()) <= 0:
        raise InvalidCommand(f"{quantity} units of {stock.sku} move, the lots named have {dict(units)}")
    short = {}
    for code, wanted in units.items():
        lot = stock.watch.lots.get(code)
        found = getattr(lot, of) if lot else 0
        if found < wanted:
            short[f"lot {code} of {stock.sku} at {stock.location_id}"] = (wanted, found)
    if short:
        raise OutOfStock(short)


def require_shippable(
    desk: Desk, picks: Sequence[tuple[Allocation, int]], *, at: int, named: Mapping[str, int] | None = None
) -> None:  # fmt: skip
    """Lots neither blocked nor expired at `at` have what is to ship; OutOfStock lists every shortage."""
    wanted: dict[int, list] = {}
    for claim, quantity in picks:
        if claim.stock.watch is not None and claim.stock.watch.lots is not None:
            wanted.setdefault(claim.stock.stock_no, [claim.stock, 0])[1] += quantity
    short = {}
    for stock, quantity in wanted.values():
        found = fresh_units(stock, at)
        if found < quantity:
            short[f"{stock.sku} (lots that may be shipped from {stock.location_id})"] = (quantity, found)
        for code, units in (named or {}).items():
            lot = stock.watch.lots.get(code)
            if lot and (lot.free < units or not lot.is_fresh(at)):
                short[f"lot {code} of {stock.sku}"] = (units, lot.free if lot.is_fresh(at) else 0)
    if short:
        raise OutOfStock(short)


def require_fresh(stock: Stock, units: Mapping[str, int] | None, *, quantity: int, at: int) -> None:
    """Units set aside become available again only from lots that may be shipped."""
    if stock.watch is None or stock.watch.lots is None:
        return
    lots = stock.watch.lots.values()
    stale = {lot.lot.lot_code for lot in lots if not lot.is_fresh(at)}
    if named := stale & set(units or ()):
        raise InvalidCommand(f"lot {', '.join(sorted(named))} of {stock.sku} is blocked or expired")
    found = sum(lot.set_aside for lot in lots if lot.is_fresh(at))
    if found < quantity:
        raise OutOfStock({f"{stock.sku} (set aside, of lots that may be shipped)": (quantity, found)})


def set_stale_aside(desk: Desk, stock: Stock, *, reason: str, reference: str | None = None) -> int:
    """Free units of blocked and expired lots go to quality control as far as no order holds them."""
    if stock.watch is None or stock.watch.lots is None:
        return 0
    moved = 0
    for lot in sorted(stock.watch.lots.values(), key=lambda lot: lot.lot.lot_code):
        units = min(lot.free, stock.balance[AVAILABLE])
        if units > 0 and not lot.is_fresh(desk.occurred_at):
            posting = desk.posting(reference=reference or lot.lot.lot_code, reason=reason)
            with desk.of_lots({lot.lot.lot_code: units}):
                desk.move(posting, stock, kind="moved_to_quality_control", quantity=units)
            moved += units
    return moved


def still_promised(stock: Stock, at: int) -> int:
    """Units of blocked and expired lots that could not be set aside: orders hold them."""
    return sum(max(0, lot.free) for lot in stock.watch.lots.values() if not lot.is_fresh(at))


def block(desk: Desk, lot: Lot, *, reason: str | None) -> None:
    """Recalled (or, without a reason, cleared): nothing of it is shipped from now on."""
    if reason is None and lot.blocked_reason is None:
        raise InvalidCommand(f"lot {lot.lot_code} of {lot.sku} is not blocked")
    lot.blocked_reason = reason
    desk.keep(lot)


def assign(desk: Desk, stock: Stock, lots: Sequence[LotUnits], *, reference: str) -> None:
    """Units nobody had named a lot for are found to be of these."""
    nameless = stock.watch.lots.get(UNKNOWN_LOT) if stock.watch and stock.watch.lots else None
    free = nameless.free if nameless else 0
    quantity = sum(given.quantity for given in lots)
    if quantity > free:
        raise OutOfStock({f"{stock.sku} of no lot at {stock.location_id}": (quantity, free)})
    posting = desk.posting(reference=reference, reason="lot named")
    for code, units in label(desk, stock, lots, quantity=quantity).items():
        desk.move(posting, stock, kind="lot_changed", quantity=units)
        _note(desk, stock, UNKNOWN_LOT, -units, 0)
        _note(desk, stock, code, units, 0)


def _note(desk: Desk, stock: Stock, code: str, on_hand: int, set_aside: int) -> StockLot:
    """A change of a lot alone, under the last movement."""
    lot = stock_lot(desk, stock, code)
    lot.on_hand += on_hand
    lot.set_aside += set_aside
    desk.keep(lot)
    desk.journal.lot_movements.append((desk.numbers.movement, code, on_hand, set_aside))
    return lot


def _units(lots: Sequence[LotUnits]) -> dict[str, int]:
    return {given.lot_code: given.quantity for given in lots}
