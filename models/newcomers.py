"""Skus whose whole history is shorter than one full week: too new for a panel, not for a forecast."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from models.panel import NEW_WEEKS, Panel

NAME = "launch_mean"
RECENT_LAUNCH_WEEKS = 26
PRIOR_WEEKS = 1.0
LEAST_SHARE = 0.1


def launch_rates(days: pl.DataFrame, *, panel: Panel, cutoff: date) -> dict[str, float]:
    """sku to demand per open week: what it sold so far, shrunk as by one week to how like skus started.

    Like skus are those launched in the last 26 weeks of the panel, over their first 8 weeks at most; where
    there is none, the sku's own sales stand alone.
    """
    known = set(panel.skus)
    sold = days.filter((pl.col("business_date") <= cutoff) & (pl.col("units") > 0))
    fresh = (
        sold.filter(~pl.col("sku").is_in(known))
        .group_by("sku")
        .agg(pl.col("units").sum(), first=pl.col("business_date").min())
        .sort("sku")
    )
    prior = _start_rate(panel)
    return {
        sku: _shrunk(units, _open_weeks(panel, first, cutoff), prior)
        for sku, units, first in fresh.iter_rows()
    }


def _shrunk(units: float, weeks: float, prior: float | None) -> float:
    if prior is None:
        return units / max(weeks, LEAST_SHARE)
    return (units + PRIOR_WEEKS * prior) / (weeks + PRIOR_WEEKS)


def _open_weeks(panel: Panel, first: date, cutoff: date) -> float:
    days = (cutoff - first).days + 1
    return sum(panel.calendar.day_share(first + timedelta(days=day)) for day in range(days))


def _start_rate(panel: Panel) -> float | None:
    """Median over recent launches of their mean rate in their first weeks; skus there from the start are
    none.
    """
    launched = (panel.launch > 0) & (panel.launch >= panel.width - RECENT_LAUNCH_WEEKS)
    age = np.arange(panel.width)[None, :] - panel.launch[:, None]
    start = launched[:, None] & (age >= 0) & (age < NEW_WEEKS) & ~np.isnan(panel.rate)
    count = start.sum(axis=1)
    means = np.where(start, panel.rate, 0.0).sum(axis=1)[count > 0] / count[count > 0]
    return float(np.median(means)) if len(means) else None
