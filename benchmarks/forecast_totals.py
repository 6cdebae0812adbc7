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
from models import backtest, history, panel, scores, total_scores, totals
from models.forecast import categories
from models.total_scores import Case, Origins
from models.total_spread import Record
from pipelines import levels, planning
from pipelines.cli_output import Column, print_json, print_table
from warehouse.connection import reader
from warehouse.releases import Release
from warehouse.settings import Settings

COLUMNS = (
    Column("of", "Of"),
    Column("weeks", "Weeks", "count"),
    Column("coverage_50", "Inside 50 %", "ratio"),
    Column("coverage_90", "Inside 90 %", "ratio"),
    Column("sum_wape", "WAPE sum", "ratio"),
    Column("expected_wape", "expected", "ratio"),
    Column("naive_wape", "year before", "ratio"),
    Column("sum_bias", "Bias sum", "ratio"),
    Column("expected_bias", "expected", "ratio"),
)
BEFORE = 4


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
    found = Origins.of(past, weeks)
    cases, dimension = list(_before(found)) if given.walk else found.left_out(), found.dimension
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


def _before(found: Origins) -> Iterator[Case]:
    """Each origin by up to four before it, as far as their weeks were over."""
    for place, cutoff in enumerate(found.cutoffs[BEFORE - 1 :], start=BEFORE - 1):
        earlier = slice(max(place - BEFORE, 0), place)
        came = found.record.came[earlier].copy()
        for number, before in enumerate(found.cutoffs[earlier]):
            came[number, :, (cutoff - before).days // 7 :] = np.nan
        yield found.case(place, Record(found.record.said[earlier], came, found.record.year[earlier]))


def table(cases: list[Case], dimension: np.ndarray) -> dict[str, dict[str, object]]:
    """A row for each dimension, over all members and weeks."""
    return {
        name: total_scores.scored(cases, dimension == name) for name in totals.DIMENSIONS if name in dimension
    }


def by_origin(cases: list[Case], dimension: np.ndarray) -> list[dict]:
    return [{"of": case.cutoff} | total_scores.scored([case], dimension == "shop") for case in cases]


if __name__ == "__main__":
    raise SystemExit(main())
