"""The shelf as arrays: what a week of demand does to stock and costs. No forecasts and no order rules
here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Costs:
    """Money per unit left at a period's end, per unit of demand missed or owed at its end, per order
    placed.
    """

    holding: float | np.ndarray
    shortage: float | np.ndarray
    ordering: float | np.ndarray = 0.0


class Period(NamedTuple):
    """What happened: units sold and missed, stock left (below 0: owed), holding and shortage cost."""

    sold: np.ndarray
    missed: np.ndarray
    left: np.ndarray
    holding: np.ndarray
    shortage: np.ndarray


def pass_period(
    stock: np.ndarray, arriving: np.ndarray, demand: np.ndarray, *, costs: Costs, backorders: bool = False
) -> Period:
    """One period: `arriving` is on the shelf before the first buyer comes. Arrays of any one shape.

    Lost sales: what is not there is missed for good. `backorders`: it is owed, stock goes below 0, and the
    shortage cost falls due in every period it stays owed.
    """
    have = stock + arriving
    if backorders:
        left = have - demand
        missed = np.maximum(-left, 0.0) - np.maximum(-have, 0.0)
        owed = np.maximum(-left, 0.0)
        return Period(
            demand - missed, missed, left, costs.holding * np.maximum(left, 0.0), costs.shortage * owed
        )
    sold = np.minimum(np.maximum(have, 0.0), demand)
    missed, left = demand - sold, have - sold
    return Period(sold, missed, left, costs.holding * left, costs.shortage * missed)
