"""The VN2 game's files: what is known on day one and, where it is there, the file of the weeks to come.

Rows may stand in any order and weeks in any order of columns. What cannot be played as it stands ends with a
sentence that names the file; what can be read in one way only is said on stderr and played.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.vn2_game import WEEKS, State, Table

KEYS = ("Store", "Product")
STATE = ("End Inventory", "In Transit W+1", "In Transit W+2")
SALES, FLAGS = "Week 0 - 2024-04-08 - Sales.csv", "Week 0 - In Stock.csv"
MASTER, START = "Week 0 - Master.csv", "Week 0 - 2024-04-08 - Initial State.csv"
LATER = re.compile(r"week 8(?!\d)", re.IGNORECASE)
UNKNOWN = ("", "nan", "na", "null", "none")
IN, OUT = ("true", "1", "1.0", "yes"), ("false", "0", "0.0", "no")
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Game:
    """What is known on day one, the state then, and the later weeks (none: they are not there)."""

    table: Table
    master: pl.DataFrame
    state: State
    later: Table | None


@dataclass(frozen=True)
class Sheet:
    """A file's cells as text, its rows in the order of the game's store-products; null where it has none."""

    name: str
    cells: pl.DataFrame

    @property
    def weeks(self) -> list[date]:
        return sorted(day for column in self.cells.columns if (day := _day(column)))

    def text(self, weeks: list[date]) -> pl.DataFrame:
        named = {_day(column): column for column in self.cells.columns}
        return self.cells.select(pl.col(named[day]).alias(str(day)) for day in weeks)


def read(folder: Path) -> Game:
    """The files of `folder`, with that of the later weeks if one's name begins with `Week 8`."""
    sold = _sheet(_only(folder, SALES), None)
    keys, weeks = sold.cells.select(KEYS), sold.weeks
    _require_weeks(sold.name, weeks)
    if not keys.height or not weeks:
        raise SystemExit(f"{SALES} holds {keys.height} store-products and {len(weeks)} weeks")
    sales, known = _units(sold, weeks)
    in_stock = known & _flags(_sheet(_only(folder, FLAGS), keys), weeks)
    _tell(sold.name, known, "cells empty: unknown demand")
    master = _sheet(_only(folder, MASTER), keys).cells
    table = Table(sales, in_stock, weeks[0])
    start = _start(_sheet(_only(folder, START), keys))
    return Game(table, _typed(master), start, _later(folder, keys, weeks))


def _start(sheet: Sheet) -> State:
    lacking = [name for name in STATE if name not in sheet.cells.columns]
    if lacking:
        raise SystemExit(f"{sheet.name} lacks the columns {', '.join(lacking)}")
    units, known = _numbers(sheet, sheet.cells.select(STATE))
    if not known.all():
        row, column = np.argwhere(~known)[0].tolist()
        where = _place(sheet, row)
        raise SystemExit(f"{sheet.name}: {STATE[column]} of {where} is not there; the game starts from it")
    return State(units[:, 0], units[:, 1:])


def _later(folder: Path, keys: pl.DataFrame, known: list[date]) -> Table | None:
    """The eight weeks after `known`; every one is demand, unless an in-stock file of them says otherwise."""
    sheets, refused = _later_sheets(folder, keys)
    sold, flags = [], []
    for sheet in sheets:
        after = [day for day in sheet.weeks if day > known[-1]]
        if not after:
            refused.append(f"{sheet.name} holds no week after {known[-1]}")
        elif _is_flags(sheet, after):
            flags.append(sheet)
        else:
            sold.append(sheet)
    sold = [sheet for sheet in sold if "sales" in sheet.name.lower()] or sold
    if not sold:
        if refused:
            raise SystemExit(f"no file that begins with 'Week 8' can be played: {'; '.join(refused)}")
        return None
    _say([*refused, *(f"{sheet.name} is left aside for {sold[-1].name}" for sheet in sold[:-1])])
    return _weeks_to_come(sold[-1], flags, known)


def _later_sheets(folder: Path, keys: pl.DataFrame) -> tuple[list[Sheet], list[str]]:
    found, refused = [], []
    for path in sorted(path for path in folder.iterdir() if LATER.match(path.name)):
        try:
            found.append(_sheet(path, keys))
        except SystemExit as error:
            refused.append(str(error))
    return found, refused


def _weeks_to_come(sheet: Sheet, flags: list[Sheet], known: list[date]) -> Table:
    weeks = [known[-1] + number * WEEK for number in range(1, WEEKS + 1)]
    missing = [day for day in weeks if day not in sheet.weeks]
    if missing:
        raise SystemExit(
            f"{sheet.name} lacks the week of {missing[0]}: the game needs the {WEEKS} weeks after {known[-1]}"
        )
    sales, has_units = _units(sheet, weeks)
    _tell(sheet.name, has_units, "cells of the weeks to come empty: nothing is asked for there")
    in_stock = np.ones(sales.shape, dtype=bool)
    for one in flags:
        in_stock &= _flags(one, weeks)
    return Table(sales, in_stock, weeks[0])


