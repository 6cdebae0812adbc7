"""Commands on checkouts' holds: reserve, extend, release, expire, and convert into an order.

A basket that one location can fill is set aside by store/reserving.py; what has to be split goes through the
rules like any other command.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk
from oms_ops.documents import Reservation
from oms_ops.errors import InvalidCommand, OutOfStock
from oms_ops.new_orders import NewOrder, finish, order_fact, order_terms
from oms_ops.orders import Order
from oms_ops.rules import placing, reservations
from oms_ops.store import supply
from oms_ops.store.commands import Answer, earlier_event
from oms_ops.store.reserving import Basket, set_aside
from oms_ops.units import instant, micros


class ReservationService(Commands):
    def reserve(
        self,
        reservation_id: str,
        *,
        channel_id: str,
        items: Mapping[str, int],
        expires_at: datetime,
        at: datetime,
        key: str,
    ) -> Answer:
        """Set `items` (units per sku) aside, all or nothing; OutOfStock lists every shortage."""
        _require_sound(reservation_id, items, expires_at=expires_at, at=at, key=key)
        self.settings.channel(channel_id)
        terms = {"reservation": reservation_id, "channel": channel_id, "items": dict(items)}
        terms["expires_at"] = micros(expires_at)
        return self._quickly(terms, at=at, key=key) or self._carefully(terms, at=at, key=key)

    def extend(self, reservation_id: str, *, expires_at: datetime, at: datetime, key: str) -> Answer:
        if expires_at <= at:
            raise InvalidCommand(f"reservation {reservation_id} cannot end at {expires_at}, it is {at}")

        def act(desk: Desk) -> Answer:
            held = reservations.find(desk, reservation_id)
            reservations.extend(desk, held, expires_at=micros(expires_at))
            return _answer(held)

        terms = {"reservation": reservation_id, "expires_at": micros(expires_at)}
        return self._run("extend_reservation", act, at=at, key=key, terms=terms)

    def release(self, reservation_id: str, *, at: datetime, key: str) -> Answer:
        """The checkout was given up: its units are available again."""

        def act(desk: Desk) -> Answer:
            held = reservations.find(desk, reservation_id)
            reservations.end(desk, held, state="released")
            return _answer(held)

        return self._run("release_reservation", act, at=at, key=key, terms={"reservation": reservation_id})

    def expire(self, *, at: datetime, key: str, limit: int = 1_000) -> Answer:
        """The sweep: holds due by `at` give their units back. `left` says whether to call again."""

        def act(desk: Desk) -> Answer:
            due = reservations.expire(desk, at=micros(at), limit=limit)
            names = [held.reservation_id for held in due]
            return {"expired": names, "left": len(names) == limit}

        return self._run("expire_reservations", act, at=at, key=key, terms={"at": micros(at), "limit": limit})

    def convert(
        self, reservation_id: str, order: NewOrder, *, at: datetime, key: str, may_wait: bool = False
    ) -> Answer:
        """Place `order` on what was set aside; more is claimed as ever, what is left over is released."""
        fact = order_fact(order, channel=self.settings.channel(order.channel_id), at=micros(at))

        def act(desk: Desk) -> Answer:
            held = reservations.find(desk, reservation_id)
            if desk.shelf.order(fact.order_id) is not None:
                raise InvalidCommand(f"order {fact.order_id} already stands in the order book")

            def claim_held(placed: Order) -> None:
                reservations.convert(desk, held, placed)

            placed = placing.request(
                desk, fact, may_wait=may_wait, claim_first=claim_held, destination=order.destination
            )
            finish(desk, placed, order, channel=self.settings.channel(order.channel_id))
            reservations.hand_on_spare(desk, held.units)
            units = placed.units_backordered_at_placement
            return answer(placed, reservation_id=reservation_id, units_backordered=units)

        terms = {"reservation": reservation_id, "order": order_terms(order), "may_wait": may_wait}
        return self._run("convert_reservation", act, at=at, key=key, terms=terms)

    def _quickly(self, terms: Mapping, *, at: datetime, key: str) -> Answer | None:
        """At the first location that has it all; None where there is none or the key is known."""
        network = self.places.network(terms["channel"])
        for location_id in network[:1]:
            if found := self._at(location_id, terms, at=at, key=key):
                return found
        if earlier := earlier_event(self.book, key):
            # a command that went the careful way answers for itself
            return None if supply.is_known(self.book, key) else _same_again(terms, earlier, key=key)
        return self._elsewhere(network, terms, at=at, key=key)

    def _elsewhere(self, network: Sequence[str], terms: Mapping, *, at: datetime, key: str) -> Answer | None:
        buffers = self.places.buffers
        with self.book.read() as con:
            kits = supply.kits(con)
            if not kits.keys().isdisjoint(terms["items"]):
                return None  # of its components, by the rules
            items = terms["items"]
            free = supply.free(con, items, network=network, buffers=buffers)
            swept = supply.due(con, items, network=network, at=micros(at))
        found = {sku: sum(max(0, units) for units in free[sku].values()) for sku in items}
        short = [sku for sku in items if found[sku] + swept.get(sku, 0) < items[sku]]
        if short and not supply.is_known(self.book, key):
            raise OutOfStock({sku: (items[sku], found[sku]) for sku in sorted(short)})
        for location_id in network[1:]:
            has_all = all(free[sku].get(location_id, 0) >= units for sku, units in items.items())
            if has_all and (done := self._at(location_id, terms, at=at, key=key)):
                return done
        return self._noted(terms, key=key)  # set aside meanwhile: its answer was lost, or given to another

    def _noted(self, terms: Mapping, *, key: str) -> Answer | None:
        """What a quick reservation under the key answered. One that went the careful way does for itself."""
        earlier = earlier_event(self.book, key)
        if earlier is None or supply.is_known(self.book, key):
            return None
        return _same_again(terms, earlier, key=key)

    def _at(self, location_id: str, terms: Mapping, *, at: datetime, key: str) -> Answer | None:
        items = sorted(terms["items"].items())
        detail = {"channel_id": terms["channel"], "expires_at": terms["expires_at"]}
        detail["locations"] = {location_id: dict(items)}
        basket = Basket(
            terms["reservation"], terms["channel"], items, location_id,
            self.places.buffers.get(location_id, 0), micros(at), terms["expires_at"], key,
            json.dumps(detail),
        )  # fmt: skip
        return _from_detail(terms["reservation"], detail) if set_aside(self.book, basket) else None

    def _carefully(self, terms: Mapping, *, at: datetime, key: str) -> Answer:
        def act(desk: Desk) -> Answer:
            values = {"channel_id": terms["channel"], "items": terms["items"]}
            try:
                held = reservations.reserve(
                    desk, terms["reservation"], expires_at=terms["expires_at"], **values
                )
            except OutOfStock:
                if not reservations.expire(desk, at=micros(at), limit=1_000):
                    raise
                held = reservations.reserve(
                    desk, terms["reservation"], expires_at=terms["expires_at"], **values
                )
            return _answer(held)

        return self._run("reserve", act, at=at, key=key, terms=terms)


def _require_sound(
    reservation_id: str, items: Mapping[str, int], *, expires_at: datetime, at: datetime, key: str
) -> None:  # fmt: skip
    if not reservation_id or not key:
        raise InvalidCommand("a reservation needs an id and an idempotency key")
    wrong = {sku: units for sku, units in items.items() if units <= 0}
    if wrong or not items:
        raise InvalidCommand(
            f"reservation {reservation_id} needs a quantity above 0 of each item, found {wrong or 'no item'}"
        )
    if expires_at <= at:
        raise InvalidCommand(f"reservation {reservation_id} would have expired at {expires_at}, it is {at}")


def _answer(held: Reservation) -> Answer:
    units: dict[str, dict[str, int]] = {}
    for item in held.units:
        units.setdefault(item.location_id, {})[item.sku] = item.quantity
    detail = {"channel_id": held.channel_id, "expires_at": held.expires_at, "locations": units}
    return _from_detail(held.reservation_id, detail) | {"reservation_status": held.state}


def _from_detail(reservation_id: str, detail: Mapping) -> Answer:
    return {
        "reservation_id": reservation_id,
        "reservation_status": "active",
        "channel_id": detail["channel_id"],
        "expires_at": str(instant(detail["expires_at"])),
        "locations": detail["locations"],
    }


def _same_again(terms: Mapping, earlier: tuple[str, str, Mapping], *, key: str) -> Answer:
    """The answer given before to the same key, or a refusal where it was used for something else."""
    kind, subject, detail = earlier
    units: dict[str, int] = {}
    for items in detail.get("locations", {}).values():
        for sku, quantity in items.items():
            units[sku] = units.get(sku, 0) + quantity
    said = {"reservation": subject, "channel": detail.get("channel_id"), "items": units}
    if kind != "reserved" or said | {"expires_at": detail.get("expires_at")} != dict(terms):
        raise InvalidCommand(f"idempotency key {key!r} was used for {kind} {subject} {dict(detail)}")
    return _from_detail(subject, detail)
