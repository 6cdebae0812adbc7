"""Commands of the warehouse floor: pick, pack, ship, deliver."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.naming import find_order, find_picks, find_work
from oms_ops.rules import shipping
from oms_ops.store.commands import Answer


class FulfillmentCommands(Commands):
    def pick(self, order_id: str, fulfillment_no: int, *, at: datetime, key: str) -> Answer:
        return self._work("pick", order_id, fulfillment_no, at=at, key=key)

    def pack(self, order_id: str, fulfillment_no: int, *, at: datetime, key: str) -> Answer:
        return self._work("pack", order_id, fulfillment_no, at=at, key=key)

    def ship(
        self,
        order_id: str,
        *,
        shipment_id: str,
        at: datetime,
        key: str,
        units: Mapping[int, int] | None = None,
        carrier: str | None = None,
        tracking_number: str | None = None,
    ) -> Answer:
        """`units` per allocation number; without it every open allocation ships whole."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if desk.shelf.shipments(shipment_id):
                raise InvalidCommand(f"shipment {shipment_id} already stands in the order book")
            picks = find_picks(order, units)
            shipping.ship(
                desk,
                order,
                picks=picks,
                shipment_id=shipment_id,
                carrier=carrier,
                tracking_number=tracking_number,
            )
            return answer(order, units_shipped=sum(quantity for _, quantity in picks))

        terms = {"order": order_id, "shipment": shipment_id, "units": units, "tracking": tracking_number}
        return self._run("ship", act, at=at, key=key, terms=terms)

    def deliver(self, shipment_id: str, *, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            parcels = desk.shelf.shipments(shipment_id)
            if not parcels:
                raise InvalidCommand(f"no shipment {shipment_id!r} in the order book")
            order = desk.shelf.order_by_seq(parcels[0].order_seq)
            shipping.deliver(desk, order, parcels=parcels)
            return answer(order)

        return self._run("deliver", act, at=at, key=key, terms={"shipment": shipment_id})

    def _work(self, command: str, order_id: str, fulfillment_no: int, *, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            work = find_work(order, fulfillment_no)
            (shipping.pick if command == "pick" else shipping.pack)(desk, order, work=work)
            return answer(order, fulfillment_no=fulfillment_no, state=work.state)

        terms = {"order": order_id, "fulfillment_no": fulfillment_no}
        return self._run(command, act, at=at, key=key, terms=terms)
