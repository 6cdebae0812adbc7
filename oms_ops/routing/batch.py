"""Many orders at once: order by order as the yardstick, which of them compete, what a plan is worth.

The assignment of those that compete is oms_ops.assignment's. Each order is measured by the stock as it stood
before the batch, so that both ways are compared by one price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from oms_ops.routing.candidates import Request, State, problem_of, serves
from oms_ops.routing.choose import Choice, choose, worth
from oms_ops.routing.decide import Decision, decide, in_queue, unrouted
from oms_ops.routing.plan import Plan
from oms_ops.routing.problem import Problem, Units, cost
from oms_ops.routing.rules import NEXT, Routing, RuleSet


@dataclass(frozen=True, slots=True)
class Option:
    """One rule an order may go by. `is_whole`: by this rule it is filled whole or not at all."""

    rule_no: int
    problem: Problem
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One order of the batch. `options` end with the rule it goes by alone, and `alone` is how: no assignment
    may give it a later rule or less of any sku."""

    request: Request
    rule_set: RuleSet
    options: tuple[Option, ...]
    alone: Units
    decision: Decision

    @property
    def alone_worth(self) -> tuple[int, int]:
        return worth(self.options[-1].problem, self.alone)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the batch shares: units per (sku, location); orders and units each location may still be given."""

    stock: Mapping[tuple[str, str], int]
    orders: Mapping[str, int]
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Planned:
    entry: Entry
    rule_no: int
    units: Units

    @property
    def problem(self) -> Problem:
        return next(option.problem for option in self.entry.options if option.rule_no == self.rule_no)

    @property
    def worth(self) -> tuple[int, int]:
        return worth(self.problem, self.units)

    def decision(self) -> Decision:
        """As one order's, with the way it would have gone alone as the runner-up where that is another."""
        request, found = self.entry.request, self.entry.decision
        ordered = {place: self.units[place] for place in request.network if place in self.units}
        second = found.runner_up
        if self.units != self.entry.alone:
            alone = self.entry.alone
            second = (alone, self.entry.alone_worth[0], cost(self.entry.options[-1].problem, alone))
        plan = Plan(ordered, unrouted(request.wanted, ordered))
        spent = cost(self.problem, ordered)
        return replace(
            found, rule_no=self.rule_no, plan=plan, problem=self.problem, cost=spent, runner_up=second,
            bound=None,
        )  # fmt: skip


def one_by_one(
    routing: Routing, requests: Iterable[Request], state: State
) -> tuple[list[Entry], list[Request]]:
    """Entries in the order of the queue, each routed by what those before it left; and the requests no rule
    set is for."""
    left = _Leftover(state)
    entries, others = [], []
    for rules, request in in_queue(routing, requests):
        if rules is None:
            others.append(request)
            continue
        found = decide(rules, request, routing=routing, state=left.state())
        left.take(found.plan.by_location)
        options = _options(rules, found.rule_no, request, routing, state)
        entries.append(Entry(request, rules, options, found.plan.by_location, found))
    return entries, others


def limits(routing: Routing, entries: Sequence[Entry], state: State) -> Limits:
    offers = [
        offer for entry in entries for option in entry.options for offer in option.problem.offers
    ]  # fmt: skip
    stock = {(sku, offer.location_id): state.available(sku, offer.location_id)
             for offer in offers for sku in offer.stock}  # fmt: skip
    orders, units = {}, {}
    for location_id in sorted({offer.location_id for offer in offers}):
        site, given = routing.site(location_id), state.load(location_id)
        if site.orders_per_day is not None:
            orders[location_id] = max(0, site.orders_per_day - given[0])
        if site.units_per_day is not None:
            units[location_id] = max(0, site.units_per_day - given[1])
    return Limits(stock, orders, units)


def clusters(entries: Sequence[Entry], shared: Limits) -> list[list[Entry]]:
    """Orders that compete, directly or by way of others; whoever competes with nobody stands alone."""
    wanted: dict[tuple, int] = {}
    users: dict[tuple, list[int]] = {}
    for number, entry in enumerate(entries):
        for thing, most in _uses(entry, shared).items():
            wanted[thing] = wanted.get(thing, 0) + most
            users.setdefault(thing, []).append(number)
    group = list(range(len(entries)))
    for thing, numbers in users.items():
        if wanted[thing] > _has(shared, thing):
            for number in numbers[1:]:
                group[_root(group, number)] = _root(group, numbers[0])
    found: dict[int, list[Entry]] = {}
    for number, entry in enumerate(entries):
        found.setdefault(_root(group, number), []).append(entry)
    return list(found.values())


