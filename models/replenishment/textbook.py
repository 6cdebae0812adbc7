"""Levels the textbooks give in closed form or by exact enumeration, for steady demand: (R,S), (s,S),
(R,s,nQ).

Notation as in Snyder and Shen (2019), Fundamentals of Supply Chain Theory. Demand that moves is in
`projected`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.replenishment.shelf import Costs


class Levels(NamedTuple):
    """Reorder point and order-up-to level (or reorder point plus lot), and the mean cost of a period."""

    reorder_point: int
    order_up_to: int
    cost: float


def economic_lot(demand: float, *, ordering: float, holding: float) -> float:
    """Units per order at which ordering and holding cost least together (Harris 1913)."""
    return float(np.sqrt(2 * ordering * demand / holding))


def base_stock(demand: np.ndarray, *, ratio: float) -> int:
    """Smallest S with P(demand <= S) >= ratio; `demand` is the pmf 0, 1, 2 … over lead time and review."""
    return int(np.searchsorted(np.cumsum(demand), ratio - 1e-12))


def period_costs(levels: np.ndarray, demand: np.ndarray, *, costs: Costs) -> np.ndarray:
    """Mean holding and shortage cost of a period that ends with each of `levels` less a demand of pmf
    `demand`.
    """
    left = levels[:, None] - np.arange(len(demand))[None, :]
    cost = costs.holding * np.maximum(left, 0) + costs.shortage * np.maximum(-left, 0)
    return cost @ demand


def min_max(demand: np.ndarray, *, costs: Costs, lead_demand: np.ndarray | None = None) -> Levels:
    """Optimal (s, S) for backorders and whole units (Zheng and Federgruen 1991).

    `demand` is one period's pmf; `lead_demand` the pmf over lead time and one period (default: one period's).
    """
    cost, first = _cost_table(demand if lead_demand is None else lead_demand, costs)
    renewal = _renewal(demand, len(cost))

    def mean_cost(low: int, high: int) -> float:
        """Of the policy whose table places are `low` (s) and `high` (S)."""
        weights = renewal[: high - low]
        return float((costs.ordering + weights @ cost[high : high - len(weights) : -1]) / weights.sum())

    best_place = int(cost.argmin())
    high, low = best_place, best_place - 1
    while mean_cost(low, high) > cost[low]:
        low -= 1
    best, place = mean_cost(low, high), high
    reach = high + 1
    while reach < len(cost) and cost[reach] <= best:
        if mean_cost(low, reach) < best:
            place = reach
            while mean_cost(low, place) <= cost[low + 1] and low + 1 < best_place:
                low += 1
            best = mean_cost(low, place)
        reach += 1
    return Levels(first + low, first + place, best)


def lots(demand: np.ndarray, *, lot: int, costs: Costs, lead_demand: np.ndarray | None = None) -> Levels:
    """Optimal reorder point where whole lots of `lot` units are ordered; the stock position is then uniform
    on s + 1 … s + lot (Hadley and Whitin 1963).

    The ordering cost falls due in a period with probability E[min(demand, lot)] / lot.
    """
    cost, first = _cost_table(demand if lead_demand is None else lead_demand, costs)
    sums = np.concatenate([[0.0], np.cumsum(cost)])
    means = (sums[lot:] - sums[:-lot]) / lot
    place = int(means.argmin())
    often = float(np.minimum(np.arange(len(demand)), lot) @ demand) / lot
    return Levels(first + place - 1, first + place - 1 + lot, float(means[place] + costs.ordering * often))


def _cost_table(demand: np.ndarray, costs: Costs) -> tuple[np.ndarray, int]:
    """Cost of a period by the stock position it starts from, and the position of the first entry."""
    reach = len(demand)
    mean = float(np.arange(reach) @ demand)
    span = reach + int(2 * np.sqrt(2 * max(costs.ordering, 0.0) * max(mean, 1.0) / costs.holding)) + 10
    first = -span
    return period_costs(np.arange(first, reach + span), demand, costs=costs), first


def _renewal(demand: np.ndarray, count: int) -> np.ndarray:
    """Expected periods spent j units below S before s is reached, j = 0, 1, …"""
    found = np.zeros(count)
    found[0] = 1 / (1 - demand[0])
    for below in range(1, count):
        reach = min(below, len(demand) - 1)
        found[below] = found[0] * (demand[1 : reach + 1] @ found[below - 1 :: -1][:reach])
    return found
