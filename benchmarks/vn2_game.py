"""The VN2 game as published: its rules, the organiser's own rule. How we play it is in `vn2`, its files in
`vn2_files`.

599 store-products, one order a week, on the shelf at the start of the third week after it; 0.20 a week per
unit left, 1.00 per unit missed. Sales of weeks out of stock are unknown demand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.replenishment.shelf import Costs, pass_period

LEAD_WEEKS = 2
ROUNDS, WEEKS, FIRST_COUNTED = 6, 8, 3
COSTS = Costs(holding=0.2, shortage=1.0)
AVERAGE_WEEKS, COVER_WEEKS = 13, 4
BURN_IN_WEEKS = 20


@dataclass(frozen=True)
class Table:
    """(series, weeks) sales and whether each week had stock, from `first_week` on."""

    sales: np.ndarray
    in_stock: np.ndarray
    first_week: date

    def until(self, edge: int) -> Table:
        return Table(self.sales[:, :edge], self.in_stock[:, :edge], self.first_week)


@dataclass(frozen=True)
class State:
    """Stock at a week's end, and what arrives at the start of the next two weeks."""

    stock: np.ndarray
    coming: np.ndarray

    def passed(self, demand: np.ndarray, ordered: np.ndarray):
        period = pass_period(self.stock, self.coming[:, 0], demand, costs=COSTS)
        return State(period.left, np.column_stack([self.coming[:, 1:], ordered])), period


Order = Callable[[Table, State], np.ndarray]


def organisers_order(known: Table, state: State) -> np.ndarray:
    """Up to four weeks' cover: 13-week average without season, weeks out of stock masked, one factor per
    ISO week.
    """
    width = known.sales.shape[1]
    week = np.array([_iso_week(known.first_week, column) for column in range(width + COVER_WEEKS)])
    sales = np.where(known.in_stock, known.sales, np.nan)
    factors = _season(sales, week[:width])
    lately = slice(max(width - AVERAGE_WEEKS, 0), width)
    factor = factors[week[lately]]
    plain = np.where(factor > 0, sales[:, lately] / np.where(factor > 0, factor, 1.0), np.nan)
    seen = ~np.isnan(plain)
    average = np.where(seen, plain, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    target = average * factors[week[width:]].sum()
    return np.round(np.maximum(target - state.stock - state.coming.sum(axis=1), 0.0))


def _season(sales: np.ndarray, week: np.ndarray) -> np.ndarray:
    """By ISO week: mean over the years of the weeks' mean sales, over the mean of that; 1 for a week never
    seen.
    """
    seen = ~np.isnan(sales)
    known = seen.any(axis=0)
    means = np.where(seen, sales, 0.0).sum(axis=0)[known] / seen.sum(axis=0)[known]
    factors = np.full(54, np.nan)
    for number in np.unique(week[known]):
        factors[number] = means[week[known] == number].mean()
    usual = factors[np.unique(week[known])].mean() if known.any() else 0.0
    return np.nan_to_num(factors / usual, nan=1.0) if usual > 0 else np.ones(54)


def _iso_week(first: date, column: int) -> int:
    return date.fromordinal(first.toordinal() + 7 * column).isocalendar().week


def play(table: Table, start: int, state: State, order: Order) -> list[dict]:
    """Eight weeks from column `start`, six orders, the first before they begin; each order sees the weeks
    before it.
    """
    rows = []
    for week in range(1, WEEKS + 1):
        column = start + week - 1
        ordered = np.zeros(len(state.stock))
        if week <= ROUNDS:
            ordered = order(table.until(column), state)
        state, period = state.passed(table.sales[:, column], ordered)
        counts = week >= FIRST_COUNTED
        rows.append(
            {
                "week": week,
                "demand": float(table.sales[:, column].sum()),
                "missed": float(period.missed.sum()),
                "left": float(period.left.sum()),
                "ordered": float(ordered.sum()),
                "holding": float(period.holding.sum()) if counts else 0.0,
                "shortage": float(period.shortage.sum()) if counts else 0.0,
            }
        )
    return rows


def cost(rows: list[dict]) -> float:
    return round(sum(row["holding"] + row["shortage"] for row in rows), 2)


def state_before(table: Table, start: int) -> State:
    """Stock and pipeline as twenty weeks of the organiser's rule would have left them."""
    first = start - BURN_IN_WEEKS
    empty = np.zeros(len(table.sales))
    cover = organisers_order(table.until(first), State(empty, np.zeros((len(empty), LEAD_WEEKS))))
    a_week = np.round(cover / COVER_WEEKS)
    state = State(a_week, np.column_stack([a_week] * LEAD_WEEKS))
    for column in range(first, start):
        ordered = organisers_order(table.until(column), state)
        state, _period = state.passed(table.sales[:, column], ordered)
    return state
