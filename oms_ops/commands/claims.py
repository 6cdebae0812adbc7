"""Commands on claims (parcel lost, goods damaged or wrong, units missing): sent again, refunded or denied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.documents import Claim
from oms_ops.errors import InvalidCommand, UnknownClaim
from oms_ops.naming import find_lines, find_order
from oms_ops.new_orders import Money
from oms_ops.orders import Order
from oms_ops.rules import claiming, refunds
from oms_ops.store.commands import Answer, order_id_of_claim
from oms_ops.store.papers import units_of_shipment
from oms_ops.units import e4, money


class ClaimCommands(Commands):
    def open_claim(
        self, order_id: str, *, claim_id: str, kind: str, at: datetime, key: str,
        units: Mapping[str, int] | None = None, shipment_id: str | None = None, note: str | None = None,
    ) -> Answer:  # fmt: skip
        """`kind`: lost_parcel, damaged_on_arrival, wrong_item, missing_units. `units` per line id, or all
        of a shipment. A closed order is open again until the claim has its outcome."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if order_id_of_claim(desk, claim_id) is not None:
                raise InvalidCommand(f"claim {claim_id} already stands in the order book")
            parcels = _parcels(desk, order, shipment_id)
            if units is None and not parcels:
                raise InvalidCommand(f"claim {claim_id} needs units of order {order_id} or a shipment of it")
            if units is None:
                sent = units_of_shipment(desk.shelf.con, [parcel.shipment_seq for parcel in parcels])
                claimed = claiming.units_of(order, sent)
            else:
                claimed = find_lines(order, units)
            made = claiming.open_claim(
                desk, order, claim_id=claim_id, kind=kind, units=claimed, parcels=parcels, note=note
            )
            return _answer(order, made)

        terms = {"order": order_id, "claim": claim_id, "kind": kind, "units": units, "shipment": shipment_id}
        return self._run("open_claim", act, at=at, key=key, terms=terms | {"note": note})

    def reship_claim(self, claim_id: str, *, at: datetime, key: str, may_wait: bool = False) -> Answer:
        """Send the claimed units again, at no price; OutOfStock where they may not wait."""

        def act(desk: Desk, order: Order, made: Claim) -> Answer:
            added = claiming.reship(desk, order, made=made, may_wait=may_wait)
            return _answer(order, made, line_ids=[line.line_id for line in added])

        return self._claim("reship_claim", claim_id, act, at=at, key=key, terms={"may_wait": may_wait})

    def refund_claim(
        self, claim_id: str, *, refund_id: str, at: datetime, key: str,
        amounts: Mapping[str, Money] | None = None, status: str = "success",
    ) -> Answer:  # fmt: skip
        """Give back what the claimed units are worth, or `amounts` per line id."""

        def act(desk: Desk, order: Order, made: Claim) -> Answer:
            if amounts is None:
                parts = claiming.value(desk, order, made=made)
            else:
                named = [(line, e4(amount)) for line, amount in find_lines(order, amounts)]
                parts = refunds.by_line(desk, order, amounts=named, units=[])
            given = claiming.refund(desk, order, made=made, refund_id=refund_id, parts=parts, status=status)
            return _answer(order, made, refund_id=refund_id, refunded=money(given.amount_e4))

        terms = {"refund": refund_id, "amounts": amounts, "status": status}
        return self._claim("refund_claim", claim_id, act, at=at, key=key, terms=terms)

    def deny_claim(self, claim_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        return self._end("deny_claim", claim_id, state="denied", reason=reason, at=at, key=key)

    def withdraw_claim(self, claim_id: str, *, reason: str, at: datetime, key: str) -> Answer:
        return self._end("withdraw_claim", claim_id, state="withdrawn", reason=reason, at=at, key=key)

    def _end(self, command: str, claim_id: str, *, state: str, reason: str, at: datetime, key: str) -> Answer:
        def act(desk: Desk, order: Order, made: Claim) -> Answer:
            claiming.end(desk, order, made=made, state=state, reason=reason)
            return _answer(order, made)

        return self._claim(command, claim_id, act, at=at, key=key, terms={"reason": reason})

    def _claim(
        self, command: str, claim_id: str, act: Callable[[Desk, Order, Claim], Answer], *, at: datetime,
        key: str, terms: Mapping[str, object],
    ) -> Answer:  # fmt: skip
        def carry_out(desk: Desk) -> Answer:
            order_id = order_id_of_claim(desk, claim_id)
            if order_id is None:
                raise UnknownClaim(f"no claim {claim_id!r} in the order book")
            order = find_order(desk, order_id)
            made = next(made for made in desk.papers(order).claims if made.claim_id == claim_id)
            return act(desk, order, made)

        return self._run(command, carry_out, at=at, key=key, terms={"claim": claim_id, **terms})


def _parcels(desk: Desk, order: Order, shipment_id: str | None) -> list:
    if shipment_id is None:
        return []
    parcels = desk.shelf.shipments(shipment_id)
    if not parcels or parcels[0].order_seq != order.order_seq:
        raise InvalidCommand(f"order {order.order_id} ({order.order_status}) has no shipment {shipment_id!r}")
    return parcels


def _answer(order: Order, made: Claim, **more: object) -> Answer:
    return answer(order, claim_id=made.claim_id, claim_status=made.state, **more)
