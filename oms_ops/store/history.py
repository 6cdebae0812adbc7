"""One order's whole story out of the book: what was ordered, where each unit is, the money, every event."""

from __future__ import annotations

import json

from sqlalchemy import Connection, Select, select

from oms_ops.documents import Papers
from oms_ops.errors import UnknownOrder
from oms_ops.orders import Order
from oms_ops.store import papers
from oms_ops.store import tables as t
from oms_ops.store.book import OrderBook
from oms_ops.store.shelf import Shelf
from oms_ops.store.whereabouts import address, whereabouts
from oms_ops.units import instant, money


def order_ids(book: OrderBook, name: str) -> list[str]:
    """Orders with that id, the channel's id, or the number the buyer knows."""
    order = t.order.c
    named = (order.order_id == name) | (order.external_id == name) | (order.order_number == name)
    with book.read() as con:
        return list(con.execute(select(order.order_id).where(named).order_by(order.order_seq)).scalars())


def order_view(book: OrderBook, order_id: str) -> dict[str, object]:
    """Header, lines, allocations, shipments, payments, returns, holds and events; UnknownOrder where none."""
    with book.read() as con:
        order = Shelf(con).order(order_id)
        if order is None:
            raise UnknownOrder(f"no order {order_id!r} in the order book")
        shipments = _shipments(con, order)
        written = papers.papers(con, order.order_seq)
        return _header(order) | {
            "ship_to": address(con, order),
            "lines": _lines(order, shipments),
            "fulfillment_orders": _work(order),
            "allocations": _allocations(order),
            "shipments": shipments,
            "payments": _payments(con, order),
            "returns": _returns(order, written),
            "refunds": _refunds(order, written),
            "exchanges": [
                {"return_id": swap.return_id, "exchange_status": swap.state} for swap in written.exchanges
            ],
            "claims": _claims(order, written),
            "holds": _holds(con, order),
            "events": _events(con, order),
        }


def _header(order: Order) -> dict[str, object]:
    names = ("order_id", "channel_id", "external_id", "order_number", "customer_id", "country", "currency")
    return {name: getattr(order, name) for name in names} | {
        "is_test": order.is_test,
        "placed_at": instant(order.placed_at),
        "recorded_at": instant(order.recorded_at),
        "promised_ship_by": instant(order.promised_ship_by),
        "promised_deliver_by": instant(order.promised_deliver_by),
        "order_status": order.order_status,
        "payment_status": order.payment_status,
        "fulfillment_status": order.fulfillment_status,
        "cancel_reason": order.cancel_reason,
        "total": money(order.total_e4),
        "captured": money(order.captured_e4),
        "refunded": money(order.refunded_e4),
        "owed": money(order.owed_e4),
        "outstanding": money(max(0, order.outstanding_e4)),
        "to_collect": money(max(0, order.outstanding_e4)),
        "to_refund": money(order.overpaid_e4),
        "refundable": money(order.refundable_e4),
        "expires_at": instant(order.expires_at),
        "waits_until": instant(order.waits_until),
    }


def _work(order: Order) -> list[dict]:
    return [
        {
            "fulfillment_no": work.fulfillment_no,
            "parent_no": work.parent_no,
            "location_id": work.location_id,
            "state": work.state,
            "fulfill_at": instant(work.fulfill_at),
            "holds": list(work.holds),
        }
        for work in order.work
    ]


def _lines(order: Order, shipments: list[dict]) -> list[dict]:
    units = ("quantity", "canceled", "backordered", "allocated", "shipped", "returned")
    return [
        {
            "line_id": line.line_id,
            "sku": line.sku,
            "line_type": line.line_type,
            **{name: getattr(line, name) for name in units},
            "unit_price": money(line.unit_price_e4),
            "amount": money(line.amount_e4),
            "refunded": money(line.refunded_e4),
            "ships_not_before": instant(line.ships_not_before),
            "where": whereabouts(order, line, shipments=shipments),
        }
        for line in order.lines
    ]


def _allocations(order: Order) -> list[dict]:
    return [
        {
            "allocation_no": claim.allocation_no,
            "fulfillment_no": claim.fulfillment_no,
            "line_id": claim.line.line_id,
            "sku": claim.stock.sku,
            "location_id": claim.stock.location_id,
            "quantity": claim.quantity,
            "shipped": claim.shipped,
            "released": claim.released,
            "picked": claim.picked,
            "state": claim.state,
        }
        for claim in order.allocations
    ]


