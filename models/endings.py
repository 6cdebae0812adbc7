"""What the end of a product makes of its forecast: nothing from that day on, of its week the days before it.

Ends come from `history.ends`. Planners' overrides are laid over it afterwards, and so win.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.drivers import DIGITS, DRIVERS
from models.drivers import TABLE as DRIVER
from models.panel import WEEK
from models.shop import ShopCalendar

if TYPE_CHECKING:
    from models.forecast import Ahead

DISCONTINUED = "discontinued"
UNFADED = {
    "sku": pl.String, "week_start": pl.Date, "model_unfaded": pl.String, "unfaded": pl.Float64,
    "kept": pl.Float64,
}  # fmt: skip


def kept(ahead: Ahead, ended: pl.DataFrame, calendar: ShopCalendar) -> np.ndarray:
    """(skus, weeks): the part of each week's demand that falls before the end, by the weekday profile."""
    ends = dict(ended.select("sku", "ends_on").iter_rows())
    found = np.ones(ahead.mean.shape)
    for row, sku in enumerate(ahead.skus):
        if sku in ends:
            weeks = (ahead.first_week + step * WEEK for step in range(found.shape[1]))
            found[row] = [_before(calendar, week, ends[sku]) for week in weeks]
    return found


def _before(calendar: ShopCalendar, monday: date, end: date) -> float:
    days = (end - monday).days
    if days >= 7 or days <= 0:
        return float(days > 0)
    share = sum(calendar.day_share(monday + timedelta(days=day)) for day in range(days))
    return share / calendar.week_share(monday) if share > 0 else 0.0


def faded(ahead: Ahead, part: np.ndarray) -> Ahead:
    """`ahead` with only the part of each week (`kept`) that comes before the end.

    Quantiles of a week cut short: the week's distances from its mean times the root of its part, as of
    independent days; in whole units.
    """
    mean = ahead.mean * part
    distance = (ahead.quantiles - ahead.mean[:, :, None]) * np.sqrt(part)[:, :, None]
    cut = np.maximum.accumulate(np.floor(np.maximum(mean[:, :, None] + distance, 0.0) + 0.5), axis=2)
    whole = np.where(part[:, :, None] >= 1, ahead.quantiles, cut)
    return replace(ahead, mean=mean, quantiles=np.where(part[:, :, None] > 0, whole, 0.0))


def named(weekly: pl.DataFrame, ended: pl.DataFrame) -> pl.DataFrame:
    """Weeks wholly after the end are forecast by nobody: their model is 'discontinued'."""
    if ended.is_empty():
        return weekly
    dated = weekly.join(ended, on="sku", how="left", maintain_order="left")
    is_over = (pl.col("ends_on") <= pl.col("week_start")).fill_null(value=False)
    name = pl.when(is_over).then(pl.lit(DISCONTINUED)).otherwise("model_name")
    return dated.with_columns(model_name=name).select(weekly.columns)


def days(daily: pl.DataFrame, ended: pl.DataFrame) -> pl.DataFrame:
    """marts.forecast_daily with nothing from the end on."""
    if ended.is_empty():
        return daily
    values = [name for name in daily.columns if name not in ("sku", "business_date")]
    dated = daily.join(ended, on="sku", how="left", maintain_order="left")
    is_over = (pl.col("ends_on") <= pl.col("business_date")).fill_null(value=False)
    zeroed = (pl.when(is_over).then(0.0).otherwise(name).alias(name) for name in values)
    return dated.with_columns(zeroed).select(daily.columns)


def drivers(table: pl.DataFrame, skus: tuple[str, ...], taken: np.ndarray) -> pl.DataFrame:
    """marts.forecast_driver with what the ends take: (skus,) units over all weeks."""
    lost = pl.DataFrame(
        {"sku": list(skus), "units": -np.round(taken, DIGITS)}, schema={"sku": pl.String, "units": pl.Float64}
    ).filter(pl.col("units") != 0)
    if lost.is_empty():
        return table
    place = list(DRIVERS).index(DISCONTINUED) + 1
    rows = lost.with_columns(driver=pl.lit(DISCONTINUED), driver_no=pl.lit(place, pl.Int64))
    return pl.concat([table, rows.select(*DRIVER)]).sort("sku", "driver_no")


def unfaded(ahead: Ahead, part: np.ndarray) -> pl.DataFrame:
    """`UNFADED`: what the models say of the weeks that an end cuts or takes, and the part that is kept."""
    rows, steps = np.nonzero(part < 1)
    return pl.DataFrame(
        {
            "sku": [ahead.skus[row] for row in rows],
            "week_start": [ahead.first_week + int(step) * WEEK for step in steps],
            "model_unfaded": [ahead.models[row] for row in rows],
            "unfaded": np.round(ahead.mean[rows, steps], DIGITS),
            "kept": part[rows, steps],
        },
        schema=UNFADED,
    )
