"""Orders, refunds and stock movements as rows of core tables, and the marts built from them."""

from __future__ import annotations

from datetime import timedelta

from tests.support.core_rows import add, at
from warehouse import marts

AS_OF = at("2011-07-01 00:00")


def build(core, *, as_of=AS_OF):
    con, settings = core
    return marts.build(con, settings, as_of=as_of)


def order(con, order_id, *lines, placed_at="2011-03-01 10:00", **changes):
    placed = at(placed_at)
    header = {
        "order_id": order_id,
        "channel_id": order_id.partition(":")[0],
        "country": "United Kingdom",
        "placed_at": placed,
        "business_date": placed.date(),
        "recorded_at": placed,
        "promised_ship_by": placed + timedelta(days=2),
        "promised_deliver_by": placed + timedelta(days=5),
    }
    add(con, "core.order_header", **header | changes)
    for number, (sku, line_type, quantity, price, *kind) in enumerate(lines, start=1):
        add(
            con,
            "core.order_line",
            order_id=order_id,
            line_id=str(number),
            line_no=number,
            sku=sku,
            line_type=line_type,
            adjustment_kind=kind[0] if kind else None,
            quantity=quantity,
            unit_price=price,
            amount=quantity * price,
            recorded_at=placed,
        )


def refund(con, refund_id, order_id, *lines, refunded_at="2011-03-05 10:00"):
    refunded = at(refunded_at)
    add(
        con,
        "core.refund",
        refund_id=refund_id,
        channel_id=refund_id.partition(":")[0],
        order_id=order_id,
        refunded_at=refunded,
        business_date=refunded.date(),
        recorded_at=refunded,
    )
    for number, (sku, line_type, quantity, price, restock_kind) in enumerate(lines, start=1):
        add(
            con,
            "core.refund_line",
            refund_id=refund_id,
            line_no=number,
            sku=sku,
            line_type=line_type,
            quantity=quantity,
            unit_price=price,
            amount=quantity * price,
            restock_kind=restock_kind,
            recorded_at=refunded,
        )


def state(con, order_id, *, ordered, shipped=0, canceled=0, first=None, last=None, delivered=None):
    add(
        con,
        "core.order_state",
        order_id=order_id,
        order_status="canceled" if canceled == ordered else "closed" if delivered else "open",
        payment_status="paid",
        fulfillment_status="fulfilled" if shipped else "unfulfilled",
        units_ordered=ordered,
        units_shipped=shipped,
        units_canceled=canceled,
        first_shipped_at=first and at(first),
        last_shipped_at=(last or first) and at(last or first),
        delivered_at=delivered and at(delivered),
    )


def moved(con, seq, sku, location, kind, quantity, moment, **changes):
    add(
        con,
        "core.inventory_movement",
        movement_seq=seq,
        sku=sku,
        location_id=location,
        kind=kind,
        quantity=quantity,
        occurred_at=moment,
        recorded_at=moment,
        **changes,
    )