def _shipments(con: Connection, order: Order) -> list[dict]:
    query = select(t.shipment).where(t.shipment.c.order_seq == order.order_seq)
    parcels = con.execute(query.order_by(t.shipment.c.shipment_seq)).all()
    content = select(t.shipment_line).where(
        t.shipment_line.c.shipment_seq.in_([parcel.shipment_seq for parcel in parcels])
    )
    units: dict[int, dict[int, int]] = {}
    for row in con.execute(content.order_by(t.shipment_line.c.allocation_no)):
        units.setdefault(row.shipment_seq, {})[row.allocation_no] = row.quantity
    return [
        {
            "shipment_id": parcel.shipment_id,
            "location_id": parcel.location_id,
            "state": parcel.state,
            "carrier": parcel.carrier,
            "tracking_number": parcel.tracking_number,
            "shipped_at": instant(parcel.shipped_at),
            "delivered_at": instant(parcel.delivered_at),
            "state_at": instant(parcel.state_at or parcel.shipped_at),
            "units_by_allocation": units.get(parcel.shipment_seq, {}),
        }
        for parcel in parcels
    ]


def _payments(con: Connection, order: Order) -> list[dict]:
    rows = con.execute(_of(order, t.payment_transaction, t.payment_transaction.c.payment_seq)).all()
    references = {row.payment_seq: row.reference for row in rows}
    return [
        {
            "kind": row.kind,
            "status": row.status,
            "amount": money(row.amount_e4),
            "reference": row.reference,
            "tender": row.tender,
            "parent": row.parent_seq and references.get(row.parent_seq),
            "occurred_at": instant(row.occurred_at),
            "expires_at": instant(row.expires_at),
            "settled_at": instant(row.settled_at),
            "message": row.message,
        }
        for row in rows
    ]


def _returns(order: Order, written: Papers) -> list[dict]:
    return [
        {
            "return_id": back.return_id,
            "return_status": back.state,
            "requested_at": instant(back.requested_at),
            "closed_at": instant(back.closed_at),
            "reason": back.reason,
            "lines": [
                {
                    "line_id": order.line(line.line_no).line_id,
                    "quantity": line.quantity,
                    "state": line.state,
                    "disposition": line.disposition,
                    "reason": line.reason,
                    "location_id": line.location_id,
                }
                for line in back.lines
            ],
        }
        for back in written.returns
    ]


def _refunds(order: Order, written: Papers) -> list[dict]:
    return [
        {
            "refund_id": given.refund_id,
            "refund_status": given.state,
            "amount": money(given.amount_e4),
            "credited": money(given.credited_e4),
            "reason": given.reason,
            "return_id": given.return_id,
            "claim_id": given.claim_id,
            "occurred_at": instant(given.occurred_at),
            "lines": [
                {
                    "line_id": order.line(part.line_no).line_id,
                    "units": part.units,
                    "amount": money(part.amount_e4),
                    "deducted": money(part.deducted_e4),
                }
                for part in given.lines
            ],
        }
        for given in written.refunds
    ]


def _claims(order: Order, written: Papers) -> list[dict]:
    return [
        {
            "claim_id": made.claim_id,
            "kind": made.kind,
            "claim_status": made.state,
            "shipment_id": made.shipment_id,
            "note": made.note,
            "outcome": made.outcome,
            "opened_at": instant(made.opened_at),
            "resolved_at": instant(made.resolved_at),
            "units": {order.line(line_no).line_id: units for line_no, units in made.units.items()},
        }
        for made in written.claims
    ]


def _holds(con: Connection, order: Order) -> list[dict]:
    return [
        {
            "reason": row.reason,
            "fulfillment_no": row.fulfillment_no,
            "held_at": instant(row.held_at),
            "released_at": instant(row.released_at),
        }
        for row in con.execute(_of(order, t.hold, t.hold.c.hold_seq))
    ]


def _events(con: Connection, order: Order) -> list[dict]:
    return [
        {
            "event_seq": row.event_seq,
            "event_kind": row.event_kind,
            "occurred_at": instant(row.occurred_at),
            "recorded_at": instant(row.recorded_at),
            "detail": json.loads(row.detail),
        }
        for row in con.execute(_of(order, t.order_event, t.order_event.c.event_seq))
    ]


def _of(order: Order, table, key) -> Select:
    return select(table).where(table.c.order_seq == order.order_seq).order_by(key)
