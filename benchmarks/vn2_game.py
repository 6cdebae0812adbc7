"""The VN2 game as published: its files, its rules, the organiser's own rule. How we play it is in `vn2`.

599 store-products, one order a week, on the shelf at the start of the third week after it; 0.20 a week per
unit left, 1.00 per unit missed. Sales of weeks out of stock are unknown demand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from models.replenishment.shelf import Costs, pass_period

LEAD_WEEKS = 2
ROUNDS, WEEKS, FIRST_COUNTED = 6, 8, 3
COSTS = Costs(holding=0.2, shortage=1.0)
AVERAGE_WEEKS, COVER_WEEKS = 13, 4
BURN_IN_WEEKS = 20
KEYS = ("Store", "Product")
STATE = ("End Inventory", "In Transit W+1", "In Transit W+2")


@dataclass(frozen=True)
class Table:
    """(series, weeks) sales and whether each week had stock, from `first_week` on."""

    sales: np.ndarray
    in_stock: np.ndarray
    first_week: date

    def until(self, edge: int) -> Table:
        return Table(self.sales[:, :edge], self.in_stock[:, :edge], self.first_week)


@dataclass(frozen=True)
class State:
    """Stock at a week's end, and what arrives at the start of the next two weeks."""

    stock: np.ndarray
    coming: np.ndarray

    def passed(self, demand: np.ndarray, ordered: np.ndarray):
        period = pass_period(self.stock, self.coming[:, 0], demand, costs=COSTS)
        return State(period.left, np.column_stack([self.coming[:, 1:], ordered])), period


@dataclass(frozen=True)
class Game:
    """What is known on day one, the state then, and the later weeks (none: they are not there)."""

    table: Table
    master: pl.DataFrame
    state: State
    later: Table | None


Order = Callable[[Table, State], np.ndarray]


def read(folder: Path) -> Game:
    """The files of `folder`; the last one whose name begins with `Week 8` holds the weeks to come."""
    sales = _wide(_only(folder, "Week 0 - 2024-04-08 - Sales.csv"))
    flags = _wide(_only(folder, "Week 0 - In Stock.csv"))
    keys = sales.select(KEYS)
    master = _aligned(pl.read_csv(_only(folder, "Week 0 - Master.csv")), keys)
    start = _aligned(pl.read_csv(_only(folder, "Week 0 - 2024-04-08 - Initial State.csv")), keys)
    dates = _dates(sales)
    flags = _aligned(flags, keys).select(str(day) for day in dates).cast(pl.String)
    table = Table(_numbers(sales, dates), flags.to_numpy() != "false", dates[0])
    stock, *coming = (start[name].cast(pl.Float64).to_numpy() for name in STATE)
    return Game(table, master, State(stock, np.column_stack(coming)), _later(folder, keys, dates))


def _later(folder: Path, keys: pl.DataFrame, known: list[date]) -> Table | None:
    """The first eight weeks after `known`; every one is demand, unless an in-stock file of them says
    otherwise.
    """
    files = sorted(path for path in folder.iterdir() if path.name.lower().startswith("week 8"))
    sheets = [(path, _wide(path)) for path in files if path.suffix.lower() == ".csv"]
    sold = [sheet for path, sheet in sheets if "stock" not in path.name.lower() and _weeks(sheet, known)]
    if not sold:
        return None
    sheet = _aligned(sold[-1], keys)
    weeks = _weeks(sheet, known)[:WEEKS]
    if len(weeks) < WEEKS:
        raise SystemExit(f"the later file holds {len(weeks)} weeks after {known[-1]}; the game needs {WEEKS}")
    in_stock = np.ones((keys.height, len(weeks)), dtype=bool)
    for path, flags in sheets:
        if "stock" in path.name.lower() and set(weeks) <= set(_dates(flags)):
            in_stock = (
                _aligned(flags, keys).select(_names(flags, weeks)).cast(pl.String).to_numpy() != "false"
            )
    return Table(_numbers(sheet, weeks), in_stock, weeks[0])


def _only(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        raise SystemExit(f"{folder} lacks {name!r}")
    return path


def _wide(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema_length=None)


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name.strip()[:10])
    except ValueError:
        return None


