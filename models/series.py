"""Weekly demand of many series as one array, for models that learn over all of them together.

NaN is a week nobody knows the demand of: before the first sale, or without stock. Models are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from models.panel import WEEK


@dataclass(frozen=True)
class Series:
    """`demand` (series, weeks). `traits` name what series share (a store, a department): one code a series.

    `season_traits` are those whose members have a season of their own: the first is what the season's index
    is pooled by, the others' sales a year ago are looked at.
    """

    demand: np.ndarray
    first_week: date
    traits: dict[str, np.ndarray] = field(default_factory=dict)
    season_traits: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return self.demand.shape[0]

    @property
    def width(self) -> int:
        return self.demand.shape[1]

    def until(self, edge: int) -> Series:
        """The series as known before column `edge`."""
        return Series(self.demand[:, :edge], self.first_week, self.traits, self.season_traits)

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
