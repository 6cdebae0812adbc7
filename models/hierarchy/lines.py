"""From order lines in a long frame to the dense demand of a panel: one row a series, one column a day.

A day without a line is zero; a day before a series' first or after its last, or without stock, is unknown.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from models.errors import HistoryError


def dense(
    lines: pl.DataFrame,
    keys: tuple[str, ...],
    *,
    first_day: date,
    days: int,
    listed: pl.DataFrame | None = None,
    out_of_stock: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, np.ndarray]:
    """The series, sorted by their keys, and their (series, days) units, NaN where unknown.

    `lines`: `keys`, `day`, `units`; several lines a day add up. `listed`: `keys`, `first_day`, `last_day`
    (null while still sold) of every series wanted, those without a line too; without it a series lives from
    its first line on. `out_of_stock`: `keys`, `day`. Lines outside the days wanted
    are not looked at.
    """
    _check(lines, keys)
    lines = lines.filter(_within(first_day, days)).with_columns(_column(first_day))
    found = _lives(lines, keys, listed, first_day=first_day, days=days)
    demand = np.zeros((found.height, days), dtype=np.float32)
    np.add.at(demand.reshape(-1), *_cells(lines, found, keys, days=days))
    columns = np.arange(days)[None, :]
    outside = columns < found["_first"].to_numpy()[:, None]
    outside |= columns > found["_last"].to_numpy()[:, None]
    demand[outside] = np.nan
    if out_of_stock is not None:
        gaps = out_of_stock.filter(_within(first_day, days)).with_columns(
            _column(first_day), units=pl.lit(0.0)
        )
        demand.reshape(-1)[_cells(gaps, found, keys, days=days)[0]] = np.nan
    return found.select(keys), demand


def _check(lines: pl.DataFrame, keys: tuple[str, ...]) -> None:
    missing = {*keys, "day", "units"} - set(lines.columns)
    if missing:
        raise HistoryError(f"order lines lack {sorted(missing)}; found {lines.columns}")
    for name in (*keys, "day"):
        if nameless := lines[name].null_count():
            raise HistoryError(f"{nameless} of {lines.height} order lines have no {name}")
    wrong = lines.filter(pl.col("units").is_null() | ~pl.col("units").is_finite() | (pl.col("units") < 0))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise HistoryError(
            f"{' '.join(str(row[key]) for key in keys)} has {row['units']} units on {row['day']}; "
            "at least 0 needed"
        )


def _within(first_day: date, days: int) -> pl.Expr:
    return (pl.col("day") >= first_day) & (pl.col("day") < pl.lit(first_day) + pl.duration(days=days))


def _column(first_day: date) -> pl.Expr:
    return (pl.col("day") - pl.lit(first_day)).dt.total_days().alias("_column")


def _lives(
    lines: pl.DataFrame, keys: tuple[str, ...], listed: pl.DataFrame | None, *, first_day: date, days: int
) -> pl.DataFrame:
    """`keys`, `_first` and `_last` column, `_row`."""
    if listed is None:
        found = lines.group_by(keys).agg(_first=pl.col("_column").min(), _last=pl.lit(days - 1))
    else:
        found = listed.select(
            *keys,
            _first=(pl.col("first_day") - pl.lit(first_day)).dt.total_days(),
            _last=(pl.col("last_day") - pl.lit(first_day)).dt.total_days().fill_null(days - 1),
        )
        if twice := found.filter(pl.struct(keys).is_duplicated()).select(keys).rows():
            raise HistoryError(f"{' '.join(map(str, twice[0]))} is listed more than once")
    return found.sort(keys).with_row_index("_row")


def _cells(
    lines: pl.DataFrame, found: pl.DataFrame, keys: tuple[str, ...], *, days: int
) -> tuple[np.ndarray, np.ndarray]:
    """Flat places and units of the lines whose series is wanted, in an order that does not hang on theirs."""
    joined = (
        lines.group_by([*keys, "_column"])
        .agg(pl.col("units").cast(pl.Float64).sort().sum())
        .join(found.select(*keys, "_row"), on=keys)
        .select(place=pl.col("_row").cast(pl.Int64) * days + pl.col("_column"), units="units")
    )
    return joined["place"].to_numpy(), joined["units"].to_numpy()
