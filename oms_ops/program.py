"""A batch of orders as one integer program: its columns, its rows, and HiGHS (by way of scipy) to solve it.

Which orders go into one program, and whether its answer is taken, is decided in oms_ops.assignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from time import perf_counter

from oms_ops.routing.batch import Entry, Limits, Option, Planned, placed, total
from oms_ops.routing.rates import steps

_SLACK = 1e-7  # relative: what a solver's bound may be off by rounding


class Program:
    """Columns: units of a sku from a location, open parcels, weight bands, the rule an order goes by."""

    def __init__(self, group: Sequence[Entry], shared: Limits) -> None:
        self.costs: list[float] = []
        self.uppers: list[float] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.required = 0  # units that the bound of `solve` is for
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
        self, seconds: float, before: Sequence[Planned]
    ) -> tuple[list[Planned] | None, int | None]:  # fmt: skip
        """(plans, least cost there can be): first the most units, where `before` leaves some, then the cost.

        Either is None where the solver had no time for it. The bound is for plans of `required` units.
        """
        ends = perf_counter() + seconds
        self.required = placed(before)
        if total(before)[0]:
            most = self._run(self._units_negative(), seconds / 2)
            if most is not None and most.x is not None:
                self.required = max(self.required, round(-most.fun))
        self._require(self.required)
        found = self._run(self.costs, ends - perf_counter())
        if found is None:
            return None, None
        plans = None if found.x is None else self._plans(found.x, before)
        return plans, _whole(found.mip_dual_bound)

    def relaxed(self, seconds: float, before: Sequence[Planned]) -> int | None:
        """The cost that no plan of as many units as `before` falls below, as if all could be broken."""
        self._require(placed(before))
        found = self._run(self.costs, seconds, is_whole=False)
        return None if found is None or found.status != 0 else _whole(found.fun)

    def _units_negative(self) -> list[float]:
        costs = [0.0] * len(self.costs)
        for *_, column in self.units:
            costs[column] = -1.0
        return costs

    def _require(self, placed: int) -> None:
        self.row({column: 1.0 for *_, column in self.units}, lower=placed)

    def _run(self, costs: Sequence[float], seconds: float, *, is_whole: bool = True):
        if seconds <= 0 or not self.units:
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
            np.array(costs, dtype=float), integrality=np.full(len(costs), int(is_whole)), constraints=rows,
            bounds=Bounds(np.zeros(len(costs)), np.array(self.uppers, dtype=float)),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )  # fmt: skip

    def _plans(self, values, before: Sequence[Planned]) -> list[Planned]:
        used: dict[int, tuple[int, dict[str, dict[str, int]]]] = {}
        for entry, option, place, sku, column in self.units:
            units = round(values[column])
            if units:
                _, taken = used.setdefault(entry.request.order_seq, (option.rule_no, {}))
                taken.setdefault(place, {})[sku] = units
        found = []
        for plan in before:
            rule_no, units = used.get(plan.entry.request.order_seq, (plan.rule_no, {}))
            found.append(Planned(plan.entry, rule_no, units))
        return found


def _whole(bound: float | None) -> int | None:
    """Costs are whole ten-thousandths: so is the bound, but for what the solver's rounding may hide."""
    return None if bound is None else ceil(bound - _SLACK * max(1.0, abs(bound)) - 1e-3)
