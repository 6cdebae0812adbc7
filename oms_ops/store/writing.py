"""A desk's journal into the database: every row of it, in one transaction, parents before children."""

from __future__ import annotations

from collections.abc import Iterable

from oms_ops.desk import Desk, Journal
from oms_ops.ledger import QUANTITIES
from oms_ops.orders import Order
from oms_ops.store import tables as t
from oms_ops.store.lifecycle_tables import shipping_address, sku_policy
from oms_ops.store.papers import write_papers
from oms_ops.store.rows import Target, put_rows, update_rows, write_events, write_rows
from oms_ops.store.shelf import Shelf

_LINE_CHANGES = (
    "quantity", "canceled", "backordered", "returned", "refunded_units", "refunded_e4", "ships_not_before",
)  # fmt: skip
_PARCEL_CHANGES = ("state", "carrier", "tracking_number", "shipped_at", "delivered_at", "state_at")
_CLAIM_CHANGES = ("fulfillment_no", "quantity", "shipped", "released", "picked")
_ORDER_CHANGES = (
    "country", "placed_at", "promised_ship_by", "promised_deliver_by", "total_e4",
    "units_backordered_at_placement", "order_status", "cancel_reason", "expires_at", "waits_until",
    "queue_seq",
)  # fmt: skip


def write_journal(con: Target, desk: Desk, *, shelf: Shelf) -> Journal:
    """Write what the desk noted and start a new journal; the one that was written."""
    journal = desk.journal
    _write_stock(con, journal, shelf)
    _write_orders(con, journal.orders.values())
    write_rows(con, t.payment_transaction, journal.payments)
    _write_shipments(con, journal)
    write_papers(con, journal)
    _write_holds(con, journal)
    put_rows(con, shipping_address, list(journal.addresses.values()))
    put_rows(con, sku_policy, journal.policies)
    put_rows(con, t.purchase_order_line, [
        (line.purchase_order_line_id, line.supplier_id, line.sku, line.location_id, line.quantity,
         line.received, line.ordered_at, line.expected_at)
        for line in journal.purchase_lines.values()
    ])  # fmt: skip
    write_rows(con, t.posting, journal.postings)
    write_rows(con, t.inventory_movement, journal.movements)
    write_events(con, t.order_event, journal.events)
    write_events(con, t.stock_event, journal.stock_events)
    _write_reservations(con, journal)
    desk.journal = Journal()
    return journal


def _write_stock(con: Target, journal: Journal, shelf: Shelf) -> None:
    moved = [shelf.stock_by_no(stock_no) for stock_no in sorted({row[2] for row in journal.movements})]
    fresh = [
        (stock.stock_no, stock.sku, stock.location_id, *stock.balance) for stock in moved if stock.is_new
    ]
    known = [(*stock.balance, stock.stock_no) for stock in moved if not stock.is_new]
    write_rows(con, t.stock_balance, fresh)
    update_rows(con, t.stock_balance, known, names=QUANTITIES)
    for stock in moved:
        stock.is_new = False


def _write_orders(con: Target, orders: Iterable[Order]) -> None:
    orders = sorted(orders, key=lambda order: order.order_seq)
    fresh = [order for order in orders if order.is_new]
    known = [order for order in orders if not order.is_new]
    write_rows(con, t.order, [
        (
            order.order_seq, order.order_id, order.channel_id, order.external_id, order.order_number,
            order.customer_id, order.country, order.currency, int(order.is_test), order.placed_at,
            order.recorded_at, order.promised_ship_by, order.promised_deliver_by, order.total_e4,
            order.units_backordered_at_placement, order.order_status, order.cancel_reason, order.expires_at,
            order.waits_until, order.queue_seq,
        )
        for order in fresh
    ])  # fmt: skip
    update_rows(con, t.order, [
        (
            order.country, order.placed_at, order.promised_ship_by, order.promised_deliver_by, order.total_e4,
            order.units_backordered_at_placement, order.order_status, order.cancel_reason, order.expires_at,
            order.waits_until, order.queue_seq, order.order_seq,
        )
        for order in known if order.is_changed
    ], names=_ORDER_CHANGES)  # fmt: skip
    _write_lines(con, orders)
    _write_work(con, orders)
    _write_claims(con, orders)
    for order in orders:
        order.is_new = order.is_changed = False
        for line in order.lines:
            line.is_new = line.is_changed = False


