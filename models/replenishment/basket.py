"""One budget for everything: which purchase steps to take so that the money earns most.

Steps of all items are ranked by the margin they are expected to earn per unit of money. A supplier's
minimum makes its first steps one bundle; what stands at the budget's edge is chosen anew, exactly. Arrays
in, arrays out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.errors import PlanError
from models.replenishment import knapsack
from models.replenishment.steps import Menu, hull

CORE = 160
CENT = 1e-6


@dataclass(frozen=True)
class Step:
    """From an item's quantity to the next one worth having; `per_money` is gain over cost. `items` has
    several where a supplier's minimum makes them one step.
    """

    items: tuple[int, ...]
    units: float
    cost: float
    gain: float

    @property
    def per_money(self) -> float:
        return self.gain / self.cost


@dataclass(frozen=True)
class Basket:
    """(items,) option chosen and units; `last` is the taken step that returns least on its money,
    `forgone` the best that was not taken; None where there is none.
    """

    pick: np.ndarray
    quantity: np.ndarray
    cost: np.ndarray
    gain: np.ndarray
    last: Step | None
    forgone: Step | None

    @property
    def spent(self) -> float:
        return float(self.cost.sum())

    @property
    def expected_gain(self) -> float:
        return float(self.gain.sum())


def choose(menu: Menu, *, budget: float = np.inf, minimums: np.ndarray | None = None) -> Basket:
    """The basket of most expected gain within `budget` (money; inf: all that pays).

    `minimums` (suppliers,) is the least money an order to each supplier must come to, 0 for none. Raises
    `PlanError`.
    """
    if not budget >= 0:
        raise PlanError(f"a budget must be at least 0, found {budget}")
    suppliers = int(menu.supplier.max(initial=-1)) + 1
    least = np.zeros(suppliers) if minimums is None else np.asarray(minimums, dtype=float)
    if len(least) < suppliers or not (np.isfinite(least) & (least >= 0)).all():
        raise PlanError(
            f"minimums need one amount of at least 0 for each of {suppliers} suppliers, found {least}"
        )
    ranking = _Ranking(menu, least)
    pick = ranking.greedy(budget)
    if np.isfinite(budget) or least.any():
        for core in (ranking.items_of_suppliers_at_the_edge(pick), ranking.items_at_the_edge(pick)):
            pick = ranking.polished(pick, core, budget)
    return ranking.basket(pick)


class _Ranking:
    """The steps of one menu in the order of their return, and what can be done with them."""

    def __init__(self, menu: Menu, least: np.ndarray) -> None:
        self.menu, self.least = menu, least
        self.on_hull, self.slope = hull(menu)
        item, option = np.nonzero(self.on_hull & np.isfinite(self.slope))
        order = np.lexsort((option, item, -self.slope[item, option]))
        self.item, self.option = item[order], option[order]
        self.ratio = self.slope[self.item, self.option]
        self.before = self._before()
        self.rows = np.arange(len(menu.cost))

    def greedy(self, budget: float) -> np.ndarray:
        """(items,) options by falling return, and, with minimums, from the set of suppliers that earns most.

        The set is searched by opening, closing and exchanging one supplier at a time.
        """
        bundles = {bundle.supplier: bundle for bundle in self._bundles(np.zeros(len(self.rows), dtype=int))}
        opened = self._first_suppliers(bundles, budget)
        best = self._filled(opened, bundles, budget)
        while best is not None and bundles:
            tried = [
                (flipped, self._filled(flipped, bundles, budget)) for flipped in _flips(opened, set(bundles))
            ]
            tried = [(flipped, pick) for flipped, pick in tried if pick is not None]
            flipped, pick = max(tried, key=lambda pair: self._gain(pair[1]), default=(opened, best))
            if self._gain(pick) <= self._gain(best) + CENT:
                break
            opened, best = flipped, pick
        return best

    def _first_suppliers(self, bundles: dict[int, _Bundle], budget: float) -> frozenset[int]:
        """The suppliers whose bundles a walk by falling return takes."""
        moves = [(bundle.per_money, bundle.cost, supplier) for supplier, bundle in bundles.items()]
        free = self.least[self.menu.supplier[self.item]] == 0
        pays = (self.ratio > 0) & free
        money = self._money(np.arange(len(self.item)))
        moves += zip(self.ratio[pays].tolist(), money[pays].tolist(), [-1] * int(pays.sum()), strict=True)
        left, opened = budget, set()
        for _ratio, cost, supplier in sorted(moves, reverse=True):
            if cost <= left + CENT:
                left -= cost
                opened |= {supplier} - {-1}
        return frozenset(opened)

    def _filled(
        self, opened: frozenset[int], bundles: dict[int, _Bundle], budget: float
    ) -> np.ndarray | None:
        """The bundles of `opened`, then single steps while they fit; None where the bundles alone do not."""
        pick = np.zeros(len(self.rows), dtype=int)
        for supplier in opened:
            pick[bundles[supplier].items] = bundles[supplier].options
        left = budget - float(self.menu.cost[self.rows, pick].sum())
        if left < -CENT:
            return None
        of = self.menu.supplier[self.item]
        can = (self.ratio > 0) & ((self.least[of] == 0) | np.isin(of, list(opened)))
        can &= self.option > pick[self.item]
        places = np.flatnonzero(can)
        money = self._money(places)
        fit = int(np.searchsorted(np.cumsum(money), left + CENT, side="right"))
        np.maximum.at(pick, self.item[places[:fit]], self.option[places[:fit]])
        left -= float(money[:fit].sum())
        for place, cost in zip(places[fit:].tolist(), money[fit:].tolist(), strict=True):
            item = self.item[place]
            if cost <= left + CENT and pick[item] == self.before[place]:
                pick[item], left = self.option[place], left - cost
        return pick

    def polished(self, pick: np.ndarray, core: np.ndarray, budget: float) -> np.ndarray:
        """As good or better: the options of the `core` items are chosen anew."""
        if not len(core):
            return pick
        fixed = np.setdiff1d(self.rows, core)
        menu, least = self.menu, self.least
        spent = np.bincount(menu.supplier[fixed], weights=menu.cost[fixed, pick[fixed]], minlength=len(least))

        def allowed(group: int, money: np.ndarray) -> np.ndarray:
            have = spent[group] + money
            return (have <= CENT) | (have >= least[group] - CENT)

        most = np.where(np.isfinite(menu.cost[core]), menu.cost[core], 0.0).max(axis=1).sum()
        chosen = knapsack.best_choice(
            menu.cost[core],
            menu.gain[core],
            groups=np.where(least[menu.supplier[core]] > 0, menu.supplier[core], -1),
            allowed=allowed,
            budget=min(budget - float(spent.sum()), float(most)),
        )
        if chosen is None:
            return pick
        tried = pick.copy()
        tried[core] = chosen
        return tried if self._gain(tried) > self._gain(pick) + CENT else pick

    def basket(self, pick: np.ndarray) -> Basket:
        menu = self.menu
        return Basket(
            pick=pick,
            quantity=menu.quantity[self.rows, pick],
            cost=menu.cost[self.rows, pick],
            gain=menu.gain[self.rows, pick],
            last=self._last(pick),
            forgone=self._forgone(pick),
        )

    def _before(self) -> np.ndarray:
        """Per step the option it starts from."""
        places = np.where(self.on_hull, np.arange(self.on_hull.shape[1])[None, :], 0)
        earlier = np.maximum.accumulate(places, axis=1)
        return np.where(self.option > 0, earlier[self.item, self.option - 1], 0)

    def _bundles(self, pick: np.ndarray) -> list[_Bundle]:
        """Of each supplier with a minimum and nothing bought: its best steps up to the minimum, if they
        pay.
        """
        found = []
        for supplier in np.flatnonzero(self.least > 0):
            own = self.menu.supplier == supplier
            if pick[own].any():
                continue
            places = np.flatnonzero(own[self.item])
            reached = np.searchsorted(np.cumsum(self._money(places)), self.least[supplier] - CENT)
            if reached < len(places):
                bundle = self._tight(int(supplier), np.flatnonzero(own), places[:reached])
                if bundle.gain > 0:
                    found.append(bundle)
        return found

    def _tight(self, supplier: int, items: np.ndarray, places: np.ndarray) -> _Bundle:
        """The steps at `places`, which fall short of the minimum, and of those that fill it the one that
        does so best: most gain, less what its money would earn at the bundle's own return.
        """
        menu, pick = self.menu, np.zeros(len(self.rows), dtype=int)
        np.maximum.at(pick, self.item[places], self.option[places])
        now = pick[items]
        cost, gain = float(menu.cost[items, now].sum()), float(menu.gain[items, now].sum())
        more = menu.cost[items] - menu.cost[items, now][:, None]
        fills = self.on_hull[items] & np.isfinite(more) & (cost + more >= self.least[supplier] - CENT)
        worth = np.where(fills, menu.gain[items] - menu.gain[items, now][:, None], -np.inf)
        least = np.where(fills, more, np.inf).min()
        rate = max(gain + worth[fills].max(), 0.0) / (cost + least)
        best = np.argmax(np.where(fills, worth - rate * np.where(fills, more, 0.0), -np.inf))
        row, option = np.unravel_index(best, worth.shape)
        pick[items[row]] = option
        taken = items[pick[items] > 0]
        return _Bundle(
            supplier,
            taken,
            pick[taken],
            float(menu.cost[taken, pick[taken]].sum()),
            float(menu.gain[taken, pick[taken]].sum()),
        )

    def _money(self, places: np.ndarray) -> np.ndarray:
        item = self.item[places]
        return self.menu.cost[item, self.option[places]] - self.menu.cost[item, self.before[places]]

    def items_at_the_edge(self, pick: np.ndarray) -> np.ndarray:
        """The items about which a ranking may err: some step's return lies nearest to the last one taken."""
        if len(pick) <= CORE:
            return self.rows
        away = np.abs(np.where(np.isfinite(self.slope), self.slope, np.inf) - self._edge(pick)).min(axis=1)
        return np.sort(np.argsort(away, kind="stable")[:CORE])

    def items_of_suppliers_at_the_edge(self, pick: np.ndarray) -> np.ndarray:
        """All items of the suppliers whose orders return nearest to the last step taken; none without
        minimums.
        """
        supplier = self.menu.supplier
        if len(pick) <= CORE or not self.least.any():
            return np.empty(0, dtype=int)
        cost = np.bincount(supplier, weights=self.menu.cost[self.rows, pick], minlength=len(self.least))
        gain = np.bincount(supplier, weights=self.menu.gain[self.rows, pick], minlength=len(self.least))
        ratio = np.where(cost > 0, gain / np.where(cost > 0, cost, 1.0), np.inf)
        for bundle in self._bundles(pick):
            ratio[bundle.supplier] = bundle.per_money
        nearest = np.argsort(
            np.where(self.least > 0, np.abs(ratio - self._edge(pick)), np.inf), kind="stable"
        )
        size = np.bincount(supplier, minlength=len(self.least))[nearest]
        return np.flatnonzero(np.isin(supplier, nearest[np.cumsum(size) <= CORE]))

    def _edge(self, pick: np.ndarray) -> float:
        step = self._last(pick)
        return step.per_money if step else float(self.ratio.max(initial=0.0))

    def _gain(self, pick: np.ndarray) -> float:
        return float(self.menu.gain[self.rows, pick].sum())

    def _last(self, pick: np.ndarray) -> Step | None:
        """Of what was bought, the step without which least would be lost for the money."""
        menu, bought = self.menu, np.flatnonzero(pick)
        if not len(bought):
            return None
        hulled = np.maximum.accumulate(np.where(self.on_hull, np.arange(self.on_hull.shape[1]), 0), axis=1)
        before = hulled[bought, pick[bought] - 1]
        money = menu.cost[bought, pick[bought]] - menu.cost[bought, before]
        gain = menu.gain[bought, pick[bought]] - menu.gain[bought, before]
        worst = int(np.argmin(gain / money))
        item = int(bought[worst])
        units = menu.quantity[item, pick[item]] - menu.quantity[item, before[worst]]
        return Step((item,), float(units), float(money[worst]), float(gain[worst]))

    def _forgone(self, pick: np.ndarray) -> Step | None:
        """The best single step or bundle from here on that would pay."""
        menu = self.menu
        ahead = self.option > pick[self.item]
        money = menu.cost[self.item, self.option] - menu.cost[self.item, pick[self.item]]
        gain = menu.gain[self.item, self.option] - menu.gain[self.item, pick[self.item]]
        by_supplier = np.bincount(
            menu.supplier, weights=menu.cost[self.rows, pick], minlength=len(self.least)
        )
        closed = (self.least > 0) & (by_supplier <= CENT)
        usable = ahead & (money > CENT) & (gain > CENT) & ~closed[menu.supplier[self.item]]
        steps = []
        if usable.any():
            ratio = np.where(usable, gain / np.where(usable, money, 1.0), -np.inf)
            place = int(np.argmax(ratio))
            item, option = int(self.item[place]), int(self.option[place])
            units = menu.quantity[item, option] - menu.quantity[item, pick[item]]
            steps.append(Step((item,), float(units), float(money[place]), float(gain[place])))
        for bundle in self._bundles(pick):
            units = float(menu.quantity[bundle.items, bundle.options].sum())
            steps.append(Step(tuple(bundle.items.tolist()), units, bundle.cost, bundle.gain))
        return max(steps, key=lambda step: step.per_money, default=None)


def _flips(opened: frozenset[int], known: set[int]) -> list[frozenset[int]]:
    """One supplier more, one less, one for another."""
    closed = known - opened
    sets = [opened | {supplier} for supplier in closed] + [opened - {supplier} for supplier in opened]
    return sets + [opened - {out} | {into} for out in sorted(opened) for into in sorted(closed)]


@dataclass
class _Bundle:
    supplier: int
    items: np.ndarray
    options: np.ndarray
    cost: float
    gain: float

    @property
    def per_money(self) -> float:
        return self.gain / self.cost
