"""One order's choice in numbers: what is wanted, what each location offers, and what a plan costs.

The same cost serves one order (choose.py), a batch (oms_ops.assignment) and every explanation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from oms_ops.routing.rates import Step, price_e4

Units = Mapping[str, Mapping[str, int]]  # location -> sku -> units


@dataclass(frozen=True, slots=True)
class Offer:
    """What one location can do for one order. `bands` carry the rule's weight, `table` is what is paid."""

    location_id: str
    stock: Mapping[str, int]  # at most what is wanted
    bands: tuple[Step, ...]
    table: tuple[Step, ...]
    late_days: int = 0
    late_e4: int = 0
    unit_e4: Mapping[str, int] = field(default_factory=dict)
    units_left: int | None = None

    @property
    def fixed_e4(self) -> int:
        return self.late_e4


@dataclass(frozen=True, slots=True)
class Problem:
    wanted: tuple[tuple[str, int], ...]
    grams: Mapping[str, int]
    offers: tuple[Offer, ...]
    split_e4: int = 0
    max_parcels: int = 99
    min_units: int = 1

    def offer(self, location_id: str) -> Offer:
        return next(offer for offer in self.offers if offer.location_id == location_id)


@dataclass(frozen=True, slots=True)
class Cost:
    """Ten-thousandths of money. `total_e4` is what is optimised, `paid_e4` what the carrier is paid."""

    parcels: int = 0
    late_days: int = 0
    shipping_e4: int = 0
    splits_e4: int = 0
    late_e4: int = 0
    balance_e4: int = 0
    paid_e4: int = 0

    @property
    def total_e4(self) -> int:
        return self.shipping_e4 + self.splits_e4 + self.late_e4 + self.balance_e4

    def terms(self) -> dict[str, int]:
        return asdict(self) | {"total_e4": self.total_e4}


def cost(problem: Problem, units: Units) -> Cost:
    shipping_e4 = paid_e4 = late_e4 = balance_e4 = late_days = 0
    for location_id, taken in units.items():
        offer = problem.offer(location_id)
        grams = sum([problem.grams[sku] * quantity for sku, quantity in taken.items()])
        shipping_e4 += price_e4(offer.bands, grams)
        paid_e4 += price_e4(offer.table, grams)
        late_e4 += offer.late_e4
        late_days = max(late_days, offer.late_days)
        balance_e4 += sum([offer.unit_e4.get(sku, 0) * quantity for sku, quantity in taken.items()])
    splits_e4 = problem.split_e4 * max(0, len(units) - 1)
    return Cost(len(units), late_days, shipping_e4, splits_e4, late_e4, balance_e4, paid_e4)


def lowest(problem: Problem, group: Sequence[Offer]) -> tuple[int, int]:
    """(units left, cost) that no division among the group falls below."""
    left = 0
    cost_e4 = problem.split_e4 * max(0, len(group) - 1)
    forced = [0] * len(group)
    for sku, quantity in problem.wanted:
        has = [offer.stock.get(sku, 0) for offer in group]
        sum_of_all = sum(has)
        grams = problem.grams[sku]
        fill = min(quantity, sum_of_all)
        left += quantity - fill
        for position, units in enumerate(has):
            alone = fill - (sum_of_all - units)
            if alone > 0:
                forced[position] += alone * grams
        if fill and group[0].unit_e4:
            cost_e4 += cheapest(sku, fill, group)
    caps = [offer.units_left for offer in group]
    if None not in caps:
        left = max(left, sum(quantity for _, quantity in problem.wanted) - sum(caps))
    if any(cap is not None for cap in caps):
        forced = [0] * len(group)  # what is left for want of hands may be anything
        cost_e4 = problem.split_e4 * max(0, len(group) - 1)
    for offer, grams in zip(group, forced, strict=True):
        cost_e4 += offer.late_e4 + price_e4(offer.bands, grams)
    return left, cost_e4


def cheapest(sku: str, fill: int, group: Sequence[Offer]) -> int:
    """What `fill` units of the sku add to the cost at the least."""
    total = 0
    for price, has in sorted((offer.unit_e4.get(sku, 0), offer.stock.get(sku, 0)) for offer in group):
        taken = min(fill, has)
        total += price * taken
        fill -= taken
    return total
