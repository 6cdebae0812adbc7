"""Commands on parcels: ship, what the carrier reports, delivered, canceled before it left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.documents import Shipment
from oms_ops.errors import InvalidCommand
from oms_ops.naming import find_order, find_parcels, find_picks
from oms_ops.orders import Order
from oms_ops.rules import shipping
from oms_ops.store.commands import Answer, parcel_units
from oms_ops.units import micros

FIRST_STATES = ("confirmed", "label_purchased", "label_printed")


class ShipmentCommands(Commands):
    def ship(
        self, order_id: str, *, shipment_id: str, at: datetime, key: str,
        units: Mapping[int, int] | None = None, carrier: str | None = None,
        tracking_number: str | None = None, state: str = "confirmed",
    ) -> Answer:  # fmt: skip
        """`units` per allocation number; without it every open allocation ships whole. `state` is
        label_purchased or label_printed where the label comes first: `track` tells when the parcel leaves."""
        if state not in FIRST_STATES:
            raise InvalidCommand(f"a shipment begins as {', '.join(FIRST_STATES)}, found {state!r}")

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if desk.shelf.shipments(shipment_id):
                raise InvalidCommand(f"shipment {shipment_id} already stands in the order book")
            picks = find_picks(order, units)
            shipping.ship(
                desk, order, picks=picks, shipment_id=shipment_id, carrier=carrier,
                tracking_number=tracking_number, state=state,
            )  # fmt: skip
            return answer(order, units_shipped=sum(quantity for _, quantity in picks))

        said = {"order": order_id, "shipment": shipment_id, "units": units, "tracking": tracking_number}
        return self._run("ship", act, at=at, key=key, terms=said | {"state": state})

    def track(
        self, shipment_id: str, status: str, *, occurred_at: datetime, at: datetime, key: str,
        tracking_number: str | None = None,
    ) -> Answer:  # fmt: skip
        """A carrier's report of something that happened at `occurred_at`, learned `at`. Reports may come in
        any order: the latest stands, `is_news` tells whether this one changed anything."""

        def act(desk: Desk) -> Answer:
            desk.occurred_at = micros(occurred_at)
            order, parcels = find_parcels(desk, shipment_id)
            if status == "canceled":
                return _cancel(desk, order, parcels)
            is_news = shipping.track(desk, order, parcels=parcels, status=status)
            if tracking_number is not None:
                for parcel in parcels:
                    parcel.tracking_number = tracking_number
                    desk.journal.shipments[parcel.shipment_seq] = parcel
            return answer(order, shipment_status=parcels[0].state, is_news=is_news)

        said = {"shipment": shipment_id, "status": status, "occurred_at": micros(occurred_at)}
        return self._run("track", act, at=at, key=key, terms=said | {"tracking": tracking_number})

    def deliver(self, shipment_id: str, *, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            order, parcels = find_parcels(desk, shipment_id)
            shipping.deliver(desk, order, parcels=parcels)
            return answer(order)

        return self._run("deliver", act, at=at, key=key, terms={"shipment": shipment_id})

    def cancel_shipment(self, shipment_id: str, *, at: datetime, key: str) -> Answer:
        """The parcel never left: its units are back on their shelf, claimed, in open work of the order."""

        def act(desk: Desk) -> Answer:
            return _cancel(desk, *find_parcels(desk, shipment_id))

        return self._run("cancel_shipment", act, at=at, key=key, terms={"shipment": shipment_id})


def _cancel(desk: Desk, order: Order, parcels: list[Shipment]) -> Answer:
    units = {parcel.shipment_seq: parcel_units(desk, parcel.shipment_seq) for parcel in parcels}
    expected: dict[int, int] = {}
    for line in (line for back in desk.papers(order).returns for line in back.lines):
        if line.state in ("expected", "missing"):
            expected[line.line_no] = expected.get(line.line_no, 0) + line.quantity
    shipping.cancel(desk, order, parcels=parcels, units=units, expected=expected)
    return answer(order, shipment_status="canceled")
