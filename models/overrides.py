"""Planners' overrides laid over a finished forecast; no model is fitted again.

An override speaks of a sku, of a category's sum or of the whole shop's; the latter two are spread over the
skus by their shares. What it was worth afterwards is in `value_added`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import isfinite

import polars as pl

from models.endings import DISCONTINUED
from models.errors import PlanError
from models.history import MOST_UNITS
from models.quantiles import LEVELS, QUANTILE_NAMES, geometric_quantiles

ACTIONS = ("set", "factor", "add")
CHANGES = {
    "sku": pl.String, "week_start": pl.Date, "new_mean": pl.Float64, "new_planner": pl.Float64,
    "new_id": pl.String, "new_weight": pl.Float64,
}  # fmt: skip
STEPS = {
    "override_id": pl.String, "sku": pl.String, "week_start": pl.Date, "before": pl.Float64,
    "planned": pl.Float64, "weight": pl.Float64, "after": pl.Float64,
}  # fmt: skip
SAYS = {"override_id": pl.String, "planner_mean": pl.Float64, "override_weight": pl.Float64}
DIGITS = 4
Key = tuple[str, date]


@dataclass
class Laid:
    """Means as they stand, what the planners alone would have, and each override's step on each week."""

    means: dict[Key, float]
    planner: dict[Key, float]
    named: dict[Key, tuple[str, float]] = field(default_factory=dict)
    steps: list[tuple] = field(default_factory=list)


