"""What a planner's override does to a weekly forecast, shown before the next run: by the run's own rule.

Pure: frames and rows in, frames and words out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from models.overrides import apply_overrides
from models.quantiles import QUANTILE_NAMES

ACTIONS = {
    "set": "Set the weekly mean to",
    "factor": "Multiply the weekly mean by",
    "add": "Add units per week",
}
STEPS = {"set": 10.0, "factor": 0.05, "add": 10.0}
NEUTRAL = {"factor": 1.0, "add": 0.0}


def with_overrides(
    forecast: pl.DataFrame,
    overrides: Iterable[Mapping[str, object]],
    *,
    categories: Mapping[str, str] | None = None,
    weights: Mapping[str, float] | None = None,
    onto: str = "model_mean",
) -> pl.DataFrame:
    """The forecast as the next run would make it: `overrides`, oldest first, laid over `model_mean` (or the
    mean as it stands).

    A drafted override needs no id.
    """
    named = [{"override_id": "draft"} | dict(override) for override in overrides]
    bare = forecast.with_columns(mean=onto, override_id=pl.lit(None, pl.String))
    unknown = [name for name in QUANTILE_NAMES if name not in forecast.columns]
    bare = bare.with_columns(pl.lit(0.0).alias(name) for name in unknown)
    found = apply_overrides(bare, overrides=named, categories=categories, weights=weights)[0]
    return found.select(*forecast.columns, *({"override_id"} - set(forecast.columns)))


def target(override: Mapping[str, object]) -> str:
    """What it speaks of: a sku, 'Bags (category)', or the whole shop."""
    if override["scope"] == "shop":
        return "The whole shop"
    return str(override["sku"]) if override["scope"] == "sku" else f"{override['category']} (category)"


def described(override: Mapping[str, object]) -> str:
    """'× 1.20', 'set to 40 a week', '+ 12 a week'."""
    value = float(override["value"])
    if override["action"] == "factor":
        return f"× {value:.2f}"
    if override["action"] == "set":
        return f"set to {value:,.10g} a week"
    return f"{'+' if value >= 0 else '−'} {abs(value):,.10g} a week"
