"""Stock, supply and demand of every forecast sku as arrays in one order, dated by days from today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from models.errors import PlanError
from models.frames import checked, require
from models.quantiles import QUANTILE_NAMES

FORECAST = {
    "sku": pl.String, "week_start": pl.Date, "demand_class": pl.String, "mean": pl.Float64,
    **dict.fromkeys(QUANTILE_NAMES, pl.Float64),
}  # fmt: skip
PRODUCT = {
    "sku": pl.String, "product_kind": pl.String, "supplier_id": pl.String, "unit_cost": pl.Float64,
    "pack_size": pl.Float64, "min_order_quantity": pl.Float64, "mean_price": pl.Float64,
    "abc_class": pl.String, "discontinued_on": pl.Date,
}  # fmt: skip
INVENTORY = {"sku": pl.String, "location_id": pl.String, "available": pl.Float64}
SUPPLY = {
    "purchase_order_line_id": pl.String, "sku": pl.String, "open_quantity": pl.Float64,
    "expected_at": pl.Datetime("us", "UTC"),
}  # fmt: skip
LONGEST_DAYS = 365
OWED = {"sku": pl.String, "backordered": pl.Float64}


@dataclass(frozen=True)
class Stock:
    """Arrays by sku. `quantiles` (skus, weeks, levels) and `mean` (skus, weeks) start with `first_week`.

    `arrivals`: row of the sku, days from today, units, of every open purchase order line. `days_to_end`: days
    from today until the product is discontinued (`ends_on`), 0 where it is already, inf where no end is
    known. `days_late`: of each of the `arrivals`, 0 where it is not.
    """

    today: date
    skus: tuple[str, ...]
    first_week: date
    mean: np.ndarray
    quantiles: np.ndarray
    demand_class: list[str]
    supplier_id: list[str | None]
    abc_class: list[str | None]
    pack_size: np.ndarray
    min_order_quantity: np.ndarray
    unit_cost: np.ndarray
    unit_margin: np.ndarray
    available: np.ndarray
    backordered: np.ndarray
    arrivals: tuple[np.ndarray, np.ndarray, np.ndarray]
    days_to_end: np.ndarray
    ends_on: list[date | None]
    days_late: np.ndarray

    def week_of_day(self, days: int) -> np.ndarray:
        """Forecast week of each day from today; the first before it starts, the last after it ends."""
        offset = (self.today - self.first_week).days
        weeks = (offset + np.arange(days)) // 7
        return np.clip(weeks, 0, max(self.mean.shape[1] - 1, 0))

    def spread(self, days: int) -> np.ndarray | None:
        """(skus, days): over how many days the forecast week of each day from today is spread: seven; the
        days before the end in its week; inf from the end on. None where no product ends.
        """
        if np.isinf(self.days_to_end).all():
            return None
        day, end = np.arange(days)[None, :], self.days_to_end[:, None]
        first = (self.today - self.first_week).days
        is_last_week = self.week_of_day(days)[None, :] == np.floor((first + end) / 7)
        left = np.where(np.isfinite(end), (first + np.where(np.isfinite(end), end, 0.0)) % 7, 7.0)
        found = np.where(is_last_week & (left > 0), left, 7.0)
        return np.where(day < end, found, np.inf).astype(np.float32)

    def cumulative_mean(self, days: int) -> np.ndarray:
        """(skus, days): mean demand up to the end of each day."""
        spread = self.spread(days)
        return np.cumsum(self.mean[:, self.week_of_day(days)] / (7 if spread is None else spread), axis=1)

    def expected(self, days: np.ndarray) -> np.ndarray:
        """Mean demand over each sku's first `days`, at least one, in whole days."""
        demand = self.cumulative_mean(int(days.max(initial=1)))
        return demand[np.arange(len(demand)), days.astype(int) - 1]

    def sellable_before_end(self, projected: np.ndarray, lead: np.ndarray) -> np.ndarray:
        """(skus,): units an order placed now may hold so that they are expected to sell before the end; inf
        where no end is known, 0 where it is reached.

        `projected`: mean stock when the order arrives after `lead` days, below 0 what is owed then.
        """
        ends = np.isfinite(self.days_to_end)
        if not ends.any():
            return np.full(len(self.skus), np.inf)
        there = np.maximum(np.ceil(lead - 1e-9), 1)
        end = np.where(ends, np.clip(self.days_to_end, there, np.maximum(there, LONGEST_DAYS)), there)
        asked = self.expected(end) - self.expected(there)
        left = asked - projected - (self.arrived_by(end) - self.arrived_by(there))
        return np.where(ends, np.where(self.days_to_end > 0, np.maximum(left, 0.0), 0.0), np.inf)

    def arrived(self, days: int) -> np.ndarray:
        """(skus, days): units on order that are there by the end of each day."""
        rows, day, units = self.arrivals
        soon = day < days
        total = np.zeros((len(self.skus), days))
        np.add.at(total, (rows[soon], day[soon]), units[soon])
        return np.cumsum(total, axis=1)

    def arrived_by(self, days: np.ndarray) -> np.ndarray:
        """Units on order that are there within each sku's own number of days."""
        rows, day, units = self.arrivals
        in_time = day <= days[rows]
        return np.bincount(rows[in_time], weights=units[in_time], minlength=len(self.skus)).astype(float)

    def next_arrival(self) -> list[date | None]:
        rows, day, _units = self.arrivals
        soonest = np.full(len(self.skus), np.iinfo(np.int64).max)
        np.minimum.at(soonest, rows, day)
        none = np.iinfo(np.int64).max
        return [None if days == none else self.today + timedelta(days=days) for days in soonest.tolist()]

    def dated_arrivals(self, *, most: int = 3) -> list[str]:
        """What is on order, soonest first, such as '120 on 2011-12-20, 60 late since 2011-11-05 (not expected
        before 2012-01-05)'; empty for nothing.
        """
        named: list[dict[tuple[int, int], float]] = [{} for _ in self.skus]
        lines = (*self.arrivals, self.days_late)
        for row, day, units, late in zip(*(values.tolist() for values in lines), strict=True):
            named[row][day, late] = named[row].get((day, late), 0.0) + units
        return [self._dated(days, most) for days in named]

    def _dated(self, days: dict[tuple[int, int], float], most: int) -> str:
        told = [self._when(units, *when) for when, units in sorted(days.items())]
        later = f" and {len(told) - most} later" if len(told) > most else ""
        return ", ".join(told[:most]) + later

    def _when(self, units: float, day: int, late: int) -> str:
        there = self.today + timedelta(days=day)
        if not late:
            return f"{units:,.0f} on {there}"
        due = self.today - timedelta(days=late)
        return f"{units:,.0f} late since {due} (not expected before {there})"


