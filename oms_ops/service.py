"""Commands for one order, for a person or an API: each one transaction, refused whole or done and remembered.

The rules in rules/ are the ones the bulk run uses. Stock commands are in stock_service.py; `order_view`
answers "where is my order".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from oms_ops import lifecycle
from oms_ops.commands import Commands, answer
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, UnknownReturn
from oms_ops.naming import find_cancelable, find_lines, find_order, find_picks, find_work, require_cancelable
from oms_ops.new_orders import Money, NewLine, NewOrder, order_fact
from oms_ops.rules import holds, payments, placing, returning, shipping, unwinding
from oms_ops.store.commands import Answer, order_id_of_return, returns_of
from oms_ops.store.history import order_view
from oms_ops.units import e4, micros

__all__ = ["NewLine", "NewOrder", "OrderService", "order_view"]


class OrderService(Commands):
    def place(self, order: NewOrder, *, at: datetime, key: str, may_wait: bool = False) -> Answer:
        """Place and claim stock in one step. OutOfStock lists every shortage; `may_wait` backorders them."""
        fact = order_fact(order, channel=self.settings.channel(order.channel_id), at=micros(at))

        def act(desk: Desk) -> Answer:
            if desk.shelf.order(fact.order_id) is not None:
                raise InvalidCommand(f"order {fact.order_id} already stands in the order book")
            placed = placing.place(desk, fact, may_wait=may_wait)
            return answer(placed, units_backordered=placed.units_backordered_at_placement)

        return self._run("place", act, at=at, key=key, terms={"order": asdict(order), "may_wait": may_wait})

    def pay(self, order_id: str, *, kind: str, amount: Money, at: datetime, key: str) -> Answer:
        """`kind`: authorization, capture, sale, void or chargeback."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            payments.pay(desk, order, kind=kind, amount_e4=e4(amount), reference=key)
            return answer(order)

        return self._run(
            "pay", act, at=at, key=key, terms={"order": order_id, "kind": kind, "amount": amount}
        )

    def hold(self, order_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            holds.hold(desk, order, reason=reason)
            return answer(order, holds=list(order.holds))

        return self._run("hold", act, at=at, key=key, terms={"order": order_id, "reason": reason})

    def release(self, order_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            holds.release(desk, order, reason=reason)
            return answer(order, holds=list(order.holds))

        return self._run("release", act, at=at, key=key, terms={"order": order_id, "reason": reason})

    def allocate(self, order_id: str, *, at: datetime, key: str) -> Answer:
        """Claim what waits, as far as there is stock."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            units = placing.allocate(desk, order)
            return answer(order, units_allocated=units)

        return self._run("allocate", act, at=at, key=key, terms={"order": order_id})

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

    def cancel(
        self, order_id: str, *, reason: str, at: datetime, key: str, units: Mapping[str, int] | None = None
    ) -> Answer:
        """Whole while nothing has shipped; or `units` per line id of what has not."""
        if reason not in lifecycle.CANCEL_REASONS:
            raise InvalidCommand(f"no cancel reason {reason!r}; known: {', '.join(lifecycle.CANCEL_REASONS)}")

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if units is None:
                require_cancelable(order)
                unwinding.cancel_order(desk, order, reason=reason)
            else:
                unwinding.cancel_units(desk, order, units=find_cancelable(order, units), reason=reason)
            return answer(order)

        return self._run(
            "cancel", act, at=at, key=key, terms={"order": order_id, "reason": reason, "units": units}
        )

    def return_(
        self, order_id: str, *, return_id: str, units: Mapping[str, int], at: datetime, key: str
    ) -> Answer:
        """The buyer will send back `units` per line id; nothing moves until they are received."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if order_id_of_return(desk, return_id) is not None:
                raise InvalidCommand(f"return {return_id} already stands in the order book")
            expected: dict[int, int] = {}
            for line in (line for back in returns_of(desk, order.order_seq) for line in back.lines):
                if line.state in ("expected", "missing"):
                    expected[line.line_no] = expected.get(line.line_no, 0) + line.quantity
            back = returning.request(
                desk, order, return_id=return_id, units=find_lines(order, units), expected=expected
            )
            return answer(order, return_id=return_id, return_status=back.state)

        terms = {"order": order_id, "return": return_id, "units": units}
        return self._run("return", act, at=at, key=key, terms=terms)

    def receive_return(
        self,
        return_id: str,
        *,
        disposition: str,
        at: datetime,
        key: str,
        location_id: str | None = None,
        line_ids: Sequence[str] | None = None,
    ) -> Answer:
        """The expected lines (all, or those named) came in; `disposition` says what becomes of the goods."""
        place = self._require_location(location_id or self.settings.returns_location)

        def act(desk: Desk) -> Answer:
            order_id = order_id_of_return(desk, return_id)
            if order_id is None:
                raise UnknownReturn(f"no return {return_id!r} in the order book")
            order = find_order(desk, order_id)
            back = next(back for back in returns_of(desk, order.order_seq) if back.return_id == return_id)
            named = None if line_ids is None else dict.fromkeys(line_ids)
            wanted = None if named is None else {line.line_no for line, _ in find_lines(order, named)}
            returning.receive(
                desk, order, back=back, disposition=disposition, location_id=place, line_nos=wanted
            )
            return answer(order, return_id=return_id, return_status=back.state)

        terms = {"return": return_id, "disposition": disposition, "location": place, "lines": line_ids}
        return self._run("receive_return", act, at=at, key=key, terms=terms)

    def refund(
        self, order_id: str, *, refund_id: str, amounts: Mapping[str, Money], at: datetime, key: str
    ) -> Answer:
        """`amounts` per line id, shipping too: at most what is left of each and of captured - refunded."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            lines = [(line, e4(amount)) for line, amount in find_lines(order, amounts)]
            payments.refund(desk, order, amounts=lines, reference=refund_id)
            return answer(order)

        terms = {"order": order_id, "refund": refund_id, "amounts": amounts}
        return self._run("refund", act, at=at, key=key, terms=terms)

    def _work(self, command: str, order_id: str, fulfillment_no: int, *, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            work = find_work(order, fulfillment_no)
            (shipping.pick if command == "pick" else shipping.pack)(desk, order, work=work)
            return answer(order, fulfillment_no=fulfillment_no, state=work.state)

        terms = {"order": order_id, "fulfillment_no": fulfillment_no}
        return self._run(command, act, at=at, key=key, terms=terms)