def alone_at_best(entry: Entry) -> tuple[Planned, Choice]:
    """An order that competes with nobody, by the rule it goes by: measured by the stock before the batch."""
    option = entry.options[-1]
    choice = choose(option.problem)
    best = Planned(entry, option.rule_no, entry.alone)
    is_filled = not choice.key[0] or not option.is_whole
    if is_filled and choice.key < entry.alone_worth:
        best = Planned(entry, option.rule_no, choice.units)
    return best, choice


def fits(planned: Sequence[Planned], shared: Limits) -> bool:
    """Whether the plans together stay within the stock and the hands, and each within its rule."""
    stock, orders, units = dict(shared.stock), dict(shared.orders), dict(shared.units)
    for plan in planned:
        if not _is_allowed(plan):
            return False
        for place, taken in plan.units.items():
            orders[place] = orders.get(place, 1 << 60) - 1
            units[place] = units.get(place, 1 << 60) - sum(taken.values())
            for sku, quantity in taken.items():
                stock[sku, place] = stock.get((sku, place), 0) - quantity
    return all(left >= 0 for table in (stock, orders, units) for left in table.values())


def remaining(shared: Limits, taken: Iterable[Planned]) -> Limits:
    """What these plans leave of what is shared."""
    stock, orders, units = dict(shared.stock), dict(shared.orders), dict(shared.units)
    for plan in taken:
        for place, skus in plan.units.items():
            if place in orders:
                orders[place] -= 1
            if place in units:
                units[place] -= sum(skus.values())
            for sku, quantity in skus.items():
                if (sku, place) in stock:
                    stock[sku, place] -= quantity
    return Limits(stock, orders, units)


def placed(planned: Iterable[Planned]) -> int:
    return sum(units for plan in planned for taken in plan.units.values() for units in taken.values())


def total(planned: Iterable[Planned]) -> tuple[int, int]:
    """(units left, cost) of all of them."""
    worths = [plan.worth for plan in planned]
    return sum(worth[0] for worth in worths), sum(worth[1] for worth in worths)


def _is_allowed(plan: Planned) -> bool:
    """The rule's parcels and least units, nothing beyond what is wanted, no sku worse off than alone."""
    problem, least = plan.problem, plan.problem.min_units if len(plan.units) > 1 else 1
    alone = unrouted(plan.entry.request.wanted, plan.entry.alone)
    rest = unrouted(plan.entry.request.wanted, plan.units)
    return (
        len(plan.units) <= problem.max_parcels
        and all(sum(taken.values()) >= least for taken in plan.units.values())
        and all(0 <= units <= alone.get(sku, 0) for sku, units in rest.items())
    )


def _options(
    rules: RuleSet, last: int, request: Request, routing: Routing, state: State
) -> tuple[Option, ...]:  # fmt: skip
    options = []
    for number, rule in enumerate(rules.rules[: last + 1]):
        if serves(request, rule) or number == last:
            problem, _ = problem_of(request, rule, routing=routing, state=state)
            if not serves(request, rule):
                problem = replace(problem, offers=())
            options.append(Option(number, problem, rule.unfilled == NEXT or not rule.is_partial))
    return tuple(options)


def _uses(entry: Entry, shared: Limits) -> dict[tuple, int]:
    """The most the order may take of each shared thing."""
    uses: dict[tuple, int] = {}
    for option in entry.options:
        for offer in option.problem.offers:
            place = offer.location_id
            for sku, units in offer.stock.items():
                uses[sku, place] = max(uses.get((sku, place), 0), units)
            if place in shared.orders:
                uses["orders", place, ""] = 1
            if place in shared.units:
                most = sum(offer.stock.values())
                uses["units", place, ""] = max(uses.get(("units", place, ""), 0), most)
    return uses


def _has(shared: Limits, thing: tuple) -> int:
    if len(thing) == 2:
        return shared.stock[thing]
    return shared.orders[thing[1]] if thing[0] == "orders" else shared.units[thing[1]]


def _root(group: list[int], number: int) -> int:
    while group[number] != number:
        group[number] = number = group[group[number]]
    return number


class _Leftover:
    """The state as the orders before leave it."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._taken: dict[tuple[str, str], int] = {}
        self._given: dict[str, list[int]] = {}

    def state(self) -> State:
        return State(self._available, self._load, self._state.age_days)

    def take(self, units: Units) -> None:
        for place, taken in units.items():
            given = self._given.setdefault(place, [0, 0])
            given[0] += 1
            given[1] += sum(taken.values())
            for sku, quantity in taken.items():
                self._taken[sku, place] = self._taken.get((sku, place), 0) + quantity

    def _available(self, sku: str, location_id: str) -> int:
        return self._state.available(sku, location_id) - self._taken.get((sku, location_id), 0)

    def _load(self, location_id: str) -> tuple[int, int]:
        orders, units = self._state.load(location_id)
        more = self._given.get(location_id, (0, 0))
        return orders + more[0], units + more[1]