def read(
    *,
    forecast_weekly: pl.DataFrame,
    product: pl.DataFrame,
    inventory: pl.DataFrame,
    incoming_supply: pl.DataFrame,
    backordered: pl.DataFrame | None,
    as_of: datetime,
) -> Stock:
    """Checked inputs as `Stock`: every sku that has a forecast and is a product.

    Weeks that ended before `as_of` are dropped. Stock is summed over locations, each at least 0; what a
    location is below 0 is owed, as are captured orders without stock (`backordered`).
    """
    today = as_of.date()
    forecast = _forecast(forecast_weekly, today)
    goods = _goods(product)
    weeks = forecast["week_start"].unique().sort()
    rows = (
        forecast.group_by("sku", maintain_order=True)
        .agg(pl.col("demand_class").first(), pl.col("mean", *QUANTILE_NAMES))
        .join(goods, on="sku", how="inner")
        .sort("sku")
    )
    skus = tuple(rows["sku"])
    shape = (len(skus), len(weeks))
    if any(len(mean) != len(weeks) for mean in rows["mean"]):
        raise PlanError(f"forecast_weekly needs the same weeks for every sku; it has {weeks.to_list()}")
    held = _held(inventory, backordered, skus)
    *arrivals, days_late = _arrivals(incoming_supply, skus, today)
    return Stock(
        today=today,
        skus=skus,
        first_week=weeks[0] if len(weeks) else today,
        mean=_matrix(rows["mean"], shape),
        quantiles=np.stack([_matrix(rows[name], shape) for name in QUANTILE_NAMES], axis=-1),
        demand_class=rows["demand_class"].to_list(),
        supplier_id=rows["supplier_id"].to_list(),
        abc_class=rows["abc_class"].to_list(),
        pack_size=np.ceil(rows["pack_size"].to_numpy() - 1e-9),
        min_order_quantity=np.ceil(rows["min_order_quantity"].to_numpy() - 1e-9),
        unit_cost=rows["unit_cost"].to_numpy(),
        unit_margin=_margin(rows),
        available=held[0],
        backordered=held[1],
        arrivals=tuple(arrivals),
        days_to_end=_days_to_end(rows["discontinued_on"], today),
        ends_on=rows["discontinued_on"].to_list(),
        days_late=days_late,
    )


