"""Weeks spread over their days by the shop's weekday profile."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from models.quantiles import QUANTILE_NAMES
from models.shop import ShopCalendar

if TYPE_CHECKING:
    from models.forecast import Ahead

DIGITS = 6
DAILY = {"sku": pl.String, "business_date": pl.Date, "mean": pl.Float64} | dict.fromkeys(
    QUANTILE_NAMES, pl.Float64
)


def daily_table(ahead: Ahead, *, calendar: ShopCalendar, first_day: date, days: int) -> pl.DataFrame:
    """marts.forecast_daily. A whole week's days add up to its mean.

    Quantiles: the week's distances from its mean times the root of the day's share, as for independent days;
    in whole units.
    """
    dates = [first_day + timedelta(days=number) for number in range(days)]
    step = np.array([(day - ahead.first_week).days // 7 for day in dates], dtype=int)
    week_share = np.array([calendar.week_share(day - timedelta(days=day.weekday())) for day in dates])
    day_share = np.array([calendar.day_share(day) for day in dates])
    share = np.divide(day_share, week_share, out=np.zeros(days), where=week_share > 0)
    within = step < ahead.mean.shape[1]
    dates = [day for day, is_within in zip(dates, within, strict=True) if is_within]
    step, share = step[within], share[within]
    mean = np.round(ahead.mean, 4)[:, step] * share[None, :]
    spread = _quantiles(mean, ahead.mean[:, step], ahead.quantiles[:, step], share)
    return pl.DataFrame(
        {
            "sku": np.repeat(np.array(ahead.skus, dtype=object), len(dates)).tolist(),
            "business_date": dates * len(ahead.skus),
            "mean": np.round(mean.reshape(-1), DIGITS),
            **{name: spread[:, :, place].reshape(-1) for place, name in enumerate(QUANTILE_NAMES)},
        },
        schema=DAILY,
    ).sort("sku", "business_date")


def _quantiles(mean: np.ndarray, week: np.ndarray, spread: np.ndarray, share: np.ndarray) -> np.ndarray:
    distance = (spread - week[:, :, None]) * np.sqrt(share)[None, :, None]
    whole = np.floor(np.maximum(mean[:, :, None] + distance, 0.0) + 0.5)
    return np.where(share[None, :, None] > 0, np.maximum.accumulate(whole, axis=2), 0.0)
