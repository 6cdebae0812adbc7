"""A policy replayed over past periods: what it would have filled, held, cost and ordered; the curve of
service against stock. Demand is what came, or a guess of it where stock ran out; what was forecast is
given, never made here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.errors import PlanError
from models.replenishment.policies import Outlook, Policy
from models.replenishment.rounding import Terms, allowed
from models.replenishment.shelf import Costs, Period, pass_period

CURVE_LEVELS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
TALLY = ("asked", "filled", "units", "value", "holding", "shortage", "ordering", "orders", "ordered")


@dataclass(frozen=True)
class Window:
    """Past periods to replay: `demand` (series, periods), NaN does not count; `courses(period)` are the
    possible courses (lead + 1, series, draws) as they would have been drawn before that period, the last of
    all the periods until the order after next is there; stock and (series, lead) arrivals when it starts.
    `unit_cost` (series,) values stock. Orders are placed every `review` periods.
    """

    demand: np.ndarray
    courses: Callable[[int], np.ndarray]
    stock: np.ndarray
    coming: np.ndarray
    unit_cost: np.ndarray
    costs: Costs
    terms: Terms | None = None
    backorders: bool = False
    review: int = 1


@dataclass(frozen=True)
class Outcome:
    """`fill_rate` is units sold at once over units asked for, None if nothing was; `stock_value` a period's
    mean.
    """

    fill_rate: float | None
    stock_units: float
    stock_value: float
    holding_cost: float
    shortage_cost: float
    ordering_cost: float
    orders: int
    units_ordered: float

    @property
    def cost(self) -> float:
        return self.holding_cost + self.shortage_cost + self.ordering_cost


def replay(window: Window, policy: Policy) -> Outcome:
    """Orders from the first period on. The periods before the first order arrives are not counted."""
    lead = window.coming.shape[1]
    if window.demand.shape[1] <= lead:
        raise PlanError(
            f"a window needs more than its {lead} periods of lead time, found {window.demand.shape[1]}"
        )
    stock, coming, tally = window.stock.astype(float), window.coming.astype(float), np.zeros(len(TALLY))
    for period, asked in enumerate(window.demand.T):
        quantity = _ordered(window, policy, period, stock, coming)
        demand, counts = np.nan_to_num(asked), ~np.isnan(asked)
        arriving = coming[:, 0] if lead else quantity
        passed = pass_period(stock, arriving, demand, costs=window.costs, backorders=window.backorders)
        stock = passed.left
        coming = np.column_stack([coming[:, 1:], quantity]) if lead else coming
        if period >= lead:
            tally += _counted(passed, quantity, demand, window)[:, counts].sum(axis=1)
    return _outcome(dict(zip(TALLY, tally.tolist(), strict=True)), periods=window.demand.shape[1] - lead)


def _ordered(
    window: Window, policy: Policy, period: int, stock: np.ndarray, coming: np.ndarray
) -> np.ndarray:
    if period % window.review:
        return np.zeros(len(stock))
    outlook = Outlook(stock, coming, window.courses(period))
    quantity = policy.wanted(outlook)
    if window.terms is not None:
        quantity, _bound = allowed(quantity, outlook.position, window.terms)
    return quantity


def _counted(passed: Period, quantity: np.ndarray, demand: np.ndarray, window: Window) -> np.ndarray:
    """(tally, series) of one period."""
    on_shelf, placed = np.maximum(passed.left, 0.0), quantity > 0
    ordering = window.costs.ordering * placed
    return np.stack(
        [
            demand, demand - passed.missed, on_shelf, on_shelf * window.unit_cost,
            passed.holding, passed.shortage, ordering, placed, quantity,
        ]
    )  # fmt: skip


def _outcome(tally: dict[str, float], *, periods: int) -> Outcome:
    return Outcome(
        fill_rate=tally["filled"] / tally["asked"] if tally["asked"] > 0 else None,
        stock_units=tally["units"] / periods,
        stock_value=tally["value"] / periods,
        holding_cost=tally["holding"],
        shortage_cost=tally["shortage"],
        ordering_cost=tally["ordering"],
        orders=int(tally["orders"]),
        units_ordered=tally["ordered"],
    )


def curve(
    window: Window, make: Callable[[float], Policy], *, levels: Sequence[float] = CURVE_LEVELS
) -> pl.DataFrame:
    """One row per service level: what holding more buys. Columns: service_level, then the fields of
    `Outcome`.
    """
    rows = []
    for level in levels:
        outcome = replay(window, make(level))
        rows.append({"service_level": level, **vars(outcome), "cost": outcome.cost})
    return pl.DataFrame(rows)
