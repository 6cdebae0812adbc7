"""A small shop's past for replays: a year of demand by channel, stock at two locations, two suppliers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from models.known import LEVELS, ORDERED, RECEIVED, Past
from models.quantiles import QUANTILE_NAMES
from models.replay import Spoken

FIRST = date(2023, 1, 2)  # a Monday
WEEKS = 60
NOW = datetime(2024, 2, 26, tzinfo=UTC)
SKUS = tuple(f"S{number:02}" for number in range(16))
QUANTILES = dict(zip(QUANTILE_NAMES, (0, 0.05, 0.1, 0.4, 0.5, 0.9, 1.35, 1.6, 2.3, 2.7, 3.6), strict=True))
LEAD_DAYS = {"NEAR": 6, "FAR": 13}


def at(day: int, hour: int = 0) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, hour, tzinfo=UTC) + timedelta(days=day)


def sold(*, seed: int = 1, is_steady: bool = False) -> pl.DataFrame:
    """sku, dimension, member, day, units: the web shop sells three times what the marketplace does, in bursts
    unless steady.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number, sku in enumerate(SKUS):
        for channel, place, rate in (("web", "NORTH", 0.75), ("fba", "SOUTH", 0.25)):
            weeks = np.ones(WEEKS * 7) if is_steady else np.repeat(rng.gamma(0.5, 2.0, WEEKS), 7)
            for day, units in enumerate(rng.poisson((1 + number / 4) * rate * weeks).tolist()):
                if units:
                    on = FIRST + timedelta(days=day)
                    rows.append((sku, "channel", channel, on, float(units)))
                    rows.append((sku, "location", place, on, float(units)))
    return pl.DataFrame(rows, schema=["sku", "dimension", "member", "day", "units"], orient="row")


def forecasts(units: pl.DataFrame, *, weeks: int) -> list[Spoken]:
    """On the last Sundays: the mean week of the eight before, and a wide spread."""
    found = []
    for back in range(weeks, 0, -1):
        cutoff = NOW.date() - timedelta(days=1, weeks=back)
        seen = units.filter(
            pl.col("dimension") == "channel",
            pl.col("day") <= cutoff,
            pl.col("day") > cutoff - timedelta(weeks=8),
        )
        mean = seen.group_by("sku").agg(mean=pl.col("units").sum() / 8).sort("sku")
        ahead = pl.DataFrame({"week_start": [cutoff + timedelta(days=1, weeks=step) for step in range(13)]})
        weekly = mean.join(ahead, how="cross").with_columns(
            demand_class=pl.lit("lumpy"),
            **{name: pl.col("mean") * times for name, times in QUANTILES.items()},
        )
        found.append(Spoken(cutoff, weekly))
    return found


def demand_daily(units: pl.DataFrame) -> pl.DataFrame:
    of_channels = units.filter(pl.col("dimension") == "channel")
    days = (
        of_channels.group_by("sku", business_date="day")
        .agg(pl.col("units").sum())
        .sort("sku", "business_date")
    )
    return days.with_columns(
        orders=pl.lit(1, pl.Int64), gross_sales=pl.col("units") * 5.0, exposure=pl.lit(1.0)
    )


def product() -> pl.DataFrame:
    suppliers = ["NEAR" if number % 2 else "FAR" for number in range(len(SKUS))]
    return pl.DataFrame(
        {
            "sku": SKUS, "product_kind": "product", "category": "x", "supplier_id": suppliers,
            "unit_cost": 2.0, "pack_size": 6.0, "min_order_quantity": 12.0, "mean_price": 5.0,
            "abc_class": "A",
        }
    )  # fmt: skip


def suppliers() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "supplier_id": list(LEAD_DAYS),
            "quoted_lead_time_days": [float(days) for days in LEAD_DAYS.values()],
        }
    )


def past(units: pl.DataFrame) -> Past:
    """At each location every sku is bought a month's mean every fourth week, whatever lies there."""
    levels, ordered, received = [], [], []
    for (sku, place), rows in units.filter(pl.col("dimension") == "location").group_by(
        ["sku", "member"], maintain_order=True
    ):
        supplier = "NEAR" if SKUS.index(sku) % 2 else "FAR"
        asked = dict(rows.select("day", "units").iter_rows())
        month = float(np.ceil(rows["units"].sum() / WEEKS * 4))
        due = {}
        for number, day in enumerate(range(0, WEEKS * 7, 28)):
            took = LEAD_DAYS[supplier] + number % 3
            line = f"{place}/{sku}/{number}"
            ordered.append((line, supplier, sku, month, place, at(day, 9), at(day + took), at(day, 9)))
            due[day + took] = line
        shelf = month / 2
        levels.append((sku, place, at(0), shelf))
        for day in range(WEEKS * 7):
            if day in due:
                received.append((due[day], month, at(day, 6)))
                shelf += month
            shelf = max(shelf - asked.get(FIRST + timedelta(days=day), 0.0), 0.0)
            levels.append((sku, place, at(day, 20), shelf))
    return Past.of(
        levels=pl.DataFrame(levels, schema=LEVELS, orient="row"),
        ordered=pl.DataFrame(ordered, schema=ORDERED, orient="row"),
        received=pl.DataFrame(received, schema=RECEIVED, orient="row"),
    )
