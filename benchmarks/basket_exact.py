"""The exact best basket of small cases by mixed-integer programming (HiGHS), and random cases to try it
on.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array

from models.replenishment.steps import Goods, Menu, menu


def optimum(found: Menu, *, budget: float, minimums: np.ndarray) -> float:
    """Most expected gain: one option per item, within the budget, each supplier at 0 or above its minimum."""
    item, option = np.nonzero(np.isfinite(found.cost))
    cost, gain = found.cost[item, option], found.gain[item, option]
    items, suppliers, choices = len(found.cost), len(minimums), len(item)
    one = csr_array((np.ones(choices), (item, np.arange(choices))), shape=(items, choices + suppliers))
    by = found.supplier[item]
    spend = csr_array((cost, (by, np.arange(choices))), shape=(suppliers, choices + suppliers)).toarray()
    opened = np.zeros_like(spend)
    opened[np.arange(suppliers), choices + np.arange(suppliers)] = 1.0
    total = np.concatenate([cost, np.zeros(suppliers)])[None, :]
    rules = [
        LinearConstraint(one, 1, 1),
        LinearConstraint(total, -np.inf, budget),
        LinearConstraint(spend - opened * minimums[:, None], 0, np.inf),
        LinearConstraint(spend - opened * (budget + 1), -np.inf, 0),
    ]
    answer = milp(
        -np.concatenate([gain, np.zeros(suppliers)]), integrality=np.ones(choices + suppliers), bounds=(0, 1),
        constraints=rules, options={"mip_rel_gap": 1e-5, "time_limit": 20.0},
    )  # fmt: skip
    return float(-answer.fun)


def case(
    rng: np.random.Generator, *, items: int, suppliers: int, with_breaks: bool, with_minimums: bool
) -> tuple[Menu, float, np.ndarray]:
    """A menu, a budget between a tenth and two thirds of what would pay, and suppliers' minimums."""
    mean = rng.lognormal(2.5, 1.0, items)
    need = np.sort(
        rng.poisson(rng.gamma(2.0, mean[:, None] / 2.0, (items, 256))) - rng.poisson(mean / 2)[:, None],
        axis=1,
    )
    unit_cost = rng.lognormal(1.0, 0.8, items).round(2) + 0.05
    pack = rng.choice([1, 6, 12, 24], items).astype(float)
    goods = Goods(
        unit_cost=unit_cost,
        unit_margin=(unit_cost * rng.uniform(0.3, 1.5, items)).round(2),
        holding=unit_cost * 0.02,
        pack=pack,
        least=pack * rng.choice([1, 1, 2, 4], items),
        most=np.full(items, np.inf),
        supplier=rng.integers(0, suppliers, items),
        breaks=_breaks(rng, unit_cost, pack) if with_breaks else None,
        offer=np.quantile(need, 0.99, axis=1) if with_minimums else None,
    )
    found = menu(goods, need.astype(np.float32))
    best = np.where(found.gain > 0, found.gain, 0).argmax(axis=1)
    worth = found.cost[np.arange(items), best]
    budget = float(worth.sum() * rng.uniform(0.1, 0.67))
    by = np.bincount(goods.supplier, weights=worth, minlength=suppliers)
    minimums = by * rng.uniform(0.2, 1.1, suppliers) if with_minimums else np.zeros(suppliers)
    return found, budget, minimums


def _breaks(
    rng: np.random.Generator, unit_cost: np.ndarray, pack: np.ndarray
) -> dict[int, list[tuple[float, float]]]:
    having = np.flatnonzero(rng.random(len(pack)) < 0.3)
    return {int(item): [(float(pack[item] * 4), float(unit_cost[item] * 0.92))] for item in having}
