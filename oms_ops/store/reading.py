"""Orders, parcels, returns and purchase lines out of the database, as the objects the rules work on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, exists, func, or_, select

from oms_ops.documents import PurchaseLine, Reservation, ReservedUnits, Shipment
from oms_ops.ledger import Stock
from oms_ops.orders import Allocation, Line, Order, Work
from oms_ops.rules.kits import follow as follow_kits
from oms_ops.store import papers
from oms_ops.store import stock_tables as s
from oms_ops.store import tables as t
from oms_ops.store.rows import find_rows

_is_watched = or_(
    exists().where(s.lot_tracking.c.sku == t.stock_balance.c.sku),
    exists().where(s.stock_snapshot.c.stock_no == t.stock_balance.c.stock_no),
)

StockByNo = Callable[[int], Stock]


def orders(con: Connection, column: str, keys: Iterable, *, stock_by_no: StockByNo) -> list[Order]:
    """Whole orders whose `column` (order_id or order_seq) is among `keys`; unknown keys are left out."""
    found = {row[0]: Order(*row) for row in find_rows(con, t.order, column, keys=keys)}
    if found:
        _hang_on(con, found, stock_by_no)
    return list(found.values())


def headers(con: Connection, order_ids: Iterable[str]) -> list[Order]:
    """Orders without what hangs on them: enough to note an event on."""
    return [Order(*row, is_header=True) for row in find_rows(con, t.order, "order_id", keys=order_ids)]


def stock(con: Connection, condition=None) -> list[Stock]:
    """Watched places carry True as their watch until the shelf has read what there is to it."""
    query = select(t.stock_balance, _is_watched)
    if condition is not None:
        query = query.where(condition)
    found = []
    for row in con.execute(query):
        found.append(Stock(row[0], row[1], row[2], list(row[3:-1])))
        if row[-1]:
            found[-1].watch = True
    return found


def waiting(con: Connection, sku: str | None = None) -> dict[str, list[tuple[int, int, int]]]:
    """(place, order_seq, line_no) of lines that wait for stock now, by sku, the oldest order first."""
    line, place = t.order_line.c, func.coalesce(t.order.c.queue_seq, t.order.c.order_seq)
    query = select(line.sku, place, line.order_seq, line.line_no).join(
        t.order, t.order.c.order_seq == line.order_seq
    )
    query = query.where(line.backordered > 0, line.ships_not_before.is_(None))
    if sku is not None:
        query = query.where(line.sku == sku)
    queues: dict[str, list[tuple[int, int, int]]] = {}
    for row in con.execute(query.order_by(line.sku, place, line.order_seq, line.line_no)):
        queues.setdefault(row[0], []).append(tuple(row[1:]))
    return queues


def shipments(con: Connection, shipment_ids: Iterable[str]) -> dict[str, list[Shipment]]:
    found: dict[str, list[Shipment]] = {}
    for row in find_rows(con, t.shipment, "shipment_id", keys=shipment_ids):
        found.setdefault(row[1], []).append(Shipment(*row))
    return found


def known_keys(con: Connection, keys: Iterable[str]) -> set[str]:
    """Those of the idempotency keys that an event carries already."""
    return {row[-1] for row in find_rows(con, t.order_event, "idempotency_key", keys=keys)}


def purchase_lines(con: Connection, line_ids: Iterable[str]) -> dict[str, PurchaseLine]:
    rows = find_rows(con, t.purchase_order_line, "purchase_order_line_id", keys=line_ids)
    return {row[0]: PurchaseLine(*row) for row in rows}


def reservations(con: Connection, column: str, keys: Iterable) -> list[Reservation]:
    """Whole reservations whose `column` is among `keys`."""
    found: dict[str, Reservation] = {}
    for row in find_rows(con, t.reservation, column, keys=keys):
        number, name, sku, location_id, quantity, state, reserved_at, expires_at, *more = row
        channel_id, ended_at, order_seq = more
        if name not in found:
            found[name] = Reservation(
                name, channel_id, state, reserved_at, expires_at, ended_at, order_seq
            )  # fmt: skip
        found[name].units.append(ReservedUnits(number, sku, location_id, quantity))
    return list(found.values())


def due_reservations(con: Connection, at: int, *, limit: int) -> list[str]:
    """Ids of active reservations that expire by `at`, the longest overdue first."""
    row = t.reservation.c
    first = func.min(row.expires_at)
    query = select(row.reservation_id).where(row.state == "active", row.expires_at <= at)
    query = query.group_by(row.reservation_id).order_by(first, row.reservation_id).limit(limit)
    return list(con.execute(query).scalars())


def _hang_on(con: Connection, found: dict[int, Order], stock_by_no: StockByNo) -> None:
    """Lines, claims, work, money and holds of the orders in `found` (by number)."""
    with_kits: dict[int, Order] = {}
    refunded: set[int] = set()
    for row in find_rows(con, t.order_line, "order_seq", keys=found):
        order = found[row[0]]
        order.lines.append(Line(*row[1:], is_test=order.is_test))
        if order.lines[-1].parent_line_no is not None:
            with_kits[row[0]] = order
        if order.lines[-1].refunded_e4:
            refunded.add(row[0])
    for order_seq, line_no, amount_e4 in papers.forgiven(con, refunded):
        found[order_seq].line(line_no).forgiven_e4 += amount_e4
    for row in find_rows(con, t.allocation, "order_seq", keys=found):
        order = found[row[0]]
        line = order.line(row[2])
        claim = Allocation(row[1], line, row[3], stock_by_no(row[4]), *row[5:])
        order.allocations.append(claim)
        line.shipped += claim.shipped
        line.allocated += claim.open_units
    for order in with_kits.values():
        follow_kits(order)
    for row in find_rows(con, t.fulfillment_order, "order_seq", keys=found):
        found[row[0]].work.append(Work(*row[1:]))
    for _, order_seq, kind, status, amount_e4, *_ in find_rows(
        con, t.payment_transaction, "order_seq", keys=found
    ):
        found[order_seq].add_paid(kind, amount_e4, status=status)
    for hold_seq, order_seq, reason, _, released_at, work_no in find_rows(
        con, t.hold, "order_seq", keys=found
    ):
        if released_at is None:
            order = found[order_seq]
            held = order if work_no is None else order.work[work_no - 1]
            held.holds[reason] = hold_seq
