"""Where each unit of each line is: in which parcel, claimed at which location, waiting until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from oms_ops.orders import Line, Order
from oms_ops.store.lifecycle_tables import shipping_address
from oms_ops.units import instant


def whereabouts(order: Order, line: Line, *, shipments: Sequence[Mapping]) -> list[dict[str, object]]:
    """`units` and their `state`: shipped, allocated, waiting or scheduled, with what is known of each."""
    return [*_shipped(order, line, shipments), *_allocated(order, line), *_waiting(line)]


def address(con: Connection, order: Order) -> dict[str, object] | None:
    found = con.execute(
        select(shipping_address).where(shipping_address.c.order_seq == order.order_seq)
    ).first()
    return (
        None
        if found is None
        else {name: value for name, value in found._mapping.items() if name != "order_seq"}
    )


def _shipped(order: Order, line: Line, shipments: Sequence[Mapping]) -> list[dict[str, object]]:
    of_line = {claim.allocation_no for claim in order.allocations if claim.line is line}
    found = []
    for parcel in shipments:
        units = sum(units for number, units in parcel["units_by_allocation"].items() if number in of_line)
        if units and parcel["state"] != "canceled":
            names = ("shipment_id", "carrier", "tracking_number", "location_id", "delivered_at")
            known = {name: parcel[name] for name in names}
            found.append({"units": units, "state": "shipped", "shipment_state": parcel["state"], **known})
    return found


def _allocated(order: Order, line: Line) -> list[dict[str, object]]:
    return [
        {
            "units": claim.open_units,
            "state": "allocated",
            "location_id": claim.stock.location_id,
            "fulfillment_no": claim.fulfillment_no,
            "work_state": order.work[claim.fulfillment_no - 1].state,
            "picked": claim.picked,
        }
        for claim in order.open_allocations()
        if claim.line is line
    ]


def _waiting(line: Line) -> list[dict[str, object]]:
    if not line.backordered:
        return []
    state = "waiting" if line.claimable else "scheduled"
    return [{"units": line.backordered, "state": state, "ships_not_before": instant(line.ships_not_before)}]
