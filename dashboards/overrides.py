"""What a planner's override does to a weekly forecast, shown before the next run applies it. Pure.

Where two overrides meet in a week, the later one counts (see `oms_ops.decisions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

ACTIONS = {
    "set": "Set the weekly mean to",
    "factor": "Multiply the weekly mean by",
    "add": "Add units per week",
}
STEPS = {"set": 10.0, "factor": 0.05, "add": 10.0}
NEUTRAL = {"factor": 1.0, "add": 0.0}


def changed(mean: float, *, action: str, value: float) -> float:
    """The mean of one week after one override; never below 0."""
    if action == "set":
        return max(0.0, value)
    return max(0.0, mean * value if action == "factor" else mean + value)


def with_overrides(forecast: pl.DataFrame, overrides: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """week_start and mean as the next run would make them: `overrides` oldest first, laid over model_mean."""
    standing = list(overrides)
    rows = forecast.select("week_start", "model_mean").iter_rows()
    return pl.DataFrame(
        [(week, _mean(week, mean, standing)) for week, mean in rows],
        schema={"week_start": pl.Date, "mean": pl.Float64},
        orient="row",
    )


def _mean(week: date, mean: float, overrides: list[Mapping[str, object]]) -> float:
    for override in reversed(overrides):
        if override["first_week"] <= week <= override["last_week"]:
            return changed(mean, action=str(override["action"]), value=float(override["value"]))
    return mean


def described(override: Mapping[str, object]) -> str:
    """'× 1.20', 'set to 40 a week', '+ 12 a week'."""
    value = float(override["value"])
    if override["action"] == "factor":
        return f"× {value:.2f}"
    if override["action"] == "set":
        return f"set to {value:,.10g} a week"
    return f"{'+' if value >= 0 else '−'} {abs(value):,.10g} a week"
