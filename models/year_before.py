"""What the same weeks a year earlier say of a total: what they came to, grown as the shop has since.

Of sums alone: a single sku's year before is too noisy to lean on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

MEMBER = ("dimension", "member")
SHOP = "all"
YEAR_WEEKS = 52
SMOOTHED_WEEKS = 4
GROWTH_WEEKS = 13
LEAST_GROWTH_WEEKS = 4
MOST_LOG = 1.0


@dataclass(frozen=True)
class Sold:
    """Demand by week as an array (members, weeks), NaN before a member's first week; `shop` is its row."""

    demand: np.ndarray
    first_week: date
    shop: int | None

    @classmethod
    def of(cls, history: pl.DataFrame, members: list[tuple[str, str]]) -> Sold:
        if history.is_empty():
            return cls(np.full((len(members), 0), np.nan), date.min, None)
        first = history["week_start"].min()
        width = (history["week_start"].max() - first).days // 7 + 1
        demand = np.full((len(members), width), np.nan)
        row = {member: place for place, member in enumerate(members)}
        for dimension, member, week, units in history.select(*MEMBER, "week_start", "demand").iter_rows():
            if (dimension, member) in row:
                demand[row[dimension, member], (week - first).days // 7] = units
        return cls(demand, first, row.get(("shop", SHOP)))

    def year_before(self, mean: np.ndarray, *, first_week: date) -> np.ndarray:
        """(members, weeks) logarithm of what the same weeks a year earlier came to, grown as the shop has
        since, over `mean`; nine weeks together, e either way at most, NaN where not known.

        Sees nothing from `first_week` on. A week in which nothing is forecast counts on neither side.
        """
        start = (first_week - self.first_week).days // 7
        before = self._weeks(start - YEAR_WEEKS, mean.shape[1])
        known = ~np.isnan(before) & (mean > 0)
        came, said = _moving(np.where(known, before, 0.0)), _moving(np.where(known, mean, 0.0))
        found = np.log1p(came) - np.log1p(said) + self._growth(start)
        return np.where(_moving(known.astype(float)) > 0, np.clip(found, -MOST_LOG, MOST_LOG), np.nan)

    def a_year_before(self, count: int, *, first_week: date) -> np.ndarray:
        """(members, count) demand of the same weeks 52 weeks earlier, whole years more where that is not over
        by `first_week`; 0 before a member's first week, NaN before anything is known.
        """
        step = np.arange(count)
        start = (first_week - self.first_week).days // 7
        column = start + step - YEAR_WEEKS * (step // YEAR_WEEKS + 1)
        found = np.full((len(self.demand), count), np.nan)
        known = (column >= 0) & (column < self.demand.shape[1])
        found[:, known] = np.nan_to_num(self.demand[:, column[known]])
        return found

    def _growth(self, start: int) -> float:
        """Logarithm of the shop's last 13 weeks over the same a year earlier; 0 where hardly any is known."""
        if self.shop is None:
            return 0.0
        first = start - GROWTH_WEEKS
        now, then = (self._weeks(each, GROWTH_WEEKS)[self.shop] for each in (first, first - YEAR_WEEKS))
        both = ~np.isnan(now) & ~np.isnan(then)
        if both.sum() < LEAST_GROWTH_WEEKS:
            return 0.0
        grown = np.log1p(now[both].sum()) - np.log1p(then[both].sum())
        return float(np.clip(grown, -MOST_LOG, MOST_LOG))

    def _weeks(self, start: int, count: int) -> np.ndarray:
        """(members, count) from week number `start` on, NaN outside what is known."""
        found = np.full((len(self.demand), count), np.nan)
        first, last = max(start, 0), min(start + count, self.demand.shape[1])
        if last > first:
            found[:, first - start : last - start] = self.demand[:, first:last]
        return found


def _moving(values: np.ndarray) -> np.ndarray:
    """Sums over nine weeks around each, fewer at the ends."""
    ends = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    place = np.arange(values.shape[1])
    last = np.minimum(place + SMOOTHED_WEEKS + 1, values.shape[1])
    return ends[:, last] - ends[:, np.maximum(place - SMOOTHED_WEEKS, 0)]