def _dates(sheet: pl.DataFrame) -> list[date]:
    return sorted(day for name in sheet.columns if (day := _day(name)))


def _weeks(sheet: pl.DataFrame, known: list[date]) -> list[date]:
    return [day for day in _dates(sheet) if day > known[-1]]


def _names(sheet: pl.DataFrame, days: list[date]) -> list[str]:
    found = {_day(name): name for name in sheet.columns}
    return [found[day] for day in days]


def _numbers(sheet: pl.DataFrame, days: list[date]) -> np.ndarray:
    return sheet.select(pl.col(_names(sheet, days)).cast(pl.Float64).fill_null(0.0)).to_numpy()


def _aligned(sheet: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The rows of `sheet` in the order of `keys`, however its own are sorted."""
    plain = sheet.with_columns(pl.col(KEYS).cast(pl.Int64))
    found = keys.cast(pl.Int64).join(plain, on=KEYS, how="left", maintain_order="left")
    if found.height != keys.height:
        raise SystemExit(
            f"a file of the game names a store-product twice: {found.height} rows, not {keys.height}"
        )
    return found


def organisers_order(known: Table, state: State) -> np.ndarray:
    """Up to four weeks' cover: 13-week average without season, weeks out of stock masked, one factor per
    ISO week.
    """
    width = known.sales.shape[1]
    week = np.array([_iso_week(known.first_week, column) for column in range(width + COVER_WEEKS)])
    sales = np.where(known.in_stock, known.sales, np.nan)
    factors = _season(sales, week[:width])
    plain = sales[:, -AVERAGE_WEEKS:] / factors[week[width - AVERAGE_WEEKS : width]]
    seen = ~np.isnan(plain)
    average = np.where(seen, plain, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    target = average * factors[week[width:]].sum()
    return np.round(np.maximum(target - state.stock - state.coming.sum(axis=1), 0.0))


def _season(sales: np.ndarray, week: np.ndarray) -> np.ndarray:
    """By ISO week: mean over the years of the weeks' mean sales, over the mean of that; 1 for a week never
    seen.
    """
    means = np.nanmean(sales, axis=0)
    factors = np.full(54, np.nan)
    for number in np.unique(week):
        factors[number] = means[week == number].mean()
    return np.nan_to_num(factors / np.nanmean(factors), nan=1.0)


def _iso_week(first: date, column: int) -> int:
    return date.fromordinal(first.toordinal() + 7 * column).isocalendar().week


def play(table: Table, start: int, state: State, order: Order) -> list[dict]:
    """Eight weeks from column `start`, six orders, the first before they begin; each order sees the weeks
    before it.
    """
    rows = []
    for week in range(1, WEEKS + 1):
        column = start + week - 1
        ordered = np.zeros(len(state.stock))
        if week <= ROUNDS:
            ordered = order(table.until(column), state)
        state, period = state.passed(table.sales[:, column], ordered)
        counts = week >= FIRST_COUNTED
        rows.append(
            {
                "week": week,
                "demand": float(table.sales[:, column].sum()),
                "missed": float(period.missed.sum()),
                "left": float(period.left.sum()),
                "ordered": float(ordered.sum()),
                "holding": float(period.holding.sum()) if counts else 0.0,
                "shortage": float(period.shortage.sum()) if counts else 0.0,
            }
        )
    return rows


def cost(rows: list[dict]) -> float:
    return round(sum(row["holding"] + row["shortage"] for row in rows), 2)


def state_before(table: Table, start: int) -> State:
    """Stock and pipeline as twenty weeks of the organiser's rule would have left them."""
    first = start - BURN_IN_WEEKS
    empty = np.zeros(len(table.sales))
    cover = organisers_order(table.until(first), State(empty, np.zeros((len(empty), LEAD_WEEKS))))
    a_week = np.round(cover / COVER_WEEKS)
    state = State(a_week, np.column_stack([a_week] * LEAD_WEEKS))
    for column in range(first, start):
        ordered = organisers_order(table.until(column), state)
        state, _period = state.passed(table.sales[:, column], ordered)
    return state
