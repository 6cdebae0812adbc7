"""What moved a sku's forecast, in units over its weeks: terms that add up to it.

What was sold, what stock-outs hid and bulk orders inflated come from the history alone; the rest from the
model itself, where it can say (`contributions`), else as one term. Overrides are added when they are laid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from models.panel import Panel

LEVEL_WEEKS = 26
DIGITS = 4
DRIVERS = {
    "sold": "its pace of sales over the last half year",
    "stock_outs": "demand that stock-outs hid",
    "bulk_orders": "one-off bulk orders left out",
    "launch": "how products like it began",
    "trend": "recent weeks against the half year",
    "season": "the time of the year",
    "last_year": "its own course a year ago",
    "price": "its price",
    "availability": "recent availability",
    "cap": "its fall at this time last year, or its category's, which caps it",
    "rise": "its category's rise at this time last year",
    "pattern": "how demand of this kind usually goes on",
    "model": "the model, which does not say more",
    "discontinued": "its end, from which on nothing is expected",
    "override": "the planners' overrides",
}
REMAINDER = {"moving_average": "trend", "exponential_smoothing": "trend", "seasonal_naive": "last_year"}
TABLE = {"sku": pl.String, "driver": pl.String, "driver_no": pl.Int64, "units": pl.Float64}


def shapley(
    units: Callable[[np.ndarray], np.ndarray],
    columns: Mapping[str, np.ndarray],
    neutral: Mapping[str, Mapping[str, np.ndarray | float]],
) -> dict[str, np.ndarray]:
    """What each group of `columns` moves `units(design)` by from its neutral values (group -> column ->
    value).

    Averaged over one order of the groups and its reverse (Strumbelj and Kononenko 2014). `level` is where
    all are neutral; together they add up to `units` of the true columns.
    """
    names = list(columns)
    design = np.column_stack(list(columns.values())).astype(float)
    start = design.copy()
    for values in neutral.values():
        for name, value in values.items():
            start[:, names.index(name)] = value
    found = {"level": units(start)} | dict.fromkeys(neutral, 0.0)
    for order in (list(neutral), list(neutral)[::-1]):
        moved, before = start.copy(), found["level"]
        for group in order:
            places = [names.index(name) for name in neutral[group]]
            moved[:, places] = design[:, places]
            after = units(moved)
            found[group] = found[group] + (after - before) / 2
            before = after
    return found


def driver_table(
    skus: tuple[str, ...],
    models: np.ndarray,
    *,
    means: np.ndarray,
    panel: Panel,
    contributions: Mapping[str, Mapping[str, np.ndarray]],
    steps: slice,
) -> pl.DataFrame:
    """marts.forecast_driver without the overrides: terms of each sku's `means` (skus, weeks), in order.

    `contributions` is model -> term -> (panel's skus,); its `level` is told apart into what was sold, hidden
    and left out. A sku not in the panel is new (`launch`) or never sold.
    """
    place = {sku: row for row, sku in enumerate(panel.skus)}
    total = np.round(means, DIGITS).sum(axis=1)
    base = _level_terms(panel, steps)
    rows = []
    for number, (sku, name) in enumerate(zip(skus, models, strict=True)):
        row = place.get(sku)
        if row is None:
            rows.append((sku, "launch", total[number]))
            continue
        rest = REMAINDER.get(name, "pattern" if name in contributions else "model")
        said = contributions.get(name, {}) if total[number] else {}
        rows += [(sku, *term) for term in _terms(row, total[number], base, said, rest=rest)]
    order = {name: number for number, name in enumerate(DRIVERS, start=1)}
    table = [(sku, name, order[name], round(float(units), DIGITS)) for sku, name, units in rows]
    return (
        pl.DataFrame(table, schema=TABLE, orient="row").filter(pl.col("units") != 0).sort("sku", "driver_no")
    )


def with_override(drivers: pl.DataFrame, forecast_weekly: pl.DataFrame) -> pl.DataFrame:
    """`drivers` with what the overrides changed."""
    changed = (
        forecast_weekly.group_by("sku")
        .agg(units=(pl.col("mean") - pl.col("model_mean")).sum().round(DIGITS))
        .filter(pl.col("units") != 0)
        .with_columns(driver=pl.lit("override"), driver_no=pl.lit(len(DRIVERS), pl.Int64))
    )
    return pl.concat([drivers, changed.select(*TABLE)]).sort("sku", "driver_no")


def _level_terms(panel: Panel, steps: slice) -> dict[str, np.ndarray]:
    """Half a year's mean a week times the weeks ahead that are open: as sold, hidden demand, bulk orders."""
    first = max(panel.width - LEVEL_WEEKS, 0)
    weeks = panel.open_share(panel.width + steps.stop)[panel.width :][steps].sum()
    alive = panel.alive[:, first:]
    known = alive & ~np.isnan(panel.demand[:, first:])
    sold = _mean(panel.units[:, first:], alive)
    adjusted, demand = (_mean(values[:, first:], known) for values in (panel.adjusted, panel.demand))
    return {
        "sold": sold * weeks,
        "stock_outs": (np.where(known.any(axis=1), adjusted, sold) - sold) * weeks,
        "bulk_orders": np.where(known.any(axis=1), demand - adjusted, 0.0) * weeks,
    }


def _mean(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    sums = np.where(counts, np.nan_to_num(values), 0.0).sum(axis=1)
    return sums / np.maximum(counts.sum(axis=1), 1)


def _terms(
    row: int, total: float, base: dict, said: Mapping[str, np.ndarray], *, rest: str
) -> list[tuple[str, float]]:
    terms = [(name, values[row]) for name, values in base.items()]
    terms += [(name, values[row]) for name, values in said.items() if name != "level"]
    return [*terms, (rest, total - sum(units for _, units in terms))]
