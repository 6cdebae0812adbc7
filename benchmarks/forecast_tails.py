"""Whether purchases are as safe as they say: demand over the weeks an order must last, against what forecasts
made before allowed for.

    python -m benchmarks.forecast_tails [--home DIR] [--json]

At the backtest's origins, courses of demand are drawn from the champion's quantiles as they would have been
given then, exactly as purchases and alerts draw them. Each row: of all products that are neither dormant nor
were out of stock, the share whose demand over so many weeks stayed within the level, and what that level was
over what came. `wide` draws from all quantiles, `narrow` from 5, 25, 50, 75 and 95 % alone, straight on in
normal scores beyond them. On the home named (nothing is written), or on the sample, run into a folder that is
removed again. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.home import measured
from models import backtest, history, panel, paths, scores
from models.backtest import Origin
from models.forecast import categories
from models.quantiles import NORMAL, QUANTILES
from models.scores import CHAMPION
from pipelines import planning
from pipelines.cli_output import Column, print_json, print_table
from warehouse.connection import reader
from warehouse.releases import Release
from warehouse.settings import Settings

ASKED = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99)
SPANS = (1, 2, 4, 8)
NARROW = [QUANTILES.index(level) for level in (0.05, 0.25, 0.5, 0.75, 0.95)]
COLUMNS = (
    Column("drawn_from", "Drawn from"),
    Column("weeks", "Weeks", "count"),
    Column("asked", "Asked", "ratio"),
    Column("held", "Held", "ratio"),
    Column("level", "Level / sold", "number"),
    Column("cases", "Cases", "count"),
)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast_tails", description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    return measured(given.home, lambda settings, release: _measure(settings, release, given))


def _measure(settings: Settings, release: Release, given: argparse.Namespace) -> int:
    with reader(settings) as con:
        inputs = planning.forecast_inputs(con)
    days = history.validate(inputs["demand_daily"], availability_day=inputs["availability_day"])
    cutoff = release.as_of.date() - timedelta(days=1)
    whole = panel.build(days, cutoff=cutoff, category=categories(inputs["product"]))
    by = whole.week(whole.width) - timedelta(days=1)
    horizon, seed = settings.forecast.horizon_weeks, settings.forecast.seed
    past = backtest.run(
        days, whole=whole, origins=settings.forecast.backtest_origins, horizon=horizon, seed=seed,
        progress=lambda told: print(told, file=sys.stderr),
    )  # fmt: skip
    rows = list(table(past, by=by, seed=seed))
    if given.json:
        print_json(rows)
    else:
        print_table(rows, COLUMNS)
    return 0


def table(past: list[Origin], *, by: date, seed: int) -> Iterator[dict[str, object]]:
    """A row for each way to draw, span and level asked; nothing is drawn of weeks not known `by` then."""
    given = [(origin, scores.spreads(past, origin)[CHAMPION]) for origin in scores.with_champion(past)]
    for name, known in (("wide", np.eye(len(QUANTILES))), ("narrow", _straight_on())):
        for weeks in SPANS:
            cases = [_case(origin, spread @ known, weeks, by=by, seed=seed) for origin, spread in given]
            allowed, sold = (np.concatenate(parts) for parts in zip(*cases, strict=True))
            for place, asked in enumerate(ASKED):
                yield {
                    "drawn_from": name,
                    "weeks": weeks,
                    "asked": asked,
                    "held": float(np.mean(sold <= allowed[:, place])) if len(sold) else None,
                    "level": float(allowed[:, place].sum() / sold.sum()) if sold.sum() else None,
                    "cases": len(sold),
                }


def _straight_on() -> np.ndarray:
    """(quantiles, quantiles): all of them from the narrow ones, straight in normal scores, also beyond."""
    knots = NORMAL[NARROW]
    left = np.clip(np.searchsorted(knots, NORMAL) - 1, 0, len(knots) - 2)
    share = (NORMAL - knots[left]) / (knots[left + 1] - knots[left])
    found = np.zeros((len(QUANTILES), len(QUANTILES)))
    found[np.array(NARROW)[left], range(len(QUANTILES))] = 1 - share
    found[np.array(NARROW)[left + 1], range(len(QUANTILES))] = share
    return found


def _case(
    origin: Origin, spread: np.ndarray, weeks: int, *, by: date, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(skus, levels asked) units allowed for, and (skus,) units that came over so many weeks."""
    rows = origin.seen(by=by)[:, :weeks].all(axis=1) & (origin.classes != "dormant")
    rng = np.random.default_rng(seed)
    weights = paths.week_weights(weeks, paths.DRAWS, rng=rng)
    demand = np.zeros((int(rows.sum()), paths.DRAWS), dtype=np.float32)
    for week in range(weeks):
        demand += np.maximum(spread[rows, week].astype(np.float32) @ weights[week], 0.0)
    drawn = np.sort(np.floor(demand + 0.5), axis=1)
    place = np.ceil(np.array(ASKED) * paths.DRAWS - 1e-9).astype(int) - 1
    return drawn[:, place], np.nan_to_num(origin.actual[rows, :weeks]).sum(axis=1)


if __name__ == "__main__":
    raise SystemExit(main())
