"""The M5 files as a panel, and the competition's spelling of its twelve levels.

Files that cannot be read as such end the command with what is wrong; events, SNAP days and prices of a
product may be missing, columns and rows come in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from models.hierarchy.series import Flag, Level, Series

HORIZON = 28
LEVELS = (
    (), ("state",), ("store",), ("cat",), ("dept",), ("state", "cat"), ("state", "dept"), ("store", "cat"),
    ("store", "dept"), ("item",), ("state", "item"),
)  # fmt: skip
GROUPS = ("item", "dept", "cat", "store", "state")
SNAP = "snap_"
DAY = re.compile(r"d_(\d+)")


@dataclass(frozen=True)
class M5:
    """`sales`: (series, days) all the file holds; `price` and `calendar` reach as far as their files do."""

    ids: tuple[str, ...]
    groups: dict[str, np.ndarray]
    sales: np.ndarray
    price: np.ndarray
    calendar: pl.DataFrame

    def series(self, train_end: int) -> Series:
        """What is known after day `train_end`: nothing of the sales file beyond it.

        A product is on sale where it has a price or sells; one without any price, from its first sale on.
        """
        end = train_end + HORIZON
        calendar = self.calendar.head(end)
        price = self.price[:, :end]
        sold = self.sales[:, :train_end]
        on_sale = ~np.isnan(price[:, :train_end])
        unlisted = ~on_sale.any(axis=1, keepdims=True)
        on_sale |= (sold > 0) | (unlisted & (np.nancumsum(sold, axis=1) > 0))
        return Series(
            ids=self.ids,
            first_day=calendar["date"][0],
            demand=np.where(on_sale, sold, np.nan).astype(np.float32),
            horizon=HORIZON,
            groups=self.groups,
            levels=LEVELS,
            price=price,
            events=_events(calendar),
            flags=_flags(calendar),
        )

    def came(self, train_end: int) -> np.ndarray | None:
        """(series, 28) what sold then, nothing where that is unknown; None where the file ends before."""
        found = self.sales[:, train_end : train_end + HORIZON]
        return np.nan_to_num(found) if found.shape[1] == HORIZON else None

    def revenue(self, train_end: int) -> np.ndarray:
        """(series,) of the last 28 days: the competition's weights."""
        last = slice(max(train_end - HORIZON, 0), train_end)
        return np.nansum(self.sales[:, last] * np.nan_to_num(self.price[:, last]), axis=1)


def read(folder: Path) -> M5:
    """The folder's files, series sorted by item and store; of several of a kind the longest."""
    sales = pl.read_parquet(_longest(folder, "sales_wide_*.parquet"))
    calendar = _calendar(pl.read_parquet(_longest(folder, "calendar_*.parquet")))
    prices = pl.read_parquet(_longest(folder, "sell_prices.parquet"))
    _require(sales, *(f"{name}_id" for name in GROUPS), name="the sales file")
    _require(prices, "item_id", "store_id", "wm_yr_wk", name="sell_prices.parquet")
    sales = sales.sort("item_id", "store_id")
    days = sorted((name for name in sales.columns if DAY.fullmatch(name)), key=_number)
    _one_after_the_other([_number(name) for name in days], name="the sales file")
    groups = {name: sales[f"{name}_id"].to_numpy().astype(str) for name in GROUPS}
    ids = tuple(f"{item}_{store}" for item, store in zip(groups["item"], groups["store"], strict=True))
    units = sales.select(days).to_numpy().astype(np.float32)
    _check(ids, units)
    return M5(ids, groups, units, _prices(sales, prices, calendar), calendar)


def _longest(folder: Path, pattern: str) -> Path:
    found = sorted(
        folder.glob(pattern), key=lambda path: [int(part) for part in re.findall(r"\d+", path.stem)]
    )
    if not found:
        raise SystemExit(f"{folder} holds no {pattern}: give the folder of the M5 files with --data")
    return found[-1]


def _require(table: pl.DataFrame, *columns: str, name: str) -> None:
    if missing := [column for column in columns if column not in table.columns]:
        raise SystemExit(f"{name} lacks {', '.join(missing)}")