def apply_overrides(
    forecast_weekly: pl.DataFrame,
    forecast_daily: pl.DataFrame | None = None,
    *,
    overrides: Iterable[Mapping[str, object]],
    categories: Mapping[str, str] | None = None,
    weights: Mapping[str, float] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Both tables with overrides (override_id, scope, sku, category, first_week, last_week, action
    set|factor|add, value) laid over.

    In the order given, each on what the one before left, so the last one on a week names it. `model_mean`
    keeps what the model said and `planner_mean` what the planners did; quantiles and days follow the mean. An
    override of what is not forecast changes nothing; one of a category or the shop leaves out weeks after a
    product's end (`model_name` 'discontinued'), one of the sku itself does not. `weights` (override_id ->
    0..1, default 1) is how far each is followed; the row says which, as `override_weight`. Raises `PlanError`
    for one that makes no number.
    """
    weekly = _with_says(forecast_weekly)
    laid = _lay(weekly, list(overrides), categories=categories or {}, weights=weights or {})
    changes = _changes(laid)
    if changes.is_empty():
        return weekly, forecast_daily
    joined = weekly.join(changes, on=["sku", "week_start"], how="left", maintain_order="left")
    changed = _scaled(joined).select(weekly.columns)
    if forecast_daily is None:
        return changed, None
    return changed, _days(forecast_daily, weekly, changes)


def override_steps(
    forecast_weekly: pl.DataFrame,
    *,
    overrides: Iterable[Mapping[str, object]],
    categories: Mapping[str, str] | None = None,
    weights: Mapping[str, float] | None = None,
) -> pl.DataFrame:
    """override_id, sku, week_start, before, planned, weight, after: what each override did to each week.

    `planned` is the override in full, `after` what was left of it at its weight.
    """
    weekly = _with_says(forecast_weekly)
    laid = _lay(weekly, list(overrides), categories=categories or {}, weights=weights or {})
    return pl.DataFrame(laid.steps, schema=STEPS, orient="row")


def _with_says(weekly: pl.DataFrame) -> pl.DataFrame:
    """With the columns an override fills, after `override_id` as the contract has them."""
    lacking = [name for name in SAYS if name not in weekly.columns]
    if not lacking:
        return weekly
    names = [name for name in weekly.columns if name not in SAYS]
    place = weekly.columns.index("override_id") if "override_id" in weekly.columns else len(names)
    filled = weekly.with_columns(pl.lit(None, SAYS[name]).alias(name) for name in lacking)
    return filled.select(*names[:place], *SAYS, *names[place:])


def _lay(
    weekly: pl.DataFrame,
    overrides: list[Mapping[str, object]],
    *,
    categories: Mapping[str, str],
    weights: Mapping[str, float],
) -> Laid:
    if not overrides:
        return Laid({}, {})
    means = {(sku, week): mean for sku, week, mean in weekly.select("sku", "week_start", "mean").rows()}
    laid = Laid(means, dict(means))
    by_week: dict[date, list[str]] = {}
    for sku, week in means:
        by_week.setdefault(week, []).append(sku)
    over = _after_the_end(weekly)
    for override in overrides:
        _check(override)
        weight = _weight(weights.get(str(override["override_id"]), 1.0))
        for week, skus in by_week.items():
            if override["first_week"] <= week <= override["last_week"]:
                members = _members(override, skus, categories)
                keys = [(sku, week) for sku in members]
                if override.get("scope", "sku") != "sku":
                    keys = [key for key in keys if key not in over]
                _step(laid, override, keys, weight)
    return laid


def _check(override: Mapping[str, object]) -> None:
    name, action, value = override["override_id"], override["action"], override["value"]
    if action not in ACTIONS:
        raise PlanError(f"override {name}: action {action!r} is none of {', '.join(ACTIONS)}")
    is_number = isinstance(value, int | float | Decimal) and isfinite(value)
    if not is_number or (action != "add" and value < 0):
        least = "" if action == "add" else ", at least 0"
        raise PlanError(f"override {name}: {action} needs a finite number{least}, found {value!r}")


def _weight(given: float) -> float:
    return min(max(float(given), 0.0), 1.0) if isfinite(given) else 1.0


def _after_the_end(weekly: pl.DataFrame) -> set[Key]:
    if "model_name" not in weekly.columns:
        return set()
    return set(weekly.filter(pl.col("model_name") == DISCONTINUED).select("sku", "week_start").rows())


def _members(override: Mapping[str, object], skus: list[str], categories: Mapping[str, str]) -> list[str]:
    match override.get("scope", "sku"):
        case "shop":
            return skus
        case "category":
            return [sku for sku in skus if categories.get(sku) == override["category"]]
    return [sku for sku in skus if sku == override["sku"]]


def _step(laid: Laid, override: Mapping[str, object], keys: list[Key], weight: float) -> None:
    before = [laid.means[key] for key in keys]
    planned = _moved(before, override)
    alone = _moved([laid.planner[key] for key in keys], override)
    name = str(override["override_id"])
    for key, old, full, planner in zip(keys, before, planned, alone, strict=True):
        after = round(old + weight * (full - old), DIGITS)
        laid.means[key], laid.planner[key] = after, round(planner, DIGITS)
        laid.named[key] = (name, weight)
        laid.steps.append((name, *key, old, round(full, DIGITS), weight, after))


def _moved(means: list[float], override: Mapping[str, object]) -> list[float]:
    """The skus' means of one week after the override, their sum as it asks; none below zero or above
    `MOST_UNITS`.
    """
    action, value = override["action"], float(override["value"])
    if action == "factor":
        return [min(mean * value, MOST_UNITS) for mean in means]
    total = sum(means)
    wanted = min(max(value if action == "set" else total + value, 0.0), MOST_UNITS)
    return [wanted * (mean / total if total > 0 else 1 / len(means)) for mean in means]


def _changes(laid: Laid) -> pl.DataFrame:
    found = [(*key, laid.means[key], laid.planner[key], *named) for key, named in laid.named.items()]
    return pl.DataFrame(found, schema=CHANGES, orient="row")


def _factor(old: str) -> pl.Expr:
    """New mean over old; null where the old quantiles tell nothing of the new mean: they are all 0, or of a
    mean too small for ratios (`quantiles.Calibration`) that was raised.
    """
    is_told = (pl.col(old) > 0) & (pl.max_horizontal(QUANTILE_NAMES) > 0)
    is_ratio = (pl.col(old) >= LEVELS[0]) | (pl.col("new_mean") <= pl.col(old))
    return pl.col("new_mean") / pl.when(is_told & is_ratio).then(pl.col(old))


def _fresh(means: pl.Series) -> list[pl.Series]:
    found = geometric_quantiles(means.fill_null(0.0).to_numpy())
    return [pl.Series(f"fresh_{name}", found[:, place]) for place, name in enumerate(QUANTILE_NAMES)]


def _scaled(weekly: pl.DataFrame) -> pl.DataFrame:
    """Quantiles times new mean over old (`_factor`), else geometric around the new mean."""
    is_changed = pl.col("new_id").is_not_null()
    factor = _factor("mean")
    return weekly.with_columns(_fresh(weekly["new_mean"])).with_columns(
        *(
            pl.when(is_changed)
            .then((pl.col(name) * factor + 0.5).floor().fill_null(pl.col(f"fresh_{name}")))
            .otherwise(pl.col(name))
            .alias(name)
            for name in QUANTILE_NAMES
        ),
        mean=pl.coalesce("new_mean", "mean"),
        override_id=pl.coalesce("new_id", "override_id"),
        planner_mean=pl.coalesce("new_planner", "planner_mean"),
        override_weight=pl.coalesce("new_weight", "override_weight"),
    )


def _days(daily: pl.DataFrame, weekly: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Changed weeks anew: times new mean over old, by the whole shop's share of days where the old mean was
    0; quantiles as those of weeks.
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
    is_changed = pl.col("new_id").is_not_null()
    mean = (pl.col("mean") * factor).fill_null(pl.col("new_mean") * pl.col("share")).round(6)
    moved = joined.with_columns(moved=pl.when(is_changed).then(mean).otherwise("mean"))
    moved = moved.with_columns(_fresh(moved["moved"]))
    return moved.with_columns(
        pl.col("moved").alias("mean"),
        *(
            pl.when(is_changed)
            .then((pl.col(name) * _factor("before") + 0.5).floor().fill_null(pl.col(f"fresh_{name}")))
            .otherwise(name)
            .alias(name)
            for name in QUANTILE_NAMES
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