def _write_lines(con: Target, orders: list[Order]) -> None:
    write_rows(con, t.order_line, [
        (
            order.order_seq, line.line_no, line.line_id, line.sku, line.line_type, line.quantity,
            line.unit_price_e4, line.canceled, line.backordered, line.returned, line.refunded_units,
            line.refunded_e4, line.ships_not_before,
        )
        for order in orders for line in order.lines if order.is_new or line.is_new
    ])  # fmt: skip
    update_rows(con, t.order_line, [
        (
            line.quantity, line.canceled, line.backordered, line.returned, line.refunded_units,
            line.refunded_e4, line.ships_not_before, order.order_seq, line.line_no,
        )
        for order in orders if not order.is_new for line in order.lines
        if line.is_changed and not line.is_new
    ], names=_LINE_CHANGES)  # fmt: skip


def _write_work(con: Target, orders: list[Order]) -> None:
    fresh, changed = [], []
    for order in orders:
        for work in order.work:
            if work.is_new:
                fresh.append(
                    (order.order_seq, work.fulfillment_no, work.parent_no, work.location_id, work.state,
                     work.created_at, work.fulfill_at)
                )  # fmt: skip
            elif work.is_changed:
                changed.append((work.state, work.fulfill_at, order.order_seq, work.fulfillment_no))
            work.is_new = work.is_changed = False
    write_rows(con, t.fulfillment_order, fresh)
    update_rows(con, t.fulfillment_order, changed, names=("state", "fulfill_at"))


def _write_claims(con: Target, orders: list[Order]) -> None:
    fresh, changed = [], []
    for order in orders:
        for claim in order.allocations:
            if claim.is_new:
                fresh.append(
                    (order.order_seq, claim.allocation_no, claim.line.line_no, claim.fulfillment_no,
                     claim.stock.stock_no, claim.quantity, claim.shipped, claim.released, claim.picked)
                )  # fmt: skip
            elif claim.is_changed:
                changed.append(
                    (claim.fulfillment_no, claim.quantity, claim.shipped, claim.released, claim.picked,
                     order.order_seq, claim.allocation_no)
                )  # fmt: skip
            claim.is_new = claim.is_changed = False
    write_rows(con, t.allocation, fresh)
    update_rows(con, t.allocation, changed, names=_CLAIM_CHANGES)


def _write_shipments(con: Target, journal: Journal) -> None:
    fresh, changed = [], []
    for parcel in journal.shipments.values():
        if parcel.is_new:
            fresh.append(
                (parcel.shipment_seq, parcel.shipment_id, parcel.order_seq, parcel.location_id, parcel.state,
                 parcel.carrier, parcel.tracking_number, parcel.shipped_at, parcel.recorded_at,
                 parcel.delivered_at, parcel.state_at)
            )  # fmt: skip
        else:
            changed.append(
                (parcel.state, parcel.carrier, parcel.tracking_number, parcel.shipped_at, parcel.delivered_at,
                 parcel.state_at, parcel.shipment_seq)
            )  # fmt: skip
        parcel.is_new = False
    write_rows(con, t.shipment, fresh)
    update_rows(con, t.shipment, changed, names=_PARCEL_CHANGES)
    write_rows(con, t.shipment_line, journal.shipment_lines)


def _write_reservations(con: Target, journal: Journal) -> None:
    fresh, changed = [], []
    for held in journal.reservations.values():
        if held.is_new:
            fresh += [
                (units.reservation_seq, held.reservation_id, units.sku, units.location_id, units.quantity,
                 held.state, held.reserved_at, held.expires_at, held.channel_id, held.ended_at,
                 held.order_seq)
                for units in held.units
            ]  # fmt: skip
        else:
            changed += [
                (held.state, held.expires_at, held.ended_at, held.order_seq, units.reservation_seq)
                for units in held.units
            ]
        held.is_new = False
    write_rows(con, t.reservation, fresh)
    names = ("state", "expires_at", "ended_at", "order_seq")
    update_rows(con, t.reservation, changed, names=names)


def _write_holds(con: Target, journal: Journal) -> None:
    write_rows(con, t.hold, [row for row in journal.holds if row[3] is not None])
    released = [(row[4], row[0]) for row in journal.holds if row[3] is None]
    update_rows(con, t.hold, released, names=("released_at",))
