"""Commands of routing: broker what waits as one assignment, say where an order goes, decide by hand, explain.

The assignment is computed outside the writing transaction; inside it each plan is held against the stock as
it is then, and an order whose plan does not fit any more is routed anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from oms_ops.assignment import Assignment, assign
from oms_ops.commands.base import Commands, answer
from oms_ops.desk import Desk, Numbers, Places
from oms_ops.errors import IllegalMove, InvalidCommand, OutOfStock, UnknownOrder
from oms_ops.ledger import AVAILABLE
from oms_ops.naming import find_order
from oms_ops.orders import Order
from oms_ops.routing.batch import Planned, limits, one_by_one
from oms_ops.routing.geography import Destination
from oms_ops.routing.reading import routing_of
from oms_ops.routing.rules import Routing
from oms_ops.rules import brokering, placing
from oms_ops.store import supply
from oms_ops.store.commands import Answer
from oms_ops.store.routing_facts import queued_for_a_person, waiting_orders
from oms_ops.store.shelf import Shelf
from oms_ops.units import instant, micros


class RoutingService(Commands):
    def route_batch(
        self, order_ids: Sequence[str] | None = None, *, at: datetime, key: str, seconds: float = 10.0
    ) -> Answer:
        """Broker the waiting units of these orders, or of all that wait for no person, as one assignment.

        Never costs more than order by order; `gap` is 0 where it is proven best. `seconds`: for the solver.
        """
        plan = None if supply.is_known(self.book, key) else self.plan_batch(order_ids, at=at, seconds=seconds)

        def act(desk: Desk) -> Answer:
            return _carry_out(desk, *plan)

        return self._run("route_batch", act, at=at, key=key, terms={"orders": order_ids})

    def plan_batch(
        self, order_ids: Sequence[str] | None = None, *, at: datetime, seconds: float = 10.0
    ) -> tuple[Assignment, list[str]]:
        """What `route_batch` would do now, and the orders no rule set is for. Writes nothing."""
        places = Places.of(self.settings)
        routing = places.rules or Routing()
        with self.book.read() as con:
            desk = Desk(Shelf(con, preload=True), places, numbers=Numbers())
            desk.at(micros(at), recorded_at=micros(at))
            names = waiting_orders(con) if order_ids is None else list(dict.fromkeys(order_ids))
            desk.shelf.fetch_orders(names)
            orders = [find_order(desk, name) for name in names]
            requests = [
                brokering.request_of(desk, order, wanted)
                for order in orders
                if order.order_status == "open" and (wanted := placing.wanted(order))
            ]
            state = brokering.state_of(desk)
            entries, others = one_by_one(routing, requests, state)
            shared = limits(routing, entries, state)
        return assign(entries, shared, seconds=seconds), [other.order_id for other in others]

    def send_to(
        self,
        order_id: str,
        *,
        at: datetime,
        key: str,
        postcode: str = "",
        point: tuple[float, float] | None = None,
        shipping_method: str = "",
    ) -> Answer:
        """Where the order goes and how; units that wait are routed by it from now on. The postcode of an
        address counts before this one."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            to = Destination(order.country, postcode, point, shipping_method)
            placing.send_to(desk, order, to, is_told=True)
            desk.event(order, "destination_told", detail={"shipping_method": shipping_method})
            return answer(order, shipping_method=shipping_method)

        digest = Destination("", postcode, point, shipping_method).digest
        terms = {"order": order_id, "destination": digest}
        return self._run("send_to", act, at=at, key=key, terms=terms)

    def assign(
        self,
        order_id: str,
        location_id: str,
        *,
        at: datetime,
        key: str,
        units: Mapping[str, int] | None = None,
    ) -> Answer:
        """A person's decision: these waiting units (per sku, all of them without) from this location."""
        place = self._require_location(location_id)

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            wanted = _named(order, units)
            found = {sku: max(0, desk.available(sku, place)) for sku in wanted}
            short = {sku: (wanted[sku], found[sku]) for sku in sorted(wanted) if found[sku] < wanted[sku]}
            if short:
                raise OutOfStock(short)
            claimed = placing.claim_plan(desk, order, {place: wanted})
            if brokering.waits_for_a_person(desk, order):
                brokering.leave_queue(desk, order)
            return answer(order, units_allocated=claimed)

        terms = {"order": order_id, "location": location_id, "units": units and dict(units)}
        return self._run("assign", act, at=at, key=key, terms=terms)

    def requeue(self, order_id: str, *, at: datetime, key: str) -> Answer:
        """Take an order off the manual queue and give it to the rules again."""

        def act(desk: Desk) -> Answer:
            order = find_order(desk, order_id)
            if not brokering.waits_for_a_person(desk, order):
                raise InvalidCommand(f"order {order_id} does not wait for a person's decision")
            brokering.leave_queue(desk, order)
            units = placing.allocate(desk, order)
            return answer(order, units_allocated=units)

        return self._run("requeue", act, at=at, key=key, terms={"order": order_id})

    def manual_queue(self) -> list[dict[str, object]]:
        """Orders that wait for a person, the longest first."""
        with self.book.read() as con:
            rows = queued_for_a_person(con)
        return [
            {"order_id": row[0], "reason": row[1], "queued_at": instant(row[2]), "units": row[3]}
            for row in rows
        ]

    def explain(
        self, order_id: str, *, at: datetime, tree: Mapping[str, object] | None = None
    ) -> dict[str, object] | None:
        """What the rules (of another `tree`) would decide now for the order's units that have not shipped, as
        if its claims were given back; None where no rule set is for it."""
        rules = routing_of(self.settings, tree)
        places = replace(Places.of(self.settings), rules=rules)
        with self.book.read() as con:
            desk = Desk(Shelf(con), places, numbers=Numbers())
            desk.at(micros(at), recorded_at=micros(at))
            order = desk.shelf.order(order_id)
            if order is None:
                raise UnknownOrder(f"no order {order_id!r} in the order book")
            wanted = placing.unshipped_units(order)
            if not wanted:
                raise IllegalMove(f"order {order_id} is {order.order_status} and has nothing left to route")
            _give_back(order)
            found = brokering.decision(desk, order, wanted)
        return found and found.explanation()


