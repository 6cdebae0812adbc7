"""Weekly demand of many series as one array, for models that learn over all of them together.

NaN is a week nobody knows the demand of: before the first sale, or without stock. Models are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from models.panel import WEEK, Panel


@dataclass(frozen=True)
class Series:
    """`demand` (series, weeks). `traits` name what series share (a store, a department): one code a series.

    `season_trait` is the trait whose members have a season of their own, shrunk to that of all.
    """

    demand: np.ndarray
    first_week: date
    traits: dict[str, np.ndarray] = field(default_factory=dict)
    season_trait: str | None = None

    @property
    def count(self) -> int:
        return self.demand.shape[0]

    @property
    def width(self) -> int:
        return self.demand.shape[1]

    def until(self, edge: int) -> Series:
        """The series as known before column `edge`."""
        return Series(self.demand[:, :edge], self.first_week, self.traits, self.season_trait)

    def weeks_of_year(self, columns: int) -> np.ndarray:
        """ISO week of each of the first `columns` weeks, also past the end."""
        days = (self.first_week + column * WEEK for column in range(columns))
        return np.array([day.isocalendar().week for day in days], dtype=int)

    @cached_property
    def known(self) -> np.ndarray:
        return ~np.isnan(self.demand)

    @cached_property
    def filled(self) -> np.ndarray:
        return np.where(self.known, self.demand, 0.0)


def of_panel(panel: Panel, *, traits: dict[str, np.ndarray] | None = None, season_trait: str | None = None):
    """The panel's demand as exposure lets us guess it, bulk orders whole."""
    return Series(panel.adjusted, panel.first_week, dict(traits or {}), season_trait)
