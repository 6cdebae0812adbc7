"""Plays the VN2 inventory planning challenge with the platform's own forecasts and order policy.

    python -m benchmarks.vn2 --data DIR [--json]

Where DIR holds a file that begins with `Week 8`, the real six rounds are played, one week revealed at a
time; else past windows of the known weeks. Told to the platform: the three costs' ratio, the
lead time, the review period and which column of the master is what; nothing is tuned to these data.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import vn2_files as files
from benchmarks import vn2_game as game
from benchmarks.vn2_files import Game
from benchmarks.vn2_game import COSTS, LEAD_WEEKS, WEEKS, State, Table
from models import history, panel
from models.pooled import PooledForecaster
from models.replenishment import projected
from models.series import Series
from models.spread import courses, dispersion

TRAITS = {"group": "DepartmentGroup", "department": "Department", "store": "Store", "product": "Product"}
SEASON_TRAITS = ("group", "department", "product")
STEPS = LEAD_WEEKS + 1
CALIBRATION_WEEKS = 26
DRAWS = 512
SCORED = (109, 117, 125, 133, 141, 149)
FURTHER = (89, 97, 105)


@dataclass
class Planner:
    """The platform: history to panel, pooled forecast, scatter of its past misses, least expected cost."""

    master: pl.DataFrame
    seed: int = 0
    _forecasters: list[PooledForecaster] = field(default_factory=list)

    def order(self, known: Table, state: State) -> np.ndarray:
        edge = known.sales.shape[1]
        forecaster = self._forecaster(known)
        mean = forecaster.mean(edge)
        phi = dispersion(*self._past(forecaster, edge))
        rng = np.random.default_rng([self.seed, edge])
        demand = courses(mean, phi, draws=DRAWS, rng=rng)
        return projected.order(state.stock, state.coming, demand, costs=COSTS)

    def _forecaster(self, known: Table) -> PooledForecaster:
        """One for all edges: what it fits at an edge sees nothing after it, so windows share the work."""
        if not self._forecasters:
            self._forecasters.append(PooledForecaster(self._series(known), steps=STEPS, seed=self.seed))
        forecaster = self._forecasters[0]
        if known.sales.shape[1] > forecaster.series.width:
            forecaster.extend(self._series(known))
        return forecaster

    def _series(self, known: Table) -> Series:
        codes = {name: _codes(self.master[column]) for name, column in TRAITS.items()}
        cutoff = known.first_week + panel.WEEK * known.sales.shape[1]
        whole = panel.build(_days(known), cutoff=cutoff)
        demand = np.full(known.sales.shape, np.nan)
        rows = np.array([int(sku) for sku in whole.skus], dtype=int)
        skip = (whole.first_week - known.first_week).days // 7
        demand[rows, skip:] = whole.adjusted[:, : known.sales.shape[1] - skip]
        return Series(demand, known.first_week, codes, SEASON_TRAITS)

    @staticmethod
    def _past(forecaster: PooledForecaster, edge: int) -> tuple[np.ndarray, np.ndarray]:
        """What was forecast at each of the last half year's weeks, and what came."""
        origins = range(max(edge - CALIBRATION_WEEKS, STEPS) - STEPS + 1, edge - STEPS + 1)
        actual = [forecaster.series.demand[:, origin : origin + STEPS] for origin in origins]
        return np.stack([forecaster.mean(origin) for origin in origins]), np.stack(actual)


def _codes(trait: pl.Series) -> np.ndarray:
    """One number a value, from 0; those without a value share the last."""
    return trait.rank("dense").fill_null(trait.n_unique()).to_numpy() - 1


def _days(known: Table) -> pl.DataFrame:
    """Sales and stock-outs as the platform takes them: sku and day; a week out of stock is seven days of no
    exposure.
    """
    rows, columns = np.nonzero(known.sales > 0)
    sold = pl.DataFrame(
        {
            "sku": [f"{row:06}" for row in rows],
            "business_date": [known.first_week + panel.WEEK * int(column) for column in columns],
            "units": known.sales[rows, columns],
        }
    ).with_columns(orders=1, gross_sales=pl.col("units"), exposure=1.0)
    rows, columns = np.nonzero(~known.in_stock)
    out = pl.DataFrame(
        {
            "sku": [f"{row:06}" for row in rows],
            "week": [known.first_week + panel.WEEK * int(column) for column in columns],
        },
        schema={"sku": pl.String, "week": pl.Date},
    )
    days = out.join(pl.DataFrame({"day": range(7)}), how="cross").select(
        "sku", business_date=pl.col("week") + pl.duration(days=pl.col("day")), exposure=0.0
    )
    return history.validate(sold, availability_day=days)