def _carry_out(desk: Desk, plan: Assignment, others: Sequence[str]) -> Answer:
    """Plans that still fit, in the order of the queue; whoever lost its own; orders without rules."""
    lost, claimed = [], 0
    for planned in plan.planned:
        order = desk.shelf.order_by_seq(planned.entry.request.order_seq)
        if _fits(desk, order, planned):
            claimed += placing.follow_decision(desk, order, planned.decision())
        elif order.order_status == "open":
            lost.append(order)
    for order in [*lost, *(find_order(desk, name) for name in others)]:
        claimed += placing.allocate(desk, order)
    return {
        "orders": len(plan.planned) + len(others),
        "units_allocated": claimed,
        "routed_anew": [order.order_id for order in lost],
        **outcome(plan),
    }


def outcome(plan: Assignment) -> dict[str, object]:
    """The assignment in figures, money as in an event: what it costs, what order by order would have cost."""
    return {
        "units_left": plan.left,
        "cost": plan.cost_e4 / 10_000,
        "order_by_order_units_left": plan.alone_left,
        "order_by_order_cost": plan.alone_cost_e4 / 10_000,
        "bound": None if plan.bound_e4 is None else plan.bound_e4 / 10_000,
        "gap": plan.gap,
    }


def _fits(desk: Desk, order: Order, planned: Planned) -> bool:
    """Whether the order still waits for the same and the locations still have it and the hands for it."""
    if order.order_status != "open" or placing.wanted(order) != dict(planned.entry.request.wanted):
        return False
    for place, taken in planned.units.items():
        site = desk.places.rules.site(place)
        orders, units = brokering.load(desk, place)
        if site.orders_per_day is not None and orders >= site.orders_per_day:
            return False
        if site.units_per_day is not None and units + sum(taken.values()) > site.units_per_day:
            return False
        if any(desk.available(sku, place) < quantity for sku, quantity in taken.items()):
            return False
    return True


def _named(order: Order, units: Mapping[str, int] | None) -> dict[str, int]:
    waiting = placing.wanted(order)
    if units is None and waiting:
        return waiting
    wrong = [sku for sku, quantity in (units or {}).items() if not 0 < quantity <= waiting.get(sku, 0)]
    if wrong or not units:
        listed = ", ".join(f"{count} of {sku}" for sku, count in waiting.items()) or "nothing"
        raise InvalidCommand(f"order {order.order_id} waits for {listed}; found {dict(units or {})}")
    return dict(units)


def _give_back(order: Order) -> None:
    """In this copy of the book only: the units the order holds count as available to it."""
    for claim in order.open_allocations():
        claim.stock.balance[AVAILABLE] += claim.open_units
