"""Everything that is known of each series as of a day, and nothing later: levels, sums and shapes as
causal paths.

A `Sight` is built once from a panel; whoever asks for day `cutoff` is answered from days before it.
Columns for the boosted model are put together in `features`.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from models.hierarchy.series import Level, Series, level
from models.hierarchy.smoothing import between, level_path, running, weekday_shapes

ALPHAS = (0.015, 0.04, 0.12, 0.3)
BASE_ALPHA = 0.04
SLOW, FAST = 0.015, 0.12
LEAST_LEVEL = 0.02
MANY_LABELS = 100


class Sight:
    """`shape_level`: the sums whose weekday shape a series borrows. `closed`: (days + horizon,) shut days."""

    def __init__(self, series: Series, shape_level: Level | None, closed: np.ndarray) -> None:
        self.series, self.closed = series, closed
        self.peers = shape_level or level(series, ())
        self.units, days = series.units, series.days
        self.known = series.known & ~closed[None, :days]
        weekday = series.dates.weekday
        self.shapes = weekday_shapes(self.peers.sum(self.units), weekday, ~closed)
        own = self.shapes[:, np.arange(days), weekday[:days]][self.peers.codes]
        self.flat = np.where(self.known, self.units / own, 0.0).astype(np.float32)
        weight = own * self.known
        self.levels = {alpha: level_path(self.flat, weight, alpha) for alpha in ALPHAS}
        self.hidden = self._hidden(own)

    def _hidden(self, own: np.ndarray) -> np.ndarray | None:
        """(series, days) what a series may have sold on days it is not known of since its launch: its level
        as of then times the weekday, so that its sums do not fall while it is sold out. None for no such day.
        """
        unknown = ~self.series.known
        unknown &= np.arange(self.series.days)[None, :] > self.series.launch[:, None]
        if not unknown.any():
            return None
        return np.where(unknown, self.levels[BASE_ALPHA] * own, 0.0).astype(np.float32)

    @cached_property
    def sums(self) -> dict[str, np.ndarray]:
        units = np.where(self.known, self.units, 0.0).astype(np.float64)
        return {
            "units": running(units),
            "known": running(self.known),
            "square": running(units**2),
            "selling": running(units > 0),
        }

    @cached_property
    def prices(self) -> tuple[np.ndarray, np.ndarray] | None:
        price = self.series.price
        return None if price is None else (running(np.nan_to_num(price)), running(~np.isnan(price)))

    @cached_property
    def last_sale(self) -> np.ndarray:
        days = np.arange(self.series.days)[None, :]
        return np.maximum.accumulate(np.where(self.units > 0, days, -1), axis=1)

    @cached_property
    def kin(self) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """name -> codes, slow and fast level of the sum over all series with the same label; 'peers'
        among them.
        """
        groups = {"peers": self.peers.codes}
        for name, labels in self.series.groups.items():
            found, codes = np.unique(labels.astype(str), return_inverse=True)
            if MANY_LABELS < len(found) < self.series.count:
                groups[name] = codes
        return {name: (codes, *self._group_levels(codes)) for name, codes in groups.items()}

    def _group_levels(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        total = np.zeros((codes.max(initial=0) + 1, self.series.days), dtype=np.float32)
        np.add.at(total, codes, self.flat)
        open_days = np.broadcast_to(~self.closed[None, : self.series.days], total.shape)
        return level_path(total, open_days, SLOW), level_path(total, open_days, FAST)

    @cached_property
    def peer_level(self) -> np.ndarray:
        """(sums, days) level of the series' shape sums at the pace of the base."""
        total = self.peers.sum(self.flat)
        open_days = np.broadcast_to(~self.closed[None, : self.series.days], total.shape)
        return level_path(total, open_days, BASE_ALPHA)

    def mean(self, cutoff: int, days: int) -> np.ndarray:
        """Mean of the known days among the last `days` before the cutoff."""
        first = max(cutoff - days, 0)
        known = np.maximum(between(self.sums["known"], first, cutoff), 1.0)
        return between(self.sums["units"], first, cutoff) / known

    def share(self, name: str, cutoff: int, days: int) -> np.ndarray:
        first = max(cutoff - days, 0)
        return between(self.sums[name], first, cutoff) / np.maximum(
            between(self.sums["known"], first, cutoff), 1.0
        )

    def shape(self, cutoff: int) -> np.ndarray:
        """(series, horizon) weekday shape of the days from the cutoff on, as known at it."""
        ahead = self.series.dates.weekday[cutoff : cutoff + self.series.horizon]
        return self.shapes[:, cutoff][:, ahead][self.peers.codes]

    def base(self, cutoff: int) -> np.ndarray:
        """(series, horizon) level times weekday shape, nothing on shut days: the cheapest forecast worth
        having.
        """
        if not cutoff:
            return np.zeros((self.series.count, self.series.horizon))
        held = self.levels[BASE_ALPHA][:, cutoff - 1]
        is_open = ~self.closed[cutoff : cutoff + self.series.horizon]
        return held[:, None] * self.shape(cutoff) * is_open[None, :]
