"""Order rules over arrays of series: base stock (R,S), min-max (s,S), lots (R,s,nQ), least expected cost.

A rule gets each series' stock, what comes at the start of each later period, and possible courses of
demand; it answers with units wanted now, before packs and minimums (`rounding`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from models.replenishment import projected
from models.replenishment.shelf import Costs


class Outlook(NamedTuple):
    """`coming` (series, lead) arrives at the start of period 0, 1, …; `demand` (lead + 1, series, draws) is
    of the periods up to and with the one in which an order placed now arrives.
    """

    stock: np.ndarray
    coming: np.ndarray
    demand: np.ndarray

    @property
    def position(self) -> np.ndarray:
        return self.stock + self.coming.sum(axis=1)

    def quantile(self, level: float | np.ndarray, *, periods: int | None = None) -> np.ndarray:
        """Per series the smallest draw of total demand that a share `level` of the draws does not exceed."""
        total = np.sort(self.demand[:periods].sum(axis=0), axis=1)
        place = np.ceil(np.broadcast_to(level, len(total)) * total.shape[1] - 1e-9).astype(int) - 1
        return total[np.arange(len(total)), np.clip(place, 0, total.shape[1] - 1)].astype(float)


class Policy(Protocol):
    def wanted(self, outlook: Outlook) -> np.ndarray: ...


@dataclass(frozen=True)
class BaseStock:
    """(R,S): every review up to the service level's quantile of demand until the next review's order
    arrives.
    """

    service_level: float | np.ndarray

    def wanted(self, outlook: Outlook) -> np.ndarray:
        return np.maximum(outlook.quantile(self.service_level) - outlook.position, 0.0)


@dataclass(frozen=True)
class MinMax:
    """(s,S): at or below s up to S; s is the quantile of demand, S lies `lot` units above it."""

    service_level: float | np.ndarray
    lot: float | np.ndarray

    def wanted(self, outlook: Outlook) -> np.ndarray:
        point = outlook.quantile(self.service_level)
        return np.where(outlook.position <= point, point + self.lot - outlook.position, 0.0)


@dataclass(frozen=True)
class Lots:
    """(R,s,nQ): at or below s as many whole lots as bring the position above it."""

    service_level: float | np.ndarray
    lot: float | np.ndarray

    def wanted(self, outlook: Outlook) -> np.ndarray:
        short = outlook.quantile(self.service_level) - outlook.position
        return np.where(short >= 0, (np.floor(short / self.lot) + 1) * self.lot, 0.0)


@dataclass(frozen=True)
class LeastCost:
    """Least expected holding and shortage cost on the courses of demand; with an ordering cost, an order is
    put off until what it would save in its first period exceeds that cost, and then covers an economic lot.
    """

    costs: Costs
    backorders: bool = False

    def wanted(self, outlook: Outlook) -> np.ndarray:
        plain = projected.order(
            outlook.stock, outlook.coming, outlook.demand, costs=self.costs, backorders=self.backorders
        )
        if not np.any(np.asarray(self.costs.ordering) > 0):
            return plain
        return self._worth_ordering(outlook, plain)

    def _worth_ordering(self, outlook: Outlook, plain: np.ndarray) -> np.ndarray:
        before = projected.projected_stock(
            outlook.stock, outlook.coming, outlook.demand[:-1], backorders=self.backorders
        )
        waiting = np.maximum(outlook.demand[-1] - before, 0.0).mean(axis=1)
        ordering = np.maximum(outlook.demand[-1] - before - plain[:, None], 0.0).mean(axis=1)
        saved = self.costs.shortage * (waiting - ordering)
        mean = outlook.demand.mean(axis=(0, 2), dtype=np.float64)
        lot = np.floor(np.sqrt(2 * self.costs.ordering * mean / self.costs.holding))
        return np.where(saved > self.costs.ordering, np.maximum(plain, lot), 0.0)