def _is_flags(sheet: Sheet, weeks: list[date]) -> bool:
    words = set(sheet.text(weeks).unpivot()["value"].str.to_lowercase().drop_nulls()) - set(UNKNOWN)
    name = sheet.name.lower()
    return words <= {"true", "false"} and bool(words) or ("stock" in name and "sales" not in name)


def _only(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise SystemExit(f"{folder} lacks {name!r}")
    return path


def _sheet(path: Path, keys: pl.DataFrame | None) -> Sheet:
    try:
        found = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError, UnicodeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise SystemExit(f"{path.name} cannot be read as a CSV file: {reason}") from None
    found = found.rename({column: column.strip() for column in found.columns})
    lacking = [name for name in KEYS if name not in found.columns]
    if lacking:
        raise SystemExit(f"{path.name} lacks the columns {', '.join(lacking)}, separated by commas")
    days = [day for column in found.columns if (day := _day(column))]
    if len(set(days)) < len(days):
        raise SystemExit(f"{path.name} names a week twice")
    found = found.with_columns(pl.all().str.strip_chars())
    found = found.with_columns(pl.col(KEYS).str.strip_suffix(".0"))
    twice = found.filter(found.select(KEYS).is_duplicated())
    if twice.height:
        raise SystemExit(f"{path.name} names {_place(Sheet(path.name, twice), 0)} twice")
    if keys is not None:
        count = keys.join(found, on=KEYS, how="anti").height
        if count == keys.height:
            raise SystemExit(f"{path.name} names none of the {count} store-products of {SALES}")
        _say([f"{path.name} lacks {count} of {keys.height} store-products"] if count else [])
        found = keys.join(found, on=KEYS, how="left", maintain_order="left")
    return Sheet(path.name, found)


def _typed(master: pl.DataFrame) -> pl.DataFrame:
    """Whole numbers where every value is one."""
    whole = master.select(pl.all().cast(pl.Int64, strict=False))
    is_whole = [
        column for column in master.columns if whole[column].null_count() == master[column].null_count()
    ]
    return master.with_columns(whole[column] for column in is_whole)


def _units(sheet: Sheet, weeks: list[date]) -> tuple[np.ndarray, np.ndarray]:
    return _numbers(sheet, sheet.text(weeks))


def _numbers(sheet: Sheet, text: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Units at least 0, 0 where a cell holds none, and whether it does."""
    text = text.with_columns(
        pl.when(~pl.col(name).str.to_lowercase().is_in(UNKNOWN)).then(name) for name in text.columns
    )
    units = text.select(pl.all().cast(pl.Float64, strict=False).fill_null(-1.0)).to_numpy()
    known = text.select(pl.all().is_not_null()).to_numpy()
    bad = known & ~(np.isfinite(units) & (units >= 0))
    if bad.any():
        row, column = np.argwhere(bad)[0].tolist()
        raise SystemExit(
            f"{sheet.name}: {text.columns[column]} of {_place(sheet, row)} is {text[row, column]!r}, "
            "not units of at least 0"
        )
    return np.where(known, units, 0.0), known


def _flags(sheet: Sheet, weeks: list[date]) -> np.ndarray:
    """(series, weeks) whether there was stock; what the file does not say counts as in stock."""
    there = [day for day in weeks if day in set(sheet.weeks)]
    if len(there) < len(weeks):
        _say([f"{sheet.name} lacks {len(weeks) - len(there)} of {len(weeks)} weeks: taken as in stock"])
    words = sheet.text(there).select(pl.all().str.to_lowercase())
    known = words.select(pl.all().is_in([*IN, *OUT, *UNKNOWN]).fill_null(value=True)).to_numpy()
    if not known.all():
        row, column = np.argwhere(~known)[0].tolist()
        raise SystemExit(
            f"{sheet.name}: {there[column]} of {_place(sheet, row)} is {words[row, column]!r}, "
            "not true or false"
        )
    found = np.ones((sheet.cells.height, len(weeks)), dtype=bool)
    out = words.select(pl.all().is_in(OUT).fill_null(value=False)).to_numpy()
    found[:, [weeks.index(day) for day in there]] = ~out
    return found


def _require_weeks(name: str, weeks: list[date]) -> None:
    for before, after in zip(weeks, weeks[1:], strict=False):
        if after - before != WEEK:
            raise SystemExit(f"{name} lacks the week after {before}: the next one is {after}")


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name.strip()[:10])
    except ValueError:
        return None


def _place(sheet: Sheet, row: int) -> str:
    store, product = sheet.cells.select(KEYS).row(row)
    return f"store {store}, product {product}"


def _tell(name: str, known: np.ndarray, what: str) -> None:
    _say([f"{name}: {int((~known).sum())} {what}"] if not known.all() else [])


def _say(lines: list[str]) -> None:
    for line in lines:
        print(f"note: {line}", file=sys.stderr)
