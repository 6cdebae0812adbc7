"""What the global model may know about a sku at a week, and nothing after it.

A `Lens` stands at one week (`edge`: the first column it cannot see) and every look-up goes through it.
Models are elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.panel import Panel

YEAR = 52
LEAST_SCALE = 0.05
LIFETIME_SHARE = 0.1
LONGEST = 104
MAX_RATIO = 50.0
FALL_WEEKS = 3


@dataclass(frozen=True)
class Sums:
    """Running sums of a panel's columns, so that any window's mean costs two look-ups."""

    panel: Panel
    levels: np.ndarray

    @cached_property
    def _sums(self) -> dict[str, np.ndarray]:
        rate = self.panel.rate
        columns = {
            "rate": np.nan_to_num(rate),
            "known": ~np.isnan(rate),
            "square": np.nan_to_num(rate) ** 2,
            "selling": np.nan_to_num(rate) > 0,
            "alive": self.panel.alive,
            "orders": self.panel.orders,
            "exposure": np.where(self.panel.alive, self.panel.exposure, 0.0),
            "units": self.panel.units,
            "gross_sales": self.panel.gross_sales,
        }
        return {name: _running(np.asarray(values, dtype=float)) for name, values in columns.items()}

    def between(self, name: str, rows: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        running = self._sums[name]
        width = running.shape[1] - 1
        found = running[rows, np.clip(last, 0, width)] - running[rows, np.clip(first, 0, width)]
        return np.maximum(found, 0.0)


@dataclass(frozen=True)
class Lens:
    """Sees columns below `edge` for the skus `rows`."""

    sums: Sums
    edge: int
    rows: np.ndarray

    def visible(self, columns: np.ndarray | int) -> np.ndarray:
        """Columns moved to the edge where they lie past it: the one guard against seeing the future."""
        return np.minimum(columns, self.edge)

    def total(self, name: str, first: np.ndarray | int, last: np.ndarray | int) -> np.ndarray:
        shape = np.shape(self.rows)
        first = np.broadcast_to(self.visible(first), shape)
        return self.sums.between(name, self.rows, first, np.broadcast_to(self.visible(last), shape))

    def mean(self, first: np.ndarray | int, last: np.ndarray | int) -> np.ndarray:
        """Mean rate over columns first … last - 1 that are known; NaN for none."""
        return _ratio(self.total("rate", first, last), self.total("known", first, last))

    def at(self, matrix: np.ndarray, columns: np.ndarray | int) -> np.ndarray:
        """`matrix` at `columns`; NaN where they cannot be seen."""
        columns = np.broadcast_to(columns, np.shape(self.rows))
        seen = (columns >= 0) & (columns < self.visible(columns + 1)) & (columns < matrix.shape[1])
        return np.where(seen, matrix[self.rows, np.where(seen, columns, 0)], np.nan)

    @cached_property
    def level(self) -> np.ndarray:
        """The smoothed level of the weeks before the edge."""
        return self.sums.levels[self.rows, self.edge]

    @cached_property
    def scale(self) -> np.ndarray:
        """What demand is divided by: level and half-year mean, at least a tenth of the lifetime's mean."""
        recent = np.nan_to_num(self.mean(self.edge - 26, self.edge))
        lifetime = np.nan_to_num(self.mean(0, self.edge))
        usual = (np.nan_to_num(self.level) + recent) / 2
        return np.maximum(np.maximum(usual, LIFETIME_SHARE * lifetime), LEAST_SCALE)


def features(lens: Lens, targets: np.ndarray) -> dict[str, np.ndarray]:
    """One column per feature for forecasting column `targets` of each row as seen through `lens`."""
    return _recent(lens) | _price(lens) | _last_year(lens, targets) | _dated(lens, targets)


def neutral(columns: dict[str, np.ndarray], *, week_of_year: int) -> dict[str, dict[str, np.ndarray | float]]:
    """What columns would be if nothing were special, by what they tell of: steady at its own scale, an
    ordinary week of the year, no rise or fall a year ago, the usual price, always in stock.
    """
    flat = columns["year_ago_now"]
    return {
        "trend": {name: 1.0 for name in columns if name.startswith("mean_") or name == "level"},
        "season": {"week_of_year": float(week_of_year)},
        "last_year": {"year_ago": flat, "year_ago_3": flat, "year_ago_5": flat, "year_ago_rise": 1.0},
        "price": {"price_ratio": 1.0},
        "availability": {"exposure": 1.0},
    }