def measure(found: Game) -> dict:
    """The real rounds where their weeks are there, else every past window."""
    _require(found)
    planner, started = Planner(found.master), time.perf_counter()
    result = _past_windows(found, planner) if found.later is None else _real_rounds(found, planner)
    return result | {"seconds": round(time.perf_counter() - started, 1)}


def _require(found: Game) -> None:
    lacking = [column for column in TRAITS.values() if column not in found.master.columns]
    if lacking:
        raise SystemExit(f"{files.MASTER} lacks the columns {', '.join(lacking)}")
    width = found.table.sales.shape[1]
    least = STEPS + 1 if found.later else min(SCORED + FURTHER) + WEEKS
    if width < least:
        raise SystemExit(f"{files.SALES} holds {width} weeks; {least} are the fewest that can be played")


def _past_windows(found: Game, planner: Planner) -> dict:
    windows = [
        _window(found.table, start, game.state_before(found.table, start), planner)
        for start in sorted(SCORED + FURTHER)
        if start + WEEKS <= found.table.sales.shape[1]
    ]
    return {
        "windows": windows,
        "scored_windows": _summary([row for row in windows if row["start_week"] in SCORED]),
        "all_windows": _summary(windows),
    }


def _real_rounds(found: Game, planner: Planner) -> dict:
    table = Table(
        np.hstack([found.table.sales, found.later.sales]),
        np.hstack([found.table.in_stock, found.later.in_stock]),
        found.table.first_week,
    )
    row = _window(table, found.table.sales.shape[1], found.state, planner)
    return {"windows": [row], "real_rounds": {name: row[name] for name in ("our_cost", "rule_cost", "ratio")}}


def _window(table: Table, start: int, state: State, planner: Planner) -> dict:
    ours = game.play(table, start, state, planner.order)
    rule = game.play(table, start, state, game.organisers_order)
    return {
        "start_week": start,
        "first_monday": str(table.first_week + panel.WEEK * start),
        "our_cost": game.cost(ours),
        "rule_cost": game.cost(rule),
        "ratio": _ratio(game.cost(ours), game.cost(rule)),
        "our_holding": round(sum(row["holding"] for row in ours), 2),
        "our_shortage": round(sum(row["shortage"] for row in ours), 2),
        "rule_holding": round(sum(row["holding"] for row in rule), 2),
        "rule_shortage": round(sum(row["shortage"] for row in rule), 2),
        "weeks": ours,
    }


def _ratio(ours: float, rule: float) -> float | None:
    """None where the rule costs nothing."""
    return round(ours / rule, 4) if rule > 0 else None


def _summary(windows: list[dict]) -> dict:
    ratios = [row["ratio"] for row in windows if row["ratio"] is not None]
    if not ratios:
        return {"windows": len(windows)}
    ours, rule = sum(row["our_cost"] for row in windows), sum(row["rule_cost"] for row in windows)
    return {
        "windows": len(windows),
        "mean_ratio": round(float(np.mean(ratios)), 4),
        "worst_ratio": max(ratios),
        "ratio_of_sums": _ratio(ours, rule),
    }


def _lines(result: dict) -> str:
    lines = [f"{'window':>8}{'first week':>14}{'ours':>11}{'rule':>11}{'ratio':>9}"]
    for row in result["windows"]:
        mark = "" if "real_rounds" in result or row["start_week"] in SCORED else "  further"
        lines.append(
            f"{row['start_week']:>8}{row['first_monday']:>14}{row['our_cost']:>11,.2f}{row['rule_cost']:>11,.2f}"
            f"{'' if row['ratio'] is None else format(row['ratio'], '.4f'):>9}{mark}"
        )
    for name in ("scored_windows", "all_windows", "real_rounds"):
        if name in result:
            said = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in result[name].items())
            lines.append(f"{name.replace('_', ' ')}: {said}")
    return "\n".join([*lines, f"{result['seconds']} seconds"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the game's files")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(files.read(options.data))
    print(json.dumps(result, indent=2) if options.json else _lines(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
