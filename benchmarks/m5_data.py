"""The M5 files as a panel, and the competition's spelling of its twelve levels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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
STATES = ("CA", "TX", "WI")


@dataclass(frozen=True)
class M5:
    """`sales`: (series, days) all the file holds; `price` and `calendar` reach as far as their files do."""

    ids: tuple[str, ...]
    groups: dict[str, np.ndarray]
    sales: np.ndarray
    price: np.ndarray
    calendar: pl.DataFrame

    def series(self, train_end: int) -> Series:
        """What is known after day `train_end`: nothing of the sales file beyond it."""
        end = train_end + HORIZON
        calendar = self.calendar.head(end)
        price = self.price[:, :end]
        on_sale = ~np.isnan(price[:, :train_end])
        return Series(
            ids=self.ids,
            first_day=calendar["date"][0],
            demand=np.where(on_sale, self.sales[:, :train_end], np.nan).astype(np.float32),
            horizon=HORIZON,
            groups=self.groups,
            levels=LEVELS,
            price=price,
            events=_events(calendar),
            flags={"snap": Flag("state", {state: calendar[f"snap_{state}"].to_numpy() for state in STATES})},
        )

    def came(self, train_end: int) -> np.ndarray | None:
        """(series, 28) what sold then, where the file holds it."""
        found = self.sales[:, train_end : train_end + HORIZON]
        return found if found.shape[1] == HORIZON else None

    def revenue(self, train_end: int) -> np.ndarray:
        """(series,) of the last 28 days: the competition's weights."""
        last = slice(train_end - HORIZON, train_end)
        return (self.sales[:, last] * np.nan_to_num(self.price[:, last])).sum(axis=1)


def read(folder: Path) -> M5:
    sales = pl.read_parquet(_one(folder, "sales_wide_*.parquet"))
    calendar = pl.read_parquet(_one(folder, "calendar_*.parquet")).sort("d")
    prices = pl.read_parquet(folder / "sell_prices.parquet")
    days = sorted((name for name in sales.columns if name.startswith("d_")), key=lambda name: int(name[2:]))
    if not isinstance(calendar["date"][0], date):
        calendar = calendar.with_columns(pl.col("date").cast(pl.Date))
    groups = {name: sales[f"{name}_id"].to_numpy().astype(str) for name in GROUPS}
    ids = tuple(f"{item}_{store}" for item, store in zip(groups["item"], groups["store"], strict=True))
    return M5(
        ids,
        groups,
        sales.select(days).to_numpy().astype(np.float32),
        _prices(sales, prices, calendar),
        calendar,
    )


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise SystemExit(f"{folder} holds no {pattern}: give the folder of the M5 files with --data")
    return found[-1]


def _prices(sales: pl.DataFrame, prices: pl.DataFrame, calendar: pl.DataFrame) -> np.ndarray:
    """(series, calendar days) in units of money, NaN where none is listed."""
    weeks, week_of_day = np.unique(calendar["wm_yr_wk"].to_numpy().astype(np.int64), return_inverse=True)
    rows = sales.select("item_id", "store_id").with_row_index("row")
    found = prices.join(rows, on=["item_id", "store_id"])
    column = np.searchsorted(weeks, found["wm_yr_wk"].to_numpy().astype(np.int64))
    listed = column < len(weeks)
    cents = "sell_price_cents" in found.columns
    value = found["sell_price_cents"].to_numpy() / 100 if cents else found["sell_price"].to_numpy()
    table = np.full((sales.height, len(weeks)), np.nan, dtype=np.float32)
    table[found["row"].to_numpy()[listed], column[listed]] = value[listed]
    return table[:, week_of_day]


def _events(calendar: pl.DataFrame) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for column in ("event_name_1", "event_name_2"):
        for day, name in enumerate(calendar[column].to_list()):
            if name:
                found.setdefault(name, np.zeros(calendar.height))[day] = 1.0
    return found


def spelled(level: Level) -> list[str]:
    """The competition's ids: parts joined by `_`, one part alone followed by `_X`, the whole `Total_X`."""
    if not level.groups:
        return ["Total_X"]
    names = [name.replace("|", "_") for name in level.names]
    return [f"{name}_X" for name in names] if len(level.groups) == 1 else names
