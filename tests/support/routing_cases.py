"""Small routing problems and the slow, obvious way to solve them: try every division of every unit."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import product

from oms_ops.routing.choose import worth
from oms_ops.routing.problem import Offer, Problem, Units

TABLES = (
    ((1000, 30_000), (5000, 50_000)),
    ((500, 25_000), (1000, 28_000), (2000, 60_000)),
    ((3000, 45_000),),
    ((800, 20_000), (1600, 20_000), (2400, 70_000)),
)


def random_problem(rng: random.Random) -> Problem:
    """Two or three locations, up to three skus of up to three units."""
    wanted = tuple((sku, rng.randint(1, 3)) for sku in "ABC"[: rng.randint(1, 3)])
    offers = tuple(random_offer(rng, name, wanted) for name in ("L1", "L2", "L3")[: rng.randint(1, 3)])
    return Problem(
        wanted,
        {sku: rng.choice((0, 300, 450, 800)) for sku in "ABC"},
        offers,
        split_e4=rng.choice((0, 5_000)),
        max_parcels=rng.choice((1, 2, 99)),
        min_units=rng.choice((1, 1, 2)),
    )


def random_offer(rng: random.Random, name: str, wanted: Sequence[tuple[str, int]]) -> Offer:
    table = rng.choice(TABLES)
    stock = {sku: units for sku, most in wanted if (units := min(most, rng.randint(0, 4)))}
    unit_e4 = {sku: rng.choice((0, 700)) for sku in stock} if rng.random() < 0.5 else {}
    hands = rng.choice((None, None, 2, 3))
    return Offer(name, stock, table, table, 0, rng.choice((0, 10_000)), unit_e4, hands)


def every_plan(problem: Problem) -> Iterator[Units]:
    """Each plan the stock, the hands, the parcels and the least units allow; the empty one first."""
    ways = [
        list(_ways(units, [offer.stock.get(sku, 0) for offer in problem.offers]))
        for sku, units in problem.wanted
    ]
    for shares in product(*ways):
        plan: dict[str, dict[str, int]] = {}
        for number, offer in enumerate(problem.offers):
            named = zip(problem.wanted, shares, strict=True)
            taken = {sku: share[number] for (sku, _), share in named if share[number]}
            if taken:
                plan[offer.location_id] = taken
        if is_allowed(problem, plan):
            yield plan


def is_allowed(problem: Problem, plan: Units) -> bool:
    units = {place: sum(taken.values()) for place, taken in plan.items()}
    least = problem.min_units if len(plan) > 1 else 1
    wanted = dict(problem.wanted)
    return (
        len(plan) <= problem.max_parcels
        and all(count >= least for count in units.values())
        and all(sum(taken.get(sku, 0) for taken in plan.values()) <= most for sku, most in wanted.items())
        and all(
            quantity <= problem.offer(place).stock.get(sku, 0)
            for place, taken in plan.items() for sku, quantity in taken.items()
        )
        and all(
            problem.offer(place).units_left is None or count <= problem.offer(place).units_left
            for place, count in units.items()
        )
    )  # fmt: skip


def best_worth(problem: Problem) -> tuple[int, int]:
    return min(worth(problem, plan) for plan in every_plan(problem))


def _ways(units: int, stock: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for shares in product(*(range(min(units, has) + 1) for has in stock)):
        if sum(shares) <= units:
            yield shares
