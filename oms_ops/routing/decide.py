"""One order through its rule set: the first rule that fills it, or the one that says what becomes of it.

Every decision carries its reasons: rules passed over, locations dropped, the terms of the plan and of the
runner-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oms_ops.routing.candidates import Request, State, problem_of, serves
from oms_ops.routing.choose import Choice, choose
from oms_ops.routing.plan import Plan
from oms_ops.routing.problem import Cost, Problem, Units, cost
from oms_ops.routing.rules import NEXT, QUEUE, Routing, Rule, RuleSet, SortKey


@dataclass(frozen=True, slots=True)
class Tried:
    """What one rule said: why locations were dropped, and why it did not take the order (empty: it did)."""

    rule: str
    dropped: Mapping[str, str]
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """`problem` is what `plan` was chosen from; `rule_no` counts from 0."""

    rule_set: RuleSet
    rule_no: int
    plan: Plan
    problem: Problem
    cost: Cost
    tried: tuple[Tried, ...]
    runner_up: tuple[Units, int, Cost] | None = None  # plan, units left, cost
    bound: tuple[int, int] | None = None

    @property
    def rule(self) -> Rule:
        return self.rule_set.rules[self.rule_no]

    def explanation(self) -> dict[str, object]:
        """As the event `routed` and `oms routing explain` carry it; money in ten-thousandths."""
        second = self.runner_up
        return {
            "routing": self.rule_set.name,
            "rule": self.rule.name,
            "locations": {place: dict(units) for place, units in self.plan.by_location.items()},
            "unfilled": dict(self.plan.unrouted),
            "then": self.rule.unfilled if self.plan.unrouted else None,
            "cost": self.cost.terms(),
            "runner_up": second
            and {
                "locations": {place: dict(units) for place, units in second[0].items()},
                "unfilled_units": second[1],
                "cost": second[2].terms(),
            },
            "is_proven_best": self.bound is None
            or self.bound >= (sum(self.plan.unrouted.values()), self.cost.total_e4),
            "tried": [
                {"rule": tried.rule, "why_not": tried.why_not, "dropped": dict(tried.dropped)}
                for tried in self.tried
            ],
        }


def rule_set_of(routing: Routing, request: Request) -> RuleSet | None:
    """The first that matches the order; None: locations are asked by priority."""
    to = request.destination
    for rules in routing.sets:
        if (
            (not rules.channels or request.channel_id in rules.channels)
            and (not rules.countries or to.country in rules.countries)
            and (not rules.shipping_methods or to.shipping_method in rules.shipping_methods)
        ):
            return rules
    return None


def decide(rule_set: RuleSet, request: Request, *, routing: Routing, state: State) -> Decision:
    tried: list[Tried] = []
    for number, rule in enumerate(rule_set.rules):
        is_last = number == len(rule_set.rules) - 1
        if not serves(request, rule) and not is_last:
            tried.append(Tried(rule.name, {}, f"does not serve {request.destination.country}"))
            continue
        problem, dropped = _problem(rule, request, routing, state)
        choice = choose(problem)
        left = choice.key[0]
        if left and rule.unfilled == NEXT:
            tried.append(Tried(rule.name, dropped, f"{left} units cannot be filled"))
            continue
        tried.append(Tried(rule.name, dropped))
        return _decision(rule_set, number, request, problem, choice, tuple(tried))
    raise AssertionError("the last rule of a rule set never says next")


def sort_key(rule_set: RuleSet, request: Request) -> tuple:
    """Orders are filled by rising keys; ties go to the older order."""
    return (*(_part(key, request) for key in rule_set.queue), request.order_seq)


def in_queue(routing: Routing, requests: Iterable[Request]) -> list[tuple[RuleSet | None, Request]]:
    """Requests with their rule sets: by rule set as they stand in the settings, each by its queue."""
    ranks = {id(rules): number for number, rules in enumerate(routing.sets)}
    found = [(rule_set_of(routing, request), request) for request in requests]
    none = RuleSet("", ())
    return sorted(
        found,
        key=lambda item: (ranks.get(id(item[0]), len(ranks)), sort_key(item[0] or none, item[1])),
    )


def _problem(rule: Rule, request: Request, routing: Routing, state: State) -> tuple[Problem, dict[str, str]]:
    if serves(request, rule):
        return problem_of(request, rule, routing=routing, state=state)
    reason = f"the rule does not serve {request.destination.country or 'an unknown country'}"
    empty = Problem(tuple(request.wanted.items()), dict.fromkeys(request.wanted, 0), ())
    return empty, dict.fromkeys(request.network, reason)


def _decision(
    rule_set: RuleSet, number: int, request: Request, problem: Problem, choice: Choice, tried: tuple
) -> Decision:  # fmt: skip
    units = choice.units
    if choice.key[0] and not rule_set.rules[number].is_partial:
        units = {}
    ordered = {place: units[place] for place in request.network if place in units}
    second = choice.runner_up
    return Decision(
        rule_set, number, Plan(ordered, unrouted(request.wanted, ordered)), problem, cost(problem, ordered),
        tried, second and (second[1], second[0][0], cost(problem, second[1])), choice.bound,
    )  # fmt: skip


def unrouted(wanted: Mapping[str, int], units: Units) -> dict[str, int]:
    rest = {
        sku: quantity - sum(taken.get(sku, 0) for taken in units.values()) for sku, quantity in wanted.items()
    }
    return {sku: quantity for sku, quantity in rest.items() if quantity}


def _part(key: SortKey, request: Request) -> tuple[int, int]:
    """What is not known comes last, whichever way the key is turned."""
    if key.by == "shipping_method":
        method = request.destination.shipping_method
        return (0, key.first.index(method) if method in key.first else len(key.first))
    value = request.value_e4 if key.by == QUEUE[3] else getattr(request, key.by)
    if value is None:
        return (1, 0)
    return (0, -value if key.is_descending else value)
