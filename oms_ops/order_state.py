"""The three derived statuses of an order from the sums the book's SQL answers (sql/pull/order_state.sql)."""

from __future__ import annotations

from typing import NamedTuple

from oms_ops import lifecycle
from oms_ops.copying import TEXT, WHOLE

STATE_COLUMNS = {
    "order_id": TEXT, "order_status": TEXT, "payment_status": TEXT, "fulfillment_status": TEXT,
    "units_ordered": WHOLE, "units_canceled": WHOLE, "units_allocated": WHOLE, "units_shipped": WHOLE,
    "units_returned": WHOLE, "units_backordered_at_placement": WHOLE, "location_count": WHOLE,
    "first_shipped_at": WHOLE, "last_shipped_at": WHOLE, "delivered_at": WHOLE,
}  # fmt: skip


class Sums(NamedTuple):
    order_id: str
    order_status: str
    total_e4: int
    canceled_e4: int
    authorized_e4: int
    captured_e4: int
    refunded_e4: int
    voided_e4: int
    expired_e4: int
    ordered: int
    canceled: int
    allocated: int
    shipped: int
    returned: int
    backordered_at_placement: int
    location_count: int
    first_shipped_at: int | None
    last_shipped_at: int | None
    delivered_at: int | None
    holds: int
    is_in_progress: int
    is_scheduled: int


def state_row(row: tuple) -> tuple:
    """One row of core.order_state, instants still in microseconds."""
    sums = Sums._make(row)
    payment = lifecycle.payment_status(
        sums.total_e4,
        canceled_e4=sums.canceled_e4,
        authorized_e4=sums.authorized_e4,
        captured_e4=sums.captured_e4,
        refunded_e4=sums.refunded_e4,
        voided_e4=sums.voided_e4,
        expired_e4=sums.expired_e4,
    )
    work = ("in_progress",) * bool(sums.is_in_progress) + ("scheduled",) * bool(sums.is_scheduled)
    fulfillment = lifecycle.fulfillment_status(
        sums.ordered, canceled=sums.canceled, shipped=sums.shipped, work=work, is_held=bool(sums.holds)
    )
    return (
        sums.order_id, sums.order_status, payment, fulfillment, sums.ordered, sums.canceled, sums.allocated,
        sums.shipped, sums.returned, sums.backordered_at_placement, sums.location_count,
        sums.first_shipped_at, sums.last_shipped_at, sums.delivered_at,
    )  # fmt: skip