def seasonal_cap(lens: Lens, targets: np.ndarray) -> np.ndarray:
    """The smoothed level less what the sku lost a year ago, from the eight weeks before to the weeks of
    `targets`.

    Infinite where it lost nothing then, or under three of those eight weeks are known. What it kept carries
    two standard deviations of a mean of three weeks, as its own demand scatters: chance proves little.
    """
    edge, same = lens.edge, targets - YEAR
    known = lens.total("known", edge - YEAR - 8, edge - YEAR)
    before, after = lens.mean(edge - YEAR - 8, edge - YEAR), lens.mean(same - 1, same + 2)
    usual = (FALL_WEEKS * np.nan_to_num(after) + np.nan_to_num(before)) / (FALL_WEEKS + 1)
    kept = _ratio(after + 2 * np.sqrt(_dispersion(lens) * usual / FALL_WEEKS), before)
    has_fallen = (known >= FALL_WEEKS) & (np.nan_to_num(kept, nan=1.0) < 1)
    return np.where(has_fallen, np.nan_to_num(lens.level) * kept, np.inf)


def _dispersion(lens: Lens) -> np.ndarray:
    """Variance over mean of the weeks known; at least 1, as of a Poisson count."""
    mean = np.nan_to_num(lens.mean(0, lens.edge))
    square = np.nan_to_num(_ratio(lens.total("square", 0, lens.edge), lens.total("known", 0, lens.edge)))
    return np.maximum(np.nan_to_num(_ratio(square - mean**2, mean)), 1.0)


def _recent(lens: Lens) -> dict[str, np.ndarray]:
    edge, panel = lens.edge, lens.sums.panel
    found = {
        f"mean_{weeks}": lens.mean(edge - weeks, edge) / lens.scale for weeks in (1, 2, 4, 8, 13, 26, 52)
    }
    found["level"] = lens.level / lens.scale
    for weeks in (8, 26):
        sold = lens.total("selling", edge - weeks, edge)
        found[f"selling_{weeks}"] = _ratio(sold, lens.total("known", edge - weeks, edge))
    mean_sale = _ratio(lens.total("rate", edge - 26, edge), sold)
    found["variation"] = _ratio(lens.total("square", edge - 26, edge), sold * mean_sale**2)
    found["silent"] = np.minimum(edge - 1 - lens.at(panel.last_sale, edge - 1), LONGEST)
    found["age"] = np.minimum(edge - panel.launch[lens.rows], LONGEST)
    found["scale"] = np.log(lens.scale)
    alive = lens.total("alive", edge - 13, edge)
    found["orders"] = np.log1p(_ratio(lens.total("orders", edge - 13, edge), alive))
    found["exposure"] = _ratio(lens.total("exposure", edge - 8, edge), lens.total("alive", edge - 8, edge))
    return found


def _price(lens: Lens) -> dict[str, np.ndarray]:
    edge = lens.edge
    usual = _ratio(lens.total("gross_sales", 0, edge), lens.total("units", 0, edge))
    recent = _ratio(lens.total("gross_sales", edge - 13, edge), lens.total("units", edge - 13, edge))
    cents = np.maximum(usual, 0.01)
    return {"price": np.log(cents), "price_ratio": np.clip(recent / cents, 0, 5)}


def _last_year(lens: Lens, targets: np.ndarray) -> dict[str, np.ndarray]:
    edge, scale, same = lens.edge, lens.scale, targets - YEAR
    around = lens.mean(same - 1, same + 2)
    then = lens.mean(edge - YEAR - 8, edge - YEAR)
    return {
        "year_ago": lens.mean(same, same + 1) / scale,
        "year_ago_3": around / scale,
        "year_ago_5": lens.mean(same - 2, same + 3) / scale,
        "year_ago_rise": around / np.maximum(then, 0.2 * scale),
        "year_ago_now": then / scale,
    }


def _dated(lens: Lens, targets: np.ndarray) -> dict[str, np.ndarray]:
    """What hangs on the week forecast: how far ahead it lies, where in the year, extra columns seen that
    early.
    """
    panel = lens.sums.panel
    week_of_year = np.array([panel.week(column).isocalendar().week for column in range(targets.max() + 1)])
    found = {"step": targets - lens.edge, "week_of_year": week_of_year[targets]}
    for name, matrix in sorted(panel.extra.items()):
        found[name] = lens.at(matrix, targets)
    return found


def _running(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.where(bottom > 0, top / np.maximum(bottom, 1e-12), np.nan)
