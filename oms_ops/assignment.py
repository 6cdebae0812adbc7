"""A batch of orders as one assignment: mixed-integer programs solved by HiGHS, one per group that competes.

Orders that compete with nobody are already at their best (routing.choose). For the others: each order goes by
at most one of its rules, no worse than order by order; then the most units, then the least cost. What the
solver answers is checked and priced by the same functions as one order; where it is not better, or late, the
order-by-order plan stands. So the batch never costs more, and says how far from the bound it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf
from time import perf_counter

from oms_ops.routing.batch import Entry, Limits, Option, Planned, alone_at_best, clusters, fits
from oms_ops.routing.rates import steps

_SLACK = 1e-7  # relative: what a solver's bound may be off by rounding


@dataclass(frozen=True, slots=True)
class Assignment:
    """Plans in the order of the entries; costs in ten-thousandths. `bound_e4`: no assignment that leaves as
    few units costs less; None where the solver had no time to say."""

    planned: tuple[Planned, ...]
    left: int
    cost_e4: int
    alone_left: int
    alone_cost_e4: int
    bound_e4: int | None
    solved: int  # programs given to the solver

    @property
    def gap(self) -> float | None:
        """0 where the assignment is proven best."""
        if self.bound_e4 is None:
            return None
        return max(0.0, (self.cost_e4 - self.bound_e4) / self.cost_e4) if self.cost_e4 else 0.0


def assign(entries: Sequence[Entry], shared: Limits, *, seconds: float = 10.0) -> Assignment:
    """`seconds` for all programs together; they are solved smallest first."""
    ends = perf_counter() + seconds
    plans: dict[int, Planned] = {}
    bound, solved = 0, 0
    for group in sorted(clusters(entries, shared), key=len):
        found, least, is_solved = _best(group, shared, seconds=ends - perf_counter())
        plans |= {plan.entry.request.order_seq: plan for plan in found}
        bound = None if bound is None or least is None else bound + least
        solved += is_solved
    planned = tuple(plans[entry.request.order_seq] for entry in entries)
    left, cost_e4 = _sum(planned)
    alone = [entry.alone_worth for entry in entries]
    return Assignment(
        planned, left, cost_e4, sum(worth[0] for worth in alone), sum(worth[1] for worth in alone), bound,
        solved,
    )  # fmt: skip


def _best(
    group: Sequence[Entry], shared: Limits, *, seconds: float
) -> tuple[list[Planned], int | None, bool]:
    """The group's plans, the bound of their cost, and whether a program was solved for them."""
    if len(group) == 1:
        best, choice = alone_at_best(group[0])
        if choice.is_exact:
            return [best], best.worth[1], False
    fallback = [Planned(entry, entry.options[-1].rule_no, entry.alone) for entry in group]
    if len(group) == 1:
        fallback = [best]
    if seconds <= 0:
        return fallback, None, False
    solved = _Program(group, shared).solve(seconds, fallback)
    if solved is None:
        return fallback, None, True
    found, bound = solved
    if fits(found, shared) and _sum(found) < _sum(fallback):
        return found, bound, True
    if _sum(found)[0] < _sum(fallback)[0] or bound is None:
        return fallback, None, True
    return fallback, min(bound, _sum(fallback)[1]), True


def _sum(planned: Sequence[Planned]) -> tuple[int, int]:
    worths = [plan.worth for plan in planned]
    return sum(worth[0] for worth in worths), sum(worth[1] for worth in worths)


