"""The best locations for one order: the most units first, then the least cost. Exact, by branch and bound.

Groups of locations are tried small to large; a group is passed over when what it must cost at least is no
better than what stands. How a group divides the units is divide.py's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from oms_ops.routing.divide import Divider
from oms_ops.routing.problem import Offer, Problem, Units, cost, lowest
from oms_ops.routing.rates import Step, steps

LIMIT = 3_000  # steps of search after which the best so far stands, said so and with its bound
_FEW = 300  # steps spent on the runner-up
_PAIRS = 60  # looked at for it
_EXACT_FLOORS = 3  # parcels; more of them are bounded by the cheapest parcel alone
_WORST = (1 << 60, 0)
Found = tuple[tuple[int, int], Units]  # ((units left, cost), plan)


@dataclass(frozen=True, slots=True)
class Choice:
    """`key` is (units left, cost); no plan is better than `bound`. `runner_up` is the best of another group
    that was looked at."""

    key: tuple[int, int]
    units: Units
    runner_up: Found | None
    bound: tuple[int, int]

    @property
    def is_exact(self) -> bool:
        return self.bound >= self.key


def choose(problem: Problem, *, limit: int = LIMIT) -> Choice:
    """Of equal plans the one with fewer parcels, then the one of earlier offers."""
    search = _Search(problem, limit)
    for group in search.groups():
        search.consider(group)
    search.look_for_runner_up()
    return Choice(*search.best, search.second, min([search.best[0], *search.open]))


def worth(problem: Problem, units: Units) -> tuple[int, int]:
    """(units left, cost): what plans of the same order are compared by."""
    placed = sum(quantity for taken in units.values() for quantity in taken.values())
    return sum(quantity for _, quantity in problem.wanted) - placed, cost(problem, units).total_e4


class _Search:
    def __init__(self, problem: Problem, limit: int) -> None:
        self.problem = problem
        self.steps = limit
        self.best: Found = ((sum(units for _, units in problem.wanted), 0), {})
        self.second: Found | None = None
        self.open: list[tuple[int, int]] = []  # lower bounds of what was not searched to the end
        self.passed: tuple[tuple[int, int], tuple[Offer, ...]] | None = None
        self.least_left = lowest(problem, problem.offers)[0]
        self.floors = _floors(problem)
        self.has = {
            offer.location_id: [offer.stock.get(sku, 0) for sku, _ in problem.wanted]
            for offer in problem.offers
        }

    def groups(self) -> Iterator[tuple[Offer, ...]]:
        offers = self.problem.offers
        for size in range(1, min(self.problem.max_parcels, len(offers)) + 1):
            floor = (self.least_left, self.floors[size - 1])
            if floor >= self.best[0]:
                return
            for group in combinations(offers, size):
                if self.steps <= 0:
                    self.open.append(floor)
                    return
                self.steps -= 1
                yield group

    def consider(self, group: tuple[Offer, ...]) -> None:
        left = self._stock_left(group)
        if left > self.best[0][0] and (len(group) > 1 or self.second):
            return
        bound = lowest(self.problem, group)
        if bound >= self.best[0] and len(group) > 1:
            self._pass_over(bound, group)
            return
        divider = Divider(self.problem, group, steps=self.steps)
        units = divider.best(_WORST if len(group) == 1 else self.best[0])
        self.steps = divider.steps
        if not divider.is_finished:
            self.open.append(bound)
        if units is not None:
            self._note((divider.key, units))
        else:
            self._pass_over(bound, group)

    def look_for_runner_up(self) -> None:
        """Where none came up that fills as much: the most promising group that was passed over."""
        if self.second and self.second[0][0] == self.best[0][0]:
            return
        if self.problem.max_parcels > 1:
            for group in islice(combinations(self.problem.offers, 2), _PAIRS):
                if self._stock_left(group) == self.best[0][0]:
                    self._pass_over(lowest(self.problem, group), group)
        if self.passed:
            divider = Divider(self.problem, self.passed[1], steps=_FEW)
            units = divider.best(_WORST)
            if units is not None and units.keys() != self.best[1].keys():
                self._note((divider.key, units))

    def _stock_left(self, group: tuple[Offer, ...]) -> int:
        columns = [self.has[offer.location_id] for offer in group]
        sums = columns[0] if len(columns) == 1 else map(sum, zip(*columns, strict=True))
        return sum(
            [units - has for (_, units), has in zip(self.problem.wanted, sums, strict=True) if has < units]
        )

    def _note(self, found: Found) -> None:
        if found[0] < self.best[0]:
            found, self.best = self.best, found
        if found[1] and (self.second is None or found[0] < self.second[0]):
            self.second = found

    def _pass_over(self, bound: tuple[int, int], group: tuple[Offer, ...]) -> None:
        is_best = self.best[1].keys() == {offer.location_id for offer in group}
        if not is_best and (self.passed is None or bound < self.passed[0]):
            self.passed = (bound, group)


def _floors(problem: Problem) -> list[int]:
    """By number of parcels, the least they can cost: the cheapest tables, what must be carried at least."""
    late = sorted(offer.late_e4 for offer in problem.offers)
    grams = 0
    if all(offer.units_left is None for offer in problem.offers):
        for sku, units in problem.wanted:
            has = sum([offer.stock.get(sku, 0) for offer in problem.offers])
            grams += min(units, has) * problem.grams[sku]
    tables = {offer.bands for offer in problem.offers}
    table = [step for bands in tables for step in steps(bands, 0, grams)]
    least = min((price for _, price in table), default=0)
    floors, loads = [], {0: 0}
    for size in range(1, min(problem.max_parcels, len(problem.offers)) + 1):
        shipping = size * least
        if size <= _EXACT_FLOORS:
            loads = _with_one_more(loads, table, grams)
            shipping = loads[grams]
        floors.append(sum(late[:size]) + problem.split_e4 * (size - 1) + shipping)
    return floors


def _with_one_more(loads: Mapping[int, int], table: Sequence[Step], grams: int) -> dict[int, int]:
    """The least price of carrying so many grams, with one parcel more."""
    made: dict[int, int] = {}
    for weight, spent in loads.items():
        for cap, price in table:
            reached = min(grams, weight + cap)
            made[reached] = min(made.get(reached, spent + price), spent + price)
    return made