def _number(day: str) -> int:
    return int(day.removeprefix("d_"))


def _one_after_the_other(days: list[int], *, name: str) -> None:
    if not days or days != list(range(1, len(days) + 1)):
        wrong = next((want for want, day in enumerate(days, start=1) if want != day), 1)
        raise SystemExit(f"{name} must hold every day once, from day 1 on; day {wrong} is not in its place")


def _check(ids: tuple[str, ...], units: np.ndarray) -> None:
    if not ids:
        raise SystemExit("the sales file holds no series")
    if twice := sorted({name for name in ids if ids.count(name) > 1} if len(set(ids)) < len(ids) else ()):
        raise SystemExit(f"the sales file holds {twice[0]} more than once")
    if (wrong := (units < 0) | np.isinf(units)).any():
        row, day = (int(found[0]) for found in np.nonzero(wrong))
        raise SystemExit(f"{ids[row]} sold {units[row, day]:g} on day {day + 1}; at least 0 needed")


def _calendar(calendar: pl.DataFrame) -> pl.DataFrame:
    """By day, numbers and dates as such."""
    _require(calendar, "d", "date", "wm_yr_wk", name="the calendar")
    if calendar["d"].dtype == pl.String:
        calendar = calendar.with_columns(pl.col("d").str.strip_prefix("d_").cast(pl.Int64))
    if calendar["date"].dtype == pl.String:
        calendar = calendar.with_columns(pl.col("date").str.to_date())
    calendar = calendar.with_columns(pl.col("date").cast(pl.Date)).sort("d")
    _one_after_the_other(calendar["d"].to_list(), name="the calendar")
    if (steps := calendar["date"].diff().drop_nulls().dt.total_days() != 1).any():
        raise SystemExit(f"the calendar's dates do not follow one another at day {steps.arg_true()[0] + 2}")
    return calendar


def _prices(sales: pl.DataFrame, prices: pl.DataFrame, calendar: pl.DataFrame) -> np.ndarray:
    """(series, calendar days) in units of money, NaN where none is listed."""
    weeks, week_of_day = np.unique(calendar["wm_yr_wk"].to_numpy().astype(np.int64), return_inverse=True)
    rows = sales.select("item_id", "store_id").with_row_index("row")
    cents = "sell_price_cents" in prices.columns
    _require(prices, "sell_price_cents" if cents else "sell_price", name="sell_prices.parquet")
    price = pl.col("sell_price_cents") / 100 if cents else pl.col("sell_price")
    found = prices.join(rows, on=["item_id", "store_id"]).sort("row", "wm_yr_wk", price)
    week = found["wm_yr_wk"].to_numpy().astype(np.int64)
    column = np.minimum(np.searchsorted(weeks, week), len(weeks) - 1)
    listed = weeks[column] == week
    value = found.select(price.cast(pl.Float64)).to_series().to_numpy()
    table = np.full((sales.height, len(weeks)), np.nan, dtype=np.float32)
    table[found["row"].to_numpy()[listed], column[listed]] = value[listed]
    return table[:, week_of_day]


def _events(calendar: pl.DataFrame) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for column in ("event_name_1", "event_name_2"):
        names = calendar[column].to_list() if column in calendar.columns else []
        for day, name in enumerate(names):
            if name:
                found.setdefault(name, np.zeros(calendar.height))[day] = 1.0
    return found


def _flags(calendar: pl.DataFrame) -> dict[str, Flag]:
    """SNAP days by state, as far as the calendar has such columns."""
    columns = sorted(name for name in calendar.columns if name.startswith(SNAP))
    days = {name.removeprefix(SNAP): calendar[name].fill_null(0).to_numpy() for name in columns}
    return {"snap": Flag("state", days)} if days else {}


def spelled(level: Level) -> list[str]:
    """The competition's ids: parts joined by `_`, one part alone followed by `_X`, the whole `Total_X`."""
    if not level.groups:
        return ["Total_X"]
    names = [name.replace("|", "_") for name in level.names]
    return [f"{name}_X" for name in names] if len(level.groups) == 1 else names
