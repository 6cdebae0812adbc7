"""Orders, parcels, returns and purchase lines out of the database, as the objects the rules work on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import Connection, Table, func, select

from oms_ops.desk import Numbers
from oms_ops.documents import PurchaseLine, Return, ReturnLine, Shipment
from oms_ops.ledger import Stock
from oms_ops.orders import Allocation, Line, Order, Work
from oms_ops.store import tables as t
from oms_ops.store.book import last_number

StockByNo = Callable[[int], Stock]
_BATCH = 5_000


def numbers(con: Connection) -> Numbers:
    return Numbers(
        order=last_number(con, t.order.c.order_seq),
        event=last_number(con, t.order_event.c.event_seq),
        posting=last_number(con, t.posting.c.posting_seq),
        movement=last_number(con, t.inventory_movement.c.movement_seq),
        stock=last_number(con, t.stock_balance.c.stock_no),
        payment=last_number(con, t.payment_transaction.c.payment_seq),
        shipment=last_number(con, t.shipment.c.shipment_seq),
        return_=last_number(con, t.return_.c.return_seq),
        hold=last_number(con, t.hold.c.hold_seq),
    )


def orders(con: Connection, column, keys: Iterable, *, stock_by_no: StockByNo) -> list[Order]:
    """Whole orders whose `column` (order_id or order_seq) is among `keys`; unknown keys are left out."""
    found = []
    for batch in _batches(keys):
        found += _orders(con, select(t.order).where(column.in_(batch)), stock_by_no)
    return found


def headers(con: Connection, order_ids: Iterable[str]) -> list[Order]:
    """Orders without what hangs on them: enough to note an event on."""
    found = []
    for batch in _batches(order_ids):
        for row in con.execute(select(t.order).where(t.order.c.order_id.in_(batch))):
            found.append(Order(*row, is_header=True))
    return found


def stock(con: Connection, condition=None) -> list[Stock]:
    query = select(t.stock_balance)
    if condition is not None:
        query = query.where(condition)
    return [Stock(row[0], row[1], row[2], list(row[3:])) for row in con.execute(query)]


def waiting(con: Connection, sku: str | None = None) -> dict[str, list[tuple[int, int]]]:
    """(order_seq, line_no) of lines that wait for stock, by sku, the oldest order first."""
    line = t.order_line.c
    query = select(line.sku, line.order_seq, line.line_no).where(line.backordered > 0)
    if sku is not None:
        query = query.where(line.sku == sku)
    queues: dict[str, list[tuple[int, int]]] = {}
    for row in con.execute(query.order_by(line.sku, line.order_seq, line.line_no)):
        queues.setdefault(row[0], []).append((row[1], row[2]))
    return queues


def shipments(con: Connection, shipment_ids: Iterable[str]) -> dict[str, list[Shipment]]:
    found: dict[str, list[Shipment]] = {}
    for batch in _batches(shipment_ids):
        query = select(t.shipment).where(t.shipment.c.shipment_id.in_(batch))
        for row in con.execute(query.order_by(t.shipment.c.shipment_seq)):
            found.setdefault(row.shipment_id, []).append(Shipment(*row))
    return found


def known_keys(con: Connection, keys: Iterable[str]) -> set[str]:
    """Those of the idempotency keys that an event carries already."""
    key = t.order_event.c.idempotency_key
    found: set[str] = set()
    for batch in _batches(keys):
        found.update(con.execute(select(key).where(key.in_(batch))).scalars())
    return found


def purchase_lines(con: Connection, line_ids: Iterable[str]) -> dict[str, PurchaseLine]:
    key = t.purchase_order_line.c.purchase_order_line_id
    found = {}
    for batch in _batches(line_ids):
        for row in con.execute(select(t.purchase_order_line).where(key.in_(batch))):
            found[row[0]] = PurchaseLine(*row)
    return found


def returns(con: Connection, order_seq: int) -> list[Return]:
    of_order = t.return_.c.order_seq == order_seq
    rows = con.execute(select(t.return_).where(of_order).order_by(t.return_.c.return_seq)).all()
    found = {row.return_seq: Return(*row) for row in rows}
    for row in _of(con, t.return_line, t.return_line.c.return_seq, list(found)):
        found[row[0]].lines.append(ReturnLine(*row[1:]))
    return list(found.values())


def order_id_of_return(con: Connection, return_id: str) -> str | None:
    query = select(t.order.c.order_id).join(t.return_, t.return_.c.order_seq == t.order.c.order_seq)
    return con.execute(query.where(t.return_.c.return_id == return_id)).scalar()


def _orders(con: Connection, query, stock_by_no: StockByNo) -> list[Order]:
    found = {row[0]: Order(*row) for row in con.execute(query)}
    seqs = list(found)
    if not seqs:
        return []
    for row in _of(con, t.order_line, t.order_line.c.order_seq, seqs):
        order = found[row[0]]
        order.lines.append(Line(*row[1:], is_test=order.is_test))
    for row in _of(con, t.allocation, t.allocation.c.order_seq, seqs):
        order = found[row[0]]
        line = order.line(row[2])
        claim = Allocation(row[1], line, row[3], stock_by_no(row[4]), *row[5:])
        order.allocations.append(claim)
        line.shipped += claim.shipped
        line.allocated += claim.open_units
    for row in _of(con, t.fulfillment_order, t.fulfillment_order.c.order_seq, seqs):
        found[row[0]].work.append(Work(*row[1:]))
    payment = t.payment_transaction.c
    sums = select(payment.order_seq, payment.kind, func.sum(payment.amount_e4))
    sums = sums.where(payment.order_seq.in_(seqs), payment.status == "success")
    for row in con.execute(sums.group_by(payment.order_seq, payment.kind)):
        found[row[0]].paid_e4[row[1]] = int(row[2])
    held = select(t.hold).where(t.hold.c.order_seq.in_(seqs), t.hold.c.released_at.is_(None))
    for row in con.execute(held.order_by(t.hold.c.hold_seq)):
        found[row.order_seq].holds[row.reason] = row.hold_seq
    return list(found.values())


def _of(con: Connection, table: Table, column, keys: Sequence) -> Iterator:
    """Rows of a table whose column is among `keys`, in the order of the table's key."""
    for batch in _batches(keys):
        yield from con.execute(select(table).where(column.in_(batch)).order_by(*table.primary_key.columns))


def _batches(keys: Iterable) -> Iterator[list]:
    keys = list(keys)
    for start in range(0, len(keys), _BATCH):
        yield keys[start : start + _BATCH]
