"""How well totals did at past origins: the plain sum, what would have been expected of it and its ranges, and
the same weeks a year before as the floor.

Each origin is corrected by the others alone, later ones too: a few origins allow no more. How a total is
corrected is in `total_spread`. Tables in, tables out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models import metrics, total_spread, totals
from models.quantiles import RANGE_50
from models.total_spread import Record
from models.year_before import MEMBER, SHOP, Sold

LEAST_ORIGINS = 2
SCORES = {
    "origins": pl.Int64, "weeks": pl.Int64, "first_week": pl.Date, "last_week": pl.Date,
    "actual_units": pl.Float64, "sum_wape": pl.Float64, "sum_bias": pl.Float64, "expected_wape": pl.Float64,
    "expected_bias": pl.Float64, "naive_wape": pl.Float64, "naive_bias": pl.Float64,
    "coverage_50": pl.Float64, "coverage_90": pl.Float64,
}  # fmt: skip
ACCURACY = {"dimension": pl.String, "is_whole": pl.Boolean, "member": pl.String, **SCORES}


@dataclass(frozen=True)
class Case:
    """One origin's weeks: units said, expected, sold a year before and come, (members, weeks), and quantiles.

    `came` is NaN where nothing is scored, `naive` where it is not known.
    """

    cutoff: date
    said: np.ndarray
    expected: np.ndarray
    quantiles: np.ndarray
    naive: np.ndarray
    came: np.ndarray


@dataclass(frozen=True)
class Origins:
    """The record of past origins by its cutoffs; what the same weeks came to a year before, likewise; and, by
    origin and week, whether the shop sold anything.
    """

    cutoffs: list[date]
    members: list[tuple[str, str]]
    record: Record
    naive: np.ndarray
    is_open: np.ndarray

    @classmethod
    def of(cls, past: pl.DataFrame, history: pl.DataFrame) -> Origins:
        """`past` and `history` as from the functions of `totals`."""
        members = sorted(past.select(MEMBER).unique().rows())
        cutoffs = past["cutoff_date"].unique().sort().to_list()
        sold = Sold.of(history, members)
        record = totals.record(past, members, sold)
        steps = range(record.said.shape[2])
        naive = [sold.a_year_before(len(steps), first_week=_week(cutoff, 0)) for cutoff in cutoffs]
        selling = history.filter(pl.col("dimension") == "shop", pl.col("units") > 0)["week_start"]
        open_weeks = set(selling.to_list())
        is_open = [[_week(cutoff, step) in open_weeks for step in steps] for cutoff in cutoffs]
        return cls(
            cutoffs, members, record,
            np.array(naive).reshape(record.said.shape),
            np.array(is_open, dtype=bool).reshape(len(cutoffs), len(steps)),
        )  # fmt: skip

    @property
    def dimension(self) -> np.ndarray:
        return np.array([name for name, _ in self.members], dtype=object)

    def case(self, place: int, by: Record) -> Case:
        """The origin at `place`, corrected by what `by` holds.

        A week of which nothing was said is scored where something came, and not while the shop was shut.
        """
        told, came = self.record.said[place], self.record.came[place]
        said = np.nan_to_num(told)
        expected, quantiles = total_spread.ranges(said, self.record.year[place], by, self.dimension)
        is_scored = (told > 0) | ((told == 0) & (came > 0) & self.is_open[place])
        came = np.where(is_scored, came, np.nan)
        return Case(self.cutoffs[place], said, expected, quantiles, self.naive[place], came)

    def left_out(self) -> list[Case]:
        """Each origin by all the others; none where fewer than two have come to anything."""
        told = np.flatnonzero(self.record.known.any(axis=(1, 2)))
        if len(told) < LEAST_ORIGINS:
            return []
        return [self.case(place, self.record.without(place)) for place in told]


def accuracy(past: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """The columns of marts.level_accuracy: scores of each member, and of a dimension's members together."""
    origins = Origins.of(past, history)
    cases, dimension = origins.left_out(), origins.dimension
    rows = [
        {"dimension": name, "is_whole": True, "member": SHOP} | scored(cases, dimension == name)
        for name in sorted(set(dimension))
    ]
    rows += [
        {"dimension": name, "is_whole": False, "member": member} | scored(cases, np.array([place]))
        for place, (name, member) in enumerate(origins.members)
    ]
    table = pl.DataFrame([row for row in rows if row["weeks"]], schema=ACCURACY)
    digits = pl.selectors.float().round(totals.DIGITS)
    return table.with_columns(digits).sort("dimension", "is_whole", "member")


def scored(cases: list[Case], members: np.ndarray) -> dict[str, object]:
    """SCORES over the weeks of these members (a mask, or their places), each scored for itself.

    A ratio to nothing is None, as is the floor where the year before any of the weeks is not known.
    """
    seen_in = [case for case in cases if not np.isnan(case.came[members]).all()]
    if not seen_in:
        return dict.fromkeys(SCORES) | {"origins": 0, "weeks": 0}
    names = ("said", "expected", "quantiles", "naive", "came")
    said, expected, quantiles, naive, came = (
        np.concatenate([getattr(case, name)[members] for case in seen_in]) for name in names
    )
    seen = ~np.isnan(came)
    has_floor = not np.isnan(naive[seen]).any()
    weeks = [
        _week(case.cutoff, int(step))
        for case in seen_in
        for step in np.flatnonzero(~np.isnan(case.came[members]).all(axis=0))
    ]
    return {
        "origins": len(seen_in),
        "weeks": int(seen.sum()),
        "first_week": min(weeks),
        "last_week": max(weeks),
        "actual_units": float(came[seen].sum()),
        "sum_wape": metrics.wape(said, came, seen),
        "sum_bias": metrics.bias(said, came, seen),
        "expected_wape": metrics.wape(expected, came, seen),
        "expected_bias": metrics.bias(expected, came, seen),
        "naive_wape": metrics.wape(naive, came, seen) if has_floor else None,
        "naive_bias": metrics.bias(naive, came, seen) if has_floor else None,
        "coverage_50": metrics.coverage(quantiles, came, seen, ends=RANGE_50),
        "coverage_90": metrics.coverage(quantiles, came, seen),
    }


def _week(cutoff: date, step: int) -> date:
    return cutoff + timedelta(days=1 + 7 * step)
