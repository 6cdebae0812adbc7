"""The best locations for one order: the most units first, then the least cost. Exact, by branch and bound.

Groups of locations are tried small to large; a group is passed over when what it must cost at least is no
better than what stands. How a group divides the units is divide.py's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from oms_ops.routing.divide import Divider
from oms_ops.routing.problem import Offer, Problem, Units, cost, lowest

_WORST = (1 << 60, 0)
LIMIT = 5_000  # steps of search after which the best so far stands, said so and with its bound


@dataclass(frozen=True, slots=True)
class Choice:
    """`key` is (units left, cost); no plan can be better than `bound`. `runner_up` is another group's best."""

    key: tuple[int, int]
    units: Units
    runner_up: tuple[tuple[int, int], Units] | None
    bound: tuple[int, int]

    @property
    def is_exact(self) -> bool:
        return self.bound >= self.key


def choose(problem: Problem, *, limit: int = LIMIT) -> Choice:
    """Of equal plans the one with fewer parcels, then the one of earlier offers."""
    search = _Search(problem, limit)
    for group in search.groups():
        search.consider(group)
    return search.choice()


class _Search:
    def __init__(self, problem: Problem, limit: int) -> None:
        self.problem = problem
        self.steps = limit
        total = sum(units for _, units in problem.wanted)
        self.best: tuple[tuple[int, int], Units] = ((total, 0), {})
        self.second: tuple[tuple[int, int], Units] | None = None
        self.open: list[tuple[int, int]] = []  # lower bounds of what was not searched to the end
        self.least_left = lowest(problem, problem.offers)[0]
        self.floors = sorted(offer.fixed_e4 + offer.bands[0][1] for offer in problem.offers)

    def groups(self) -> Iterator[tuple[Offer, ...]]:
        offers = self.problem.offers
        for size in range(1, min(self.problem.max_parcels, len(offers)) + 1):
            floor = (self.least_left, self.floor(size))
            if self.second and floor >= self.second[0]:
                return
            for group in combinations(offers, size):
                if self.steps <= 0:
                    self.open.append(floor)
                    return
                self.steps -= 1
                yield group

    def floor(self, size: int) -> int:
        return sum(self.floors[:size]) + self.problem.split_e4 * (size - 1)

    def consider(self, group: tuple[Offer, ...]) -> None:
        bound = lowest(self.problem, group)
        than = self.second[0] if self.second else _WORST
        if bound >= than:
            return
        divider = Divider(self.problem, group, steps=self.steps)
        units = divider.best(than)
        self.steps = divider.steps
        if not divider.is_finished:
            self.open.append(bound)
        if units is not None:
            self.note((divider.key, units))

    def note(self, found: tuple[tuple[int, int], Units]) -> None:
        if found[0] < self.best[0]:
            found, self.best = self.best, found
        if found[1] and (self.second is None or found[0] < self.second[0]):
            self.second = found

    def choice(self) -> Choice:
        key, units = self.best
        return Choice(key, units, self.second, min([key, *self.open]))


def worth(problem: Problem, units: Units) -> tuple[int, int]:
    """(units left, cost): what plans of the same order are compared by."""
    placed = sum(quantity for taken in units.values() for quantity in taken.values())
    return sum(quantity for _, quantity in problem.wanted) - placed, cost(problem, units).total_e4
