"""The whole book as plain rows, for whoever checks it from outside (oms_ops/conformance). Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Select, func, select

from oms_ops.ledger import DELTAS, KIND_NO, QUANTITIES
from oms_ops.store import tables as t

Rows = list[tuple]


def rows(con: Connection) -> Mapping[str, Rows]:
    """By name, one state of the book. Columns as the queries below list them."""
    return {name: [tuple(row) for row in con.execute(query)] for name, query in _QUERIES.items()}


def moved(con: Connection) -> tuple[dict[tuple[str, str], dict[str, int]], dict[tuple[str, str], int]]:
    """What the ledger alone says of each (sku, location): quantities, and units marked as oversold."""
    kinds = {number: kind for kind, number in KIND_NO.items()}
    sums: dict[tuple[str, str], dict[str, int]] = {}
    marked: dict[tuple[str, str], int] = {}
    for sku, location_id, kind_no, units in con.execute(_MOVED):
        kind, place = kinds[kind_no], (sku, location_id)
        balance = sums.setdefault(place, dict.fromkeys(QUANTITIES, 0))
        for name, sign in DELTAS[kind].items():
            balance[name] += sign * int(units)
        mark = {"oversell": 1, "oversell_covered": -1}.get(kind, 0)
        marked[place] = marked.get(place, 0) + mark * int(units)
    return sums, marked


def _of_order(*columns, table) -> Select:
    return select(t.order.c.order_id, *columns).join(t.order, t.order.c.order_seq == table.c.order_seq)


_balance, _move = t.stock_balance.c, t.inventory_movement.c
_claim, _line, _back = t.allocation.c, t.order_line.c, t.return_line.c
_bought = t.purchase_order_line.c
_MOVED = (
    select(_balance.sku, _balance.location_id, _move.kind_no, func.sum(_move.quantity))
    .join(t.stock_balance, _balance.stock_no == _move.stock_no)
    .group_by(_balance.sku, _balance.location_id, _move.kind_no)
)
_QUERIES: Mapping[str, Select] = {
    "stock": select(_balance.sku, _balance.location_id, *(_balance[name] for name in QUANTITIES)),
    "claims": _of_order(
        _claim.allocation_no, _claim.line_no, _balance.sku, _balance.location_id, _claim.quantity,
        _claim.shipped, _claim.released, table=t.allocation,
    ).join(t.stock_balance, _balance.stock_no == _claim.stock_no),
    "holds": select(
        *t.reservation.c["reservation_id", "sku", "location_id", "quantity", "state", "expires_at"]
    ),
    "orders": select(*t.order.c["order_id", "channel_id", "order_status"]),
    "lines": _of_order(
        _line.line_no, _line.line_id, _line.sku, _line.quantity, _line.canceled, _line.backordered,
        _line.returned, _line.unit_price_e4, _line.refunded_e4, table=t.order_line,
    ),
    "money": _of_order(
        t.payment_transaction.c.kind, func.sum(t.payment_transaction.c.amount_e4),
        table=t.payment_transaction,
    ).where(t.payment_transaction.c.status == "success").group_by(
        t.order.c.order_id, t.payment_transaction.c.kind
    ),
    "expected": select(t.return_.c.return_id, t.order.c.order_id, _back.line_no, _back.quantity)
    .join(t.return_, t.return_.c.return_seq == _back.return_seq)
    .join(t.order, t.order.c.order_seq == t.return_.c.order_seq)
    .where(_back.state == "expected"),
    "owed": select(
        *_bought["purchase_order_line_id", "sku", "location_id"],
        _bought.quantity - _bought.received - _bought.canceled,
    ).where(_bought.quantity > _bought.received + _bought.canceled),
    "events": select(
        select(func.count()).select_from(t.order_event).scalar_subquery()
        + select(func.count()).select_from(t.stock_event).scalar_subquery()
    ),
}  # fmt: skip
