"""Past orders routed again by some rules, with the stock as it came in: what it would have cost.

The ledger's movements of everybody else are replayed as they were; what the replayed orders took is what the
rules decide now. Pure: where the past comes from is oms_ops.store.past.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from oms_ops.routing.candidates import Request, State, price
from oms_ops.routing.days import day_of
from oms_ops.routing.decide import decide, rule_set_of, unrouted
from oms_ops.routing.plan import route
from oms_ops.routing.problem import Units
from oms_ops.routing.rules import CANCEL, HOLD, MANUAL, WAIT, Routing
from oms_ops.units import DAY


@dataclass(frozen=True, slots=True)
class Past:
    """`opening` and `changes` are of units available: (when, sku, location, units). `inbound`: (when, units)
    per place before the first order, where a rule asks for the age of stock. `zone`: the shop's days."""

    requests: Sequence[Request]
    opening: Mapping[tuple[str, str], int]
    changes: Sequence[tuple[int, str, str, int]]
    zone: str
    inbound: Mapping[tuple[str, str], Sequence[tuple[int, int]]] = field(default_factory=dict)


@dataclass(slots=True)
class Outcome:
    """Units and orders; `shipping_e4` is what carriers are paid, `late_days` summed over orders."""

    orders: int = 0
    units: int = 0
    filled_units: int = 0
    unfilled_units: int = 0
    canceled_units: int = 0
    orders_for_a_person: int = 0
    held_orders: int = 0
    parcels: int = 0
    split_orders: int = 0
    unpriced_parcels: int = 0
    shipping_e4: int = 0
    late_orders: int = 0
    late_days: int = 0
    by_rule: dict[str, int] = field(default_factory=dict)

    def figures(self) -> dict[str, object]:
        found = asdict(self)
        found["shipping"] = found.pop("shipping_e4") / 10_000
        return found


def replay(routing: Routing, past: Past) -> Outcome:
    """Orders as they came; who waits is routed again whenever units of a wanted sku come in."""
    world = _World(routing, past)
    for at, kind, thing in _timeline(past):
        if kind == 0:
            world.change(at, *thing)
        else:
            world.route(thing)
    return world.close()


def _timeline(past: Past) -> Iterator[tuple[int, int, object]]:
    """Stock before orders of the same instant, each in the order it is given."""
    changes = ((row[0], 0, number, row[1:]) for number, row in enumerate(past.changes))
    orders = ((request.placed_at, 1, number, request) for number, request in enumerate(past.requests))
    for at, kind, _, thing in heapq.merge(changes, orders, key=lambda row: row[:3]):
        yield at, kind, thing


class _World:
    def __init__(self, routing: Routing, past: Past) -> None:
        self.routing = routing
        self.zone = past.zone
        self.stock = dict(past.opening)
        self.inbound = {place: list(rows) for place, rows in past.inbound.items()}
        self.given: dict[tuple[str, int], list[int]] = {}
        self.waiting: dict[int, Request] = {}
        self.by_sku: dict[str, dict[int, None]] = {}
        self.parcels: dict[int, int] = {}
        self.late: dict[int, int] = {}
        self.outcome = Outcome()
        self.now = 0

    def change(self, at: int, sku: str, location_id: str, units: int) -> None:
        self.now = at
        place = sku, location_id
        self.stock[place] = self.stock.get(place, 0) + units
        if units <= 0:
            return
        self.inbound.setdefault(place, []).append((at, units))
        for order_seq in list(self.by_sku.get(sku, ())):
            if self.stock[place] <= 0:
                return
            request = self.waiting.get(order_seq)
            if request and location_id in request.network:
                self._route(replace(request, at=at))

    def route(self, request: Request) -> None:
        self.outcome.orders += 1
        self.outcome.units += sum(request.wanted.values())
        self.now = request.at
        self._route(request)

    def close(self) -> Outcome:
        found = self.outcome
        for request in self.waiting.values():
            found.unfilled_units += sum(request.wanted.values())
        found.parcels = sum(self.parcels.values())
        found.split_orders = sum(1 for count in self.parcels.values() if count > 1)
        found.late_orders = sum(1 for days in self.late.values() if days)
        found.late_days = sum(self.late.values())
        found.by_rule = dict(sorted(found.by_rule.items()))
        return found

    def _route(self, request: Request) -> None:
        rules = rule_set_of(self.routing, request)
        if rules is None:
            units = route(request.wanted, self._available, network=request.network).by_location
            rest, then, name = unrouted(request.wanted, units), WAIT, "by priority"
        else:
            state = State(self._available, self._load, self._age_days)
            found = decide(rules, request, routing=self.routing, state=state)
            units, rest, then = found.plan.by_location, found.plan.unrouted, found.rule.unfilled
            name = f"{rules.name}: {found.rule.name}"
        if units:
            self._ship(request, units, name)
        self._keep(request, rest, then)

    def _ship(self, request: Request, units: Units, name: str) -> None:
        seq, found = request.order_seq, self.outcome
        paid_e4, late_days, unpriced = price(request, units, routing=self.routing)
        found.shipping_e4 += paid_e4
        found.unpriced_parcels += unpriced
        found.by_rule[name] = found.by_rule.get(name, 0) + 1
        self.parcels[seq] = self.parcels.get(seq, 0) + len(units)
        self.late[seq] = max(self.late.get(seq, 0), late_days)
        day = day_of(request.at, self.zone)[0]
        for location_id, taken in units.items():
            given = self.given.setdefault((location_id, day), [0, 0])
            given[0] += 1
            given[1] += sum(taken.values())
            found.filled_units += sum(taken.values())
            for sku, quantity in taken.items():
                self.stock[sku, location_id] -= quantity

    def _keep(self, request: Request, rest: Mapping[str, int], then: str) -> None:
        seq, found = request.order_seq, self.outcome
        is_new = self.waiting.pop(seq, None) is None
        for sku in request.wanted:
            if sku not in rest or then in (CANCEL, MANUAL):
                self.by_sku.get(sku, {}).pop(seq, None)  # else it keeps its place in the queue
        if not rest:
            return
        if then == CANCEL:
            found.canceled_units += sum(rest.values())
        elif then == MANUAL:
            found.orders_for_a_person += 1
            found.unfilled_units += sum(rest.values())
        else:
            found.held_orders += is_new and then == HOLD
            self.waiting[seq] = replace(request, wanted=dict(rest))
            for sku in rest:
                self.by_sku.setdefault(sku, {})[seq] = None

    def _available(self, sku: str, location_id: str) -> int:
        return max(0, self.stock.get((sku, location_id), 0))

    def _load(self, location_id: str) -> tuple[int, int]:
        orders, units = self.given.get((location_id, day_of(self.now, self.zone)[0]), (0, 0))
        return orders, units

    def _age_days(self, sku: str, location_id: str) -> float | None:
        left, since = self._available(sku, location_id), None
        for came_at, units in reversed(self.inbound.get((sku, location_id), ())):
            if left <= 0:
                break
            left -= units
            since = came_at
        return None if since is None else (self.now - since) / DAY
