"""Scores forecasts of sums on weeks they had not seen, plain and as expected, and how honest ranges are.

    python -m benchmarks.forecast_totals [--walk ORIGINS] [--home DIR] [--json]

Each origin of the last backtest is left out in turn and judged by the others. With --walk, forecasts are made
anew every four weeks over so many origins, each judged by at most four before it and by what was known then:
a fair test, over all seasons, of about ten seconds an origin. On the home named (nothing is written), or on
the sample, run into a folder that is removed again. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.home import measured
from models import backtest, history, panel, scores, total_spread, totals
from models.forecast import categories
from models.total_spread import Record
from models.year_before import MEMBER, Sold
from pipelines import levels, planning
from pipelines.cli_output import Column, print_json, print_table
from warehouse.connection import reader
from warehouse.releases import Release
from warehouse.settings import Settings

COLUMNS = (
    Column("of", "Of"),
    Column("weeks", "Weeks", "count"),
    Column("inside_50", "Inside 50 %", "ratio"),
    Column("inside_90", "Inside 90 %", "ratio"),
    Column("wape_mean", "WAPE sum", "ratio"),
    Column("wape_expected", "expected", "ratio"),
    Column("bias_mean", "Bias sum", "ratio"),
    Column("bias_expected", "expected", "ratio"),
)
BEFORE = 4
Case = tuple[date, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast_totals", description=__doc__)
    parser.add_argument("--walk", type=int, default=0, metavar="ORIGINS")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    return measured(given.home, lambda settings, release: _measure(settings, release, given))


def _measure(settings: Settings, release: Release, given: argparse.Namespace) -> int:
    with reader(settings) as con:
        product = con.execute("SELECT * FROM marts.product ORDER BY sku").pl()
        weeks = levels.history(con, product)
        said = con.execute(levels.BACKTEST).pl()
        inputs = planning.forecast_inputs(con) if given.walk else {}
    if given.walk:
        said = _walked(inputs, settings, cutoff=release.as_of.date() - timedelta(days=1), origins=given.walk)
    with reader(settings) as con:
        past = levels.past(con, said, product, weeks)
    members = sorted(past.select(MEMBER).unique().rows())
    dimension = np.array([name for name, _ in members], dtype=object)
    found = totals.record(past, members, Sold.of(weeks, members))
    cutoffs = past["cutoff_date"].unique().sort().to_list()
    cases = list(_before(found, cutoffs, dimension) if given.walk else _left_out(found, cutoffs, dimension))
    if given.json:
        print_json(table(cases, dimension) | {"origins": by_origin(cases, dimension)})
        return 0
    print_table([{"of": name} | row for name, row in table(cases, dimension).items()], COLUMNS)
    print("\nThe shop's total, origin by origin")
    print_table(by_origin(cases, dimension), (Column("of", "Origin"), *COLUMNS[1:]))
    return 0


def _walked(inputs: dict, settings: Settings, *, cutoff: date, origins: int) -> pl.DataFrame:
    """What the champion, as chosen by then, said every four weeks: sku, cutoff_date, week_start, mean."""
    days = history.validate(inputs["demand_daily"], availability_day=inputs["availability_day"])
    whole = panel.build(days, cutoff=cutoff, category=categories(inputs["product"]))
    last = whole.week(whole.width) - timedelta(days=1)
    horizon = settings.forecast.horizon_weeks
    wanted = backtest.cutoffs(whole.first_week, last, origins=origins, horizon=horizon)
    made = backtest.origins_at(
        days, wanted, whole=whole, horizon=horizon, seed=settings.forecast.seed, scored_from=wanted[1],
        progress=lambda told: print(told, file=sys.stderr),
    )  # fmt: skip
    return scores.said_table(scores.with_champion(list(made)), by=last).select(
        "sku", "cutoff_date", "week_start", "mean"
    )


def _left_out(found: Record, cutoffs: list[date], dimension: np.ndarray) -> Iterator[Case]:
    """Each origin by all the others, later ones too."""
    for place, cutoff in enumerate(cutoffs):
        others = (np.delete(each, place, axis=0) for each in (found.said, found.came, found.year))
        others = Record(*others)
        yield _case(found, place, cutoff, others, dimension)


def _before(found: Record, cutoffs: list[date], dimension: np.ndarray) -> Iterator[Case]:
    """Each origin by up to four before it, as far as their weeks were over."""
    for place, cutoff in enumerate(cutoffs[BEFORE - 1 :], start=BEFORE - 1):
        earlier = slice(max(place - BEFORE, 0), place)
        came = found.came[earlier].copy()
        for number, before in enumerate(cutoffs[earlier]):
            came[number, :, (cutoff - before).days // 7 :] = np.nan
        yield _case(found, place, cutoff, Record(found.said[earlier], came, found.year[earlier]), dimension)


def _case(found: Record, place: int, cutoff: date, by: Record, dimension: np.ndarray) -> Case:
    mean = np.nan_to_num(found.said[place])
    expected, quantiles = total_spread.ranges(mean, found.year[place], by, dimension)
    return cutoff, mean, expected, quantiles, np.where(found.known[place], found.came[place], np.nan)


def table(cases: list[Case], dimension: np.ndarray) -> dict[str, dict[str, float]]:
    """A row for each dimension, over all members and weeks."""
    return {name: _scored(cases, dimension == name) for name in totals.DIMENSIONS if name in dimension}


def by_origin(cases: list[Case], dimension: np.ndarray) -> list[dict]:
    return [{"of": case[0]} | _scored([case], dimension == "shop") for case in cases]


def _scored(cases: list[Case], members: np.ndarray) -> dict[str, float]:
    came = np.concatenate([case[4][members].reshape(-1) for case in cases])
    seen = ~np.isnan(came)
    mean, expected = (
        np.concatenate([case[of][members].reshape(-1) for case in cases])[seen] for of in (1, 2)
    )
    spread = np.concatenate([case[3][members].reshape(-1, 5) for case in cases])[seen]
    came = came[seen]
    return {
        "weeks": len(came),
        "inside_50": float(np.mean((spread[:, 1] <= came) & (came <= spread[:, 3]))),
        "inside_90": float(np.mean((spread[:, 0] <= came) & (came <= spread[:, 4]))),
        "wape_mean": float(np.abs(mean - came).sum() / came.sum()),
        "wape_expected": float(np.abs(expected - came).sum() / came.sum()),
        "bias_mean": float((mean - came).sum() / came.sum()),
        "bias_expected": float((expected - came).sum() / came.sum()),
    }


if __name__ == "__main__":
    raise SystemExit(main())