def _forecast(forecast_weekly: pl.DataFrame, today: date) -> pl.DataFrame:
    key = ("sku", "week_start")
    found = checked(forecast_weekly, name="forecast_weekly", schema=FORECAST, key=key, error=PlanError)
    rule = pl.all_horizontal(
        pl.col(name).is_finite() & (pl.col(name) >= 0) for name in ("mean", *QUANTILE_NAMES)
    )
    require(found, rule, name="forecast_weekly", allowed="means and quantiles must be finite and at least 0",
            key=key, error=PlanError)  # fmt: skip
    ahead = found.filter(pl.col("week_start") > today - timedelta(days=7)).sort(key)
    if found.height and ahead.is_empty():
        last = found["week_start"].max()
        raise PlanError(f"forecast_weekly ends with the week of {last}, before {today}; make a new forecast")
    return ahead


def _goods(product: pl.DataFrame) -> pl.DataFrame:
    optional = ("supplier_id", "unit_cost", "mean_price", "abc_class", "discontinued_on")
    if "discontinued_on" not in product.columns:
        product = product.with_columns(discontinued_on=pl.lit(None, pl.Date))
    found = checked(
        product, name="product", schema=PRODUCT, key=("sku",), nullable=optional, error=PlanError
    ).filter(pl.col("product_kind") == "product")
    rule = (pl.col("pack_size") > 0) & (pl.col("min_order_quantity") >= 0)
    require(found, rule, name="product", allowed="pack_size must be above 0, min_order_quantity at least 0",
            key=("sku",), error=PlanError)  # fmt: skip
    return found


def _days_to_end(ends_on: pl.Series, today: date) -> np.ndarray:
    days = [np.inf if end is None else max((end - today).days, 0) for end in ends_on.to_list()]
    return np.array(days, dtype=float)


def _held(
    inventory: pl.DataFrame, backordered: pl.DataFrame | None, skus: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Units free and units owed, by sku."""
    found = checked(
        inventory, name="inventory", schema=INVENTORY, key=("sku", "location_id"), error=PlanError
    )
    sums = found.group_by("sku").agg(
        free=pl.col("available").clip(lower_bound=0).sum(),
        oversold=(-pl.col("available")).clip(lower_bound=0).sum(),
    )
    owed = pl.DataFrame(schema=OWED)
    if backordered is not None:
        owed = checked(backordered, name="backordered", schema=OWED, key=("sku",), error=PlanError)
    table = (
        pl.DataFrame({"sku": list(skus)}, schema={"sku": pl.String})
        .join(sums, on="sku", how="left", maintain_order="left")
        .join(owed, on="sku", how="left", maintain_order="left")
        .with_columns(pl.col("free", "oversold", "backordered").fill_null(0.0))
    )
    return table["free"].to_numpy(), (table["oversold"] + table["backordered"]).to_numpy()


def _arrivals(
    incoming_supply: pl.DataFrame, skus: tuple[str, ...], today: date
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Row of the sku, days from today, units, days late."""
    found = checked(
        incoming_supply,
        name="incoming_supply",
        schema=SUPPLY,
        key=("purchase_order_line_id",),
        error=PlanError,
    )
    place = pl.DataFrame(
        {"sku": list(skus), "row": range(len(skus))}, schema={"sku": pl.String, "row": pl.Int64}
    )
    table = (
        found.filter(pl.col("open_quantity") > 0)
        .join(place, on="sku", how="inner")
        .with_columns(
            day=days_until(today),
            late=(pl.lit(today) - pl.col("expected_at").dt.date()).dt.total_days().clip(lower_bound=0),
        )
        .sort("row", "day", "purchase_order_line_id")
    )
    return tuple(table[name].to_numpy() for name in ("row", "day", "open_quantity", "late"))


def days_until(today: date) -> pl.Expr:
    """Days to `expected_at`; what is late already is expected after as many days again, at the earliest
    tomorrow.
    """
    return (pl.col("expected_at").dt.date() - pl.lit(today)).dt.total_days().abs().clip(lower_bound=1)


def _margin(rows: pl.DataFrame) -> np.ndarray:
    """Mean price less unit cost, at least 0; 0 where either is unknown."""
    margin = (rows["mean_price"] - rows["unit_cost"]).clip(lower_bound=0.0).fill_null(0.0)
    return margin.round(4).to_numpy()


def _matrix(column: pl.Series, shape: tuple[int, int]) -> np.ndarray:
    return column.explode(empty_as_null=False).to_numpy().reshape(shape)
