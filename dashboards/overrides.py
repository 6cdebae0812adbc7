"""What a planner's override does to a weekly forecast, shown before the next run: by the run's own rule.

Pure: frames and rows in, frames and words out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from models.overrides import apply_overrides

ACTIONS = {
    "set": "Set the weekly mean to",
    "factor": "Multiply the weekly mean by",
    "add": "Add units per week",
}
STEPS = {"set": 10.0, "factor": 0.05, "add": 10.0}
NEUTRAL = {"factor": 1.0, "add": 0.0}


def with_overrides(forecast: pl.DataFrame, overrides: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """The forecast of one sku as the next run would make it: `overrides`, oldest first, laid over model_mean.

    A drafted override needs no id.
    """
    named = [{"override_id": "draft"} | dict(override) for override in overrides]
    bare = forecast.with_columns(mean="model_mean", override_id=pl.lit(None, pl.String))
    return apply_overrides(bare, overrides=named)[0]


def described(override: Mapping[str, object]) -> str:
    """'× 1.20', 'set to 40 a week', '+ 12 a week'."""
    value = float(override["value"])
    if override["action"] == "factor":
        return f"× {value:.2f}"
    if override["action"] == "set":
        return f"set to {value:,.10g} a week"
    return f"{'+' if value >= 0 else '−'} {abs(value):,.10g} a week"
