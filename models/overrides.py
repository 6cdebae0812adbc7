"""Planners' overrides laid over a finished forecast; no model is fitted again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from models.errors import PlanError
from models.quantiles import geometric_quantiles

ACTIONS = ("set", "factor", "add")
QUANTILES = ("q05", "q25", "q50", "q75", "q95")
CHANGES = {"sku": pl.String, "week_start": pl.Date, "new_mean": pl.Float64, "new_id": pl.String}


def apply_overrides(
    forecast_weekly: pl.DataFrame,
    forecast_daily: pl.DataFrame | None = None,
    *,
    overrides: Iterable[Mapping[str, object]],
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Both tables with overrides (override_id, sku, first_week, last_week, action set|factor|add, value) laid
    over.

    In the order given, each on what the one before left, so the last one on a week names it. `model_mean`
    keeps what the model said; quantiles and days follow the mean. An override of a sku or week not forecast
    changes nothing.
    """
    changes = _changes(forecast_weekly, list(overrides))
    if changes.is_empty():
        return forecast_weekly, forecast_daily
    weekly = forecast_weekly.join(changes, on=["sku", "week_start"], how="left", maintain_order="left")
    changed = _scaled(weekly).select(forecast_weekly.columns)
    if forecast_daily is None:
        return changed, None
    return changed, _days(forecast_daily, forecast_weekly, changes)


def _changes(weekly: pl.DataFrame, overrides: list[Mapping[str, object]]) -> pl.DataFrame:
    skus = {str(override["sku"]) for override in overrides}
    rows = weekly.filter(pl.col("sku").is_in(skus)).select("sku", "week_start", "mean").rows()
    means = {(sku, week): mean for sku, week, mean in rows}
    named: dict[tuple[str, date], str] = {}
    for override in overrides:
        for key in means:
            if key[0] == override["sku"] and override["first_week"] <= key[1] <= override["last_week"]:
                means[key] = _moved(means[key], override)
                named[key] = str(override["override_id"])
    found = [(*key, round(means[key], 4), override_id) for key, override_id in named.items()]
    return pl.DataFrame(found, schema=CHANGES, orient="row")


def _moved(mean: float, override: Mapping[str, object]) -> float:
    action, value = override["action"], float(override["value"])
    if action not in ACTIONS:
        raise PlanError(
            f"override {override['override_id']}: action {action!r} is none of {', '.join(ACTIONS)}"
        )
    moved = {"set": value, "factor": mean * value, "add": mean + value}[action]
    return max(moved, 0.0)


def _scaled(weekly: pl.DataFrame) -> pl.DataFrame:
    """Quantiles times new mean over old; geometric around the new mean where the old one was 0."""
    is_changed = pl.col("new_id").is_not_null()
    factor = pl.col("new_mean") / pl.when(pl.col("mean") > 0).then(pl.col("mean"))
    fresh = geometric_quantiles(weekly["new_mean"].fill_null(0.0).to_numpy())
    columns = [pl.Series(f"fresh_{name}", fresh[:, place]) for place, name in enumerate(QUANTILES)]
    return weekly.with_columns(columns).with_columns(
        *(
            pl.when(is_changed)
            .then((pl.col(name) * factor + 0.5).floor().fill_null(pl.col(f"fresh_{name}")))
            .otherwise(pl.col(name))
            .alias(name)
            for name in QUANTILES
        ),
        mean=pl.coalesce("new_mean", "mean"),
        override_id=pl.coalesce("new_id", "override_id"),
    )


def _days(daily: pl.DataFrame, weekly: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Changed weeks anew: times new mean over old, by the whole shop's share of days where the old mean was
    0.
    """
    dated = daily.with_columns(week_start=pl.col("business_date").dt.truncate("1w"))
    before = weekly.select("sku", "week_start", before="mean")
    joined = dated.join(
        changes.join(before, on=["sku", "week_start"]),
        on=["sku", "week_start"],
        how="left",
        maintain_order="left",
    ).join(_shares(dated, weekly), on="business_date", how="left", maintain_order="left")
    factor = pl.col("new_mean") / pl.when(pl.col("before") > 0).then(pl.col("before"))
    fresh = pl.col("new_mean") * pl.col("share")
    is_changed = pl.col("new_id").is_not_null()
    return joined.with_columns(
        pl.when(is_changed)
        .then((pl.col("mean") * factor).fill_null(fresh).round(6))
        .otherwise("mean")
        .alias("mean"),
        *(
            pl.when(is_changed)
            .then((pl.col(name) * factor + 0.5).floor().fill_null((fresh + 0.5).floor()))
            .otherwise(name)
            .alias(name)
            for name in ("q05", "q50", "q95")
        ),
    ).select(daily.columns)


def _shares(dated: pl.DataFrame, weekly: pl.DataFrame) -> pl.DataFrame:
    """business_date, share: of the shop's forecast week; a seventh where the whole shop's week is 0."""
    shop = weekly.group_by("week_start").agg(shop_week=pl.col("mean").sum())
    return (
        dated.group_by("business_date", "week_start")
        .agg(pl.col("mean").sum())
        .join(shop, on="week_start", how="left")
        .select(
            "business_date",
            share=pl.when(pl.col("shop_week") > 0)
            .then(pl.col("mean") / pl.col("shop_week"))
            .otherwise(1 / 7),
        )
    )
