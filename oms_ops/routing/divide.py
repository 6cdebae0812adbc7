"""How a group of locations divides an order's units: the cheapest division in which each of them has a part.

For every way to choose a weight band per parcel, cheapest first, the units are packed under those weights;
the first that can be packed is the cheapest where units cost the same anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, prod

from oms_ops.routing.problem import Offer, Problem, Units, cheapest, cost, lowest
from oms_ops.routing.rates import steps

_MOST_VECTORS = 3_000
Key = tuple[int, int]
Shares = tuple[int, ...]  # units at each location of the group


class Divider:
    """`steps` is what may still be searched; `is_finished` says whether it was enough."""

    def __init__(self, problem: Problem, group: Sequence[Offer], *, steps: int) -> None:
        self.problem = problem
        self.group = group
        self.steps = steps
        self.is_finished = True
        self.key: Key = (0, 0)
        self._units: Units | None = None
        self._wanted = sorted(problem.wanted, key=lambda item: (-problem.grams[item[0]], item[0]))
        self._sums = {sku: sum([offer.stock.get(sku, 0) for offer in group]) for sku, _ in problem.wanted}
        self._may_leave = any(_is_short(problem, offer) for offer in group)
        self._least = 1 if len(group) == 1 else max(1, problem.min_units)
        self._hands = [inf if offer.units_left is None else offer.units_left for offer in group]

    def best(self, than: Key) -> Units | None:
        """The best division better than `than`, its `key` in the attribute; None where there is none."""
        self.key = than
        if len(self.group) == 1 and not self._may_leave:
            return self._alone()
        self._left = lowest(self.problem, self.group)[0]
        self._rest = self._least_balance()
        self._must, self._may, self._carried = self._loads()
        for floor_e4, caps in self._vectors():
            self._floor = (self._left, floor_e4 + self._rest[0])
            if self._floor >= self.key:
                break
            self._taken: list[dict[str, int]] = [{} for _ in self.group]
            self._pack(0, list(caps), list(self._hands), self._stock_left(), floor_e4)
            if self.steps <= 0:
                self.is_finished = False
                break
        return self._units

    def _alone(self) -> Units | None:
        offer = self.group[0]
        taken = {sku: offer.stock[sku] for sku, _ in self.problem.wanted if offer.stock.get(sku)}
        if taken:
            self._note({offer.location_id: taken})
        return self._units

    def _note(self, units: Units) -> None:
        placed = sum([quantity for taken in units.values() for quantity in taken.values()])
        left = sum([quantity for _, quantity in self.problem.wanted]) - placed
        key = (left, cost(self.problem, units).total_e4)
        if key < self.key:
            self.key, self._units = key, units

    def _stock_left(self) -> int:
        return sum(max(0, units - self._has(sku)) for sku, units in self._wanted)

    def _least_balance(self) -> list[int]:
        """By position: the least that the units from there on add to the cost; 0 where some may stay."""
        rest = [0]
        for sku, units in reversed(self._wanted):
            fill = 0 if self._may_leave else min(units, self._has(sku))
            rest.append(rest[-1] + cheapest(sku, fill, self.group))
        return rest[::-1]

    def _loads(self) -> tuple[list[list[int]], list[list[int]], list[int]]:
        """By position, grams of the units from there on: each location's at least and at most, and of all."""
        must, may, carried = [[0] * len(self.group)], [[0] * len(self.group)], [0]
        for sku, units in reversed(self._wanted):
            grams, has = self.problem.grams[sku], self._has(sku)
            fill = min(units, has)
            own = [offer.stock.get(sku, 0) for offer in self.group]
            alone = [grams * max(0, fill - (has - units)) for units in own]
            most = [grams * min(fill, units) for units in own]
            must.append([one + more for one, more in zip(must[-1], alone, strict=True)])
            may.append([one + more for one, more in zip(may[-1], most, strict=True)])
            carried.append(carried[-1] + grams * fill)
        return must[::-1], may[::-1], carried[::-1]

    def _fits(self, position: int, room: Sequence[int]) -> bool:
        """Whether the weights of what is still to be placed allow it; where some may stay, always."""
        if self._may_leave:
            return True
        useful = 0
        for least, most, left in zip(self._must[position], self._may[position], room, strict=True):
            if least > left:
                return False
            useful += min(most, left)
        return useful >= self._carried[position]

    def _vectors(self) -> list[tuple[int, tuple[int, ...]]]:
        """(least cost, weight caps) per choice of bands that may be better than `key`, the cheapest first."""
        must = [0] * len(self.group) if self._may_leave else self._must[0]
        choices = [
            steps(offer.bands, least, most)
            for offer, least, most in zip(self.group, must, self._may[0], strict=True)
        ]
        if prod(map(len, choices)) > _MOST_VECTORS:
            self.is_finished = False
            choices = [[found[0], found[-1]] for found in choices]
        limit = self.key[1] - self._rest[0] if self._left >= self.key[0] else inf
        fixed = sum(offer.late_e4 for offer in self.group) + self.problem.split_e4 * (len(self.group) - 1)
        found = [(fixed, ())]
        for number, choice in enumerate(choices):
            after = sum(later[0][1] for later in choices[number + 1 :])
            found = [
                (spent + price, (*caps, cap))
                for spent, caps in found
                for cap, price in choice
                if spent + price + after < limit
            ]
        carried = 0 if self._may_leave else self._carried[0]
        return sorted(item for item in found if sum(item[1]) >= carried)

    def _has(self, sku: str) -> int:
        return self._sums[sku]

    def _pack(self, position: int, room: list, hands: list, left: int, spent: int) -> bool:
        """Place the skus from `position` on; True when no other packing under these caps can be better."""
        self.steps -= 1
        if self.steps <= 0:
            return True
        if (left, spent + self._rest[position]) >= self.key or not self._fits(position, room):
            return False
        if position == len(self._wanted):
            return self._finish()
        sku, units = self._wanted[position]
        grams, target = self.problem.grams[sku], min(units, self._has(sku))
        for shares in self._shares(sku, target, grams, room, hands):
            added = 0
            for number, share in enumerate(shares):
                room[number] -= share * grams
                hands[number] -= share
                self._taken[number][sku] = share
                added += share * self.group[number].unit_e4.get(sku, 0)
            is_done = self._pack(position + 1, room, hands, left + target - sum(shares), spent + added)
            for number, share in enumerate(shares):
                room[number] += share * grams
                hands[number] += share
            if is_done:
                return True
        return False

    def _finish(self) -> bool:
        units = {
            offer.location_id: {sku: taken[sku] for sku, _ in self.problem.wanted if taken[sku]}
            for offer, taken in zip(self.group, self._taken, strict=True)
        }
        if any(sum(taken.values()) < self._least for taken in units.values()):
            return False
        self._note(units)
        return self.key <= self._floor

    def _shares(self, sku: str, target: int, grams: int, room: list, hands: list) -> Iterator[Shares]:
        """Ways to divide one sku's units, as much as can be placed first, cheap locations first."""
        order = sorted(range(len(self.group)), key=lambda n: (self.group[n].unit_e4.get(sku, 0), n))
        most = [
            int(min(offer.stock.get(sku, 0), hands[n], room[n] // grams if grams else inf))
            for n, offer in enumerate(self.group)
        ]
        least = 0 if self._may_leave else target
        for total in range(min(target, sum(most)), least - 1, -1):
            yield from _spread(total, order, most)


def _spread(total: int, order: Sequence[int], most: Sequence[int]) -> Iterator[Shares]:
    shares = [0] * len(most)

    def place(at: int, rest: int) -> Iterator[Shares]:
        number = order[at]
        if at == len(order) - 1:
            if rest <= most[number]:
                shares[number] = rest
                yield tuple(shares)
            return
        after = sum(most[other] for other in order[at + 1 :])
        for share in range(min(rest, most[number]), max(0, rest - after) - 1, -1):
            shares[number] = share
            yield from place(at + 1, rest - share)

    yield from place(0, total)


def _is_short(problem: Problem, offer: Offer) -> bool:
    """Whether it has more of what is wanted than hands to send it."""
    return offer.units_left is not None and sum(offer.stock.values()) > offer.units_left