class _Program:
    """Columns: units of a sku from a location, open parcels, weight bands, the rule an order goes by."""

    def __init__(self, group: Sequence[Entry], shared: Limits) -> None:
        self.costs: list[float] = []
        self.uppers: list[float] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.units: list[tuple[Entry, Option, str, str, int]] = []  # ..., location, sku, column
        self.stock: dict[tuple[str, str], dict[int, float]] = {}
        self.orders: dict[str, dict[int, float]] = {}
        self.hands: dict[str, dict[int, float]] = {}
        for entry in group:
            self._entry(entry)
        for thing, row in self.stock.items():
            self.row(row, upper=shared.stock[thing])
        for place, row in self.orders.items():
            self.row(row, upper=shared.orders.get(place, inf))
        for place, row in self.hands.items():
            self.row(row, upper=shared.units.get(place, inf))

    def column(self, *, cost: float = 0, upper: float = 1) -> int:
        self.costs.append(cost)
        self.uppers.append(upper)
        return len(self.costs) - 1

    def row(self, row: dict[int, float], *, lower: float = -inf, upper: float = inf) -> None:
        if row and (lower > -inf or upper < inf):
            self.rows.append((row, lower, upper))

    def _entry(self, entry: Entry) -> None:
        """Exactly one rule, or none where alone nothing was placed either."""
        rules = {self._option(entry, option): 1.0 for option in entry.options if option.problem.offers}
        self.row(rules, lower=1 if entry.alone else 0, upper=1)

    def _option(self, entry: Entry, option: Option) -> int:
        rule, problem = self.column(), option.problem
        opened: dict[int, float] = {}
        by_sku: dict[str, dict[int, float]] = {}
        taken: dict[int, dict[int, float]] = {}  # parcel -> its units' columns
        for offer in problem.offers:
            parcel = self.column(cost=offer.late_e4 + problem.split_e4)
            opened[parcel] = 1.0
            grams: dict[int, float] = {}
            for sku, most in offer.stock.items():
                units = self.column(cost=offer.unit_e4.get(sku, 0), upper=most)
                self.units.append((entry, option, offer.location_id, sku, units))
                taken.setdefault(parcel, {})[units] = 1.0
                by_sku.setdefault(sku, {})[units] = 1.0
                grams[units] = float(problem.grams[sku])
                self.row({units: 1.0, parcel: -float(most)}, upper=0)
                self.stock.setdefault((sku, offer.location_id), {})[units] = 1.0
            self.row({parcel: 1.0, **dict.fromkeys(taken[parcel], -1.0)}, upper=0)
            self.row({parcel: 1.0, rule: -1.0}, upper=0)
            self._bands(offer.bands, parcel, grams, {sku: problem.grams[sku] for sku in offer.stock}, offer)
            self.orders.setdefault(offer.location_id, {})[parcel] = 1.0
            self.hands.setdefault(offer.location_id, {}).update(taken[parcel])
        self._fill(entry, option, rule, by_sku)
        self._splits(problem, rule, opened, taken)
        return rule

    def _bands(self, bands, parcel: int, grams: dict[int, float], weights: dict[str, int], offer) -> None:
        """An open parcel has one step of the table, and the step holds its weight."""
        most = sum(weights[sku] * units for sku, units in offer.stock.items())
        choice, holds = {parcel: -1.0}, {column: -weight for column, weight in grams.items() if weight}
        for cap, price_e4 in steps(bands, 0, most):
            step = self.column(cost=price_e4)
            choice[step] = 1.0
            holds[step] = float(cap)
        self.row(choice, lower=0, upper=0)
        self.row(holds, lower=0)

    def _fill(self, entry: Entry, option: Option, rule: int, by_sku: dict[str, dict[int, float]]) -> None:
        """At most what is wanted; at least what the order gets alone, or all where the rule says so."""
        is_last = option is entry.options[-1]
        for sku, wanted in entry.request.wanted.items():
            columns = by_sku.get(sku, {})
            self.row({**columns, rule: -float(wanted)}, upper=0)
            alone = sum(taken.get(sku, 0) for taken in entry.alone.values())
            least = wanted if option.is_whole or not is_last else alone
            self.row({**columns, rule: -float(least)}, lower=0)

    def _splits(self, problem, rule: int, opened: dict[int, float], taken: dict) -> None:
        """The first parcel is no split; with two, each has its least units."""
        some = self.column(cost=-problem.split_e4)
        self.row({some: 1.0, **dict.fromkeys(opened, -1.0)}, upper=0)
        self.row({some: 1.0, rule: -1.0}, upper=0)
        self.row(opened, upper=problem.max_parcels)
        if problem.min_units > 1 and len(opened) > 1:
            split = self.column()
            self.row({**opened, split: -float(len(opened) - 1)}, upper=1)
            for parcel, units in taken.items():
                needs = float(problem.min_units)
                self.row({**units, parcel: -needs, split: -needs}, lower=-needs)

    def solve(
        self, seconds: float, fallback: Sequence[Planned]
    ) -> tuple[list[Planned], int | None] | None:  # fmt: skip
        """First the most units, where order by order leaves some; then the least cost."""
        ends = perf_counter() + seconds
        every = {column: 1.0 for *_, column in self.units}
        if not every:
            return None
        placed = sum(units for plan in fallback for taken in plan.units.values() for units in taken.values())
        if _sum(fallback)[0]:
            most = self._run([-1.0 if column in every else 0.0 for column in range(len(self.costs))], seconds)
            if most is None or most.x is None:
                return None
            placed = max(placed, round(-most.fun))
        self.row(every, lower=placed)
        found = self._run(self.costs, ends - perf_counter())
        if found is None or found.x is None:
            return None
        bound = found.mip_dual_bound
        least = None if bound is None else ceil(bound - _SLACK * max(1.0, abs(bound)) - 1e-3)
        return self._plans(found.x, fallback), least

    def _run(self, costs: Sequence[float], seconds: float):
        if seconds <= 0:
            return None
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        places = [(number, column) for number, (row, _, _) in enumerate(self.rows) for column in row]
        values = [value for row, _, _ in self.rows for value in row.values()]
        shape = (len(self.rows), len(self.costs))
        matrix = csr_array((values, ([p[0] for p in places], [p[1] for p in places])), shape=shape)
        rows = LinearConstraint(matrix, [row[1] for row in self.rows], [row[2] for row in self.rows])
        return milp(
            np.array(costs, dtype=float), integrality=np.ones(len(costs)), constraints=rows,
            bounds=Bounds(np.zeros(len(costs)), np.array(self.uppers, dtype=float)),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )  # fmt: skip

    def _plans(self, values, fallback: Sequence[Planned]) -> list[Planned]:
        placed: dict[int, tuple[int, dict[str, dict[str, int]]]] = {}
        for entry, option, place, sku, column in self.units:
            units = round(values[column])
            if units:
                _, plan = placed.setdefault(entry.request.order_seq, (option.rule_no, {}))
                plan.setdefault(place, {})[sku] = units
        found = []
        for before in fallback:
            rule_no, units = placed.get(before.entry.request.order_seq, (before.rule_no, {}))
            found.append(Planned(before.entry, rule_no, units))
        return found
