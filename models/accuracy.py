"""Accuracy by level, segment and horizon, model by model, and what each step is worth against the one before.

The table a planner reads from the naive floor upwards: marts.forecast_metric. Scores by origin and by sku are
in `scores`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models import metrics
from models.backtest import Origin
from models.candidates import CANDIDATES
from models.levels import Grouped, grouped, spread
from models.panel import CLASSES
from models.quantiles import QUANTILES, RANGE_50, RANGE_90
from models.scores import ALL, CHAMPION, DIGITS, spreads

OVERRIDE = "override"
STEPS = (*CANDIDATES, CHAMPION, OVERRIDE)
HORIZONS = {"all": (0, 1_000), "1": (0, 1), "2-4": (1, 4), "5-8": (4, 8), "9-13": (8, 13)}
METRIC = {
    "level": pl.String, "segment": pl.String, "horizon": pl.String, "step_no": pl.Int64,
    "model_name": pl.String, "series": pl.Int64, "actual_units": pl.Float64, "wape": pl.Float64,
    "median_wape": pl.Float64, "bias": pl.Float64, "rmsse": pl.Float64, "pinball": pl.Float64,
    "coverage_50": pl.Float64, "coverage_90": pl.Float64, "value_added": pl.Float64,
}  # fmt: skip
KEY = ["level", "segment", "horizon", "step_no"]
MEDIAN = QUANTILES.index(0.5)


@dataclass(frozen=True)
class Scored:
    """All origins' cells of one level and model under one another: (rows, steps), quantiles (rows, steps,
    5).
    """

    segment: np.ndarray
    series: np.ndarray
    mean: np.ndarray
    quantiles: np.ndarray
    actual: np.ndarray
    seen: np.ndarray
    rmse_scale: np.ndarray
    mae_scale: np.ndarray


def metric_table(
    origins: list[Origin], scored: list[Origin], *, categories: Mapping[str, str], by: date
) -> pl.DataFrame:
    """marts.forecast_metric of every candidate and the champion; the override's rows come with
    `with_overrides`.

    WAPE (of means and of medians), bias and coverage are over all cells, RMSSE and pinball means over series;
    a sku at two origins is two series. At upper levels the champion's spread is that of its own sums.
    """
    if not scored:
        return pl.DataFrame(schema=METRIC)
    quantiles = [spreads(origins, origin) for origin in scored]
    shop = dict.fromkeys({sku for origin in scored for sku in origin.skus}, ALL)
    sums = {"category": categories, "total": shop}
    groups = {level: [grouped(origin, of, by=by) for origin in scored] for level, of in sums.items()}
    rows = []
    for name in (*CANDIDATES, CHAMPION):
        rows += _rows("sku", name, _by_sku(scored, quantiles, name, by), segments=CLASSES)
        for level, found in groups.items():
            segments = (
                tuple(sorted({each for one in found for each in one.names})) if level == "category" else ()
            )
            rows += _rows(level, name, _by_group(found, name), segments=segments)
    table = pl.DataFrame(
        rows, schema={name: METRIC[name] for name in METRIC if name != "value_added"}, orient="row"
    )
    return _with_value_added(table)


def with_overrides(metric: pl.DataFrame, override_value: pl.DataFrame) -> pl.DataFrame:
    """`metric` with a last step: what was forecast with the overrides, over the weeks they changed.

    Its value added is against the number before them on these same rows, as they were followed; each
    (sku, week) counts once.
    """
    cells = (
        override_value.filter("is_scored")
        .sort(pl.col("override_id").str.len_chars(), "override_id")  # O-9 was laid before O-10
        .group_by("sku", "week_start", maintain_order=True)
        .agg(pl.col("before").first(), pl.col("after").last(), pl.col("actual").first())
    )
    if cells.is_empty():
        return metric
    miss = pl.col("after") - pl.col("actual")
    units = pl.col("actual").sum()
    row = cells.select(
        level=pl.lit("sku"), segment=pl.lit(ALL), horizon=pl.lit("all"), step_no=pl.lit(len(STEPS)),
        model_name=pl.lit(OVERRIDE), series=pl.col("sku").n_unique(), actual_units=units,
        wape=miss.abs().sum() / units, median_wape=None, bias=miss.sum() / units, rmsse=None, pinball=None,
        coverage_50=None, coverage_90=None,
        value_added=((pl.col("before") - pl.col("actual")).abs().sum() - miss.abs().sum()) / units,
    ).with_columns(pl.selectors.float().fill_nan(None).round(DIGITS))  # fmt: skip
    return pl.concat([metric, row.cast(METRIC)]).sort(KEY)


def _by_sku(scored: list[Origin], quantiles: list[dict], name: str, by: date) -> Scored:
    return Scored(
        segment=np.concatenate([origin.classes for origin in scored]),
        series=np.concatenate([np.array(origin.skus, dtype=object) for origin in scored]),
        mean=np.concatenate([origin.means[name] for origin in scored]),
        quantiles=np.concatenate([found[name] for found in quantiles]),
        actual=np.concatenate([origin.actual for origin in scored]),
        seen=np.concatenate([origin.seen(by=by) for origin in scored]),
        rmse_scale=np.concatenate([origin.rmse_scale for origin in scored]),
        mae_scale=np.concatenate([origin.mae_scale for origin in scored]),
    )


def _by_group(found: list[Grouped], name: str) -> Scored:
    names = [np.array(each.names, dtype=object) for each in found]
    return Scored(
        segment=np.concatenate(names),
        series=np.concatenate(names),
        mean=np.concatenate([each.means[name] for each in found]),
        quantiles=np.concatenate([spread(found[:place], each, name) for place, each in enumerate(found)]),
        actual=np.concatenate([each.actual for each in found]),
        seen=np.concatenate([each.seen for each in found]),
        rmse_scale=np.concatenate([each.rmse_scale for each in found]),
        mae_scale=np.concatenate([each.mae_scale for each in found]),
    )


def _rows(level: str, name: str, cells: Scored, *, segments: tuple[str, ...]) -> list[tuple]:
    losses = _losses(cells)
    rows = []
    for segment in (ALL, *segments):
        members = np.ones(len(cells.mean), dtype=bool) if segment == ALL else cells.segment == segment
        for horizon, (first, last) in HORIZONS.items():
            seen = cells.seen[members, first:last]
            if not seen.any():
                continue
            values = _summed(losses, members, slice(first, last), seen, cells)
            series = len(set(cells.series[members][seen.any(axis=1)]))
            rows.append((level, segment, horizon, STEPS.index(name) + 1, name, series, *values))
    return rows


def _losses(cells: Scored) -> dict[str, np.ndarray]:
    actual = np.nan_to_num(cells.actual)
    miss = cells.mean - actual
    return {
        "actual": actual,
        "absolute": np.abs(miss),
        "median": np.abs(cells.quantiles[:, :, MEDIAN] - actual),
        "signed": miss,
        "square": miss**2,
        "pinball": metrics.pinball(cells.quantiles, actual),
        "inside_50": metrics.inside(cells.quantiles, actual, RANGE_50).astype(float),
        "inside_90": metrics.inside(cells.quantiles, actual, RANGE_90).astype(float),
    }


def _summed(losses: dict, members: np.ndarray, steps: slice, seen: np.ndarray, cells: Scored) -> tuple:
    """The columns of METRIC from actual_units to coverage_90; None where undefined."""

    def total(name: str) -> float:
        return float(losses[name][members, steps][seen].sum())

    def by_series(name: str) -> np.ndarray:
        counts = seen.sum(axis=1)
        sums = np.where(seen, losses[name][members, steps], 0.0).sum(axis=1)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    units = total("actual")
    return (
        units,
        total("absolute") / units if units > 0 else None,
        total("median") / units if units > 0 else None,
        total("signed") / units if units > 0 else None,
        _mean(np.sqrt(by_series("square")) / cells.rmse_scale[members]),
        _mean(by_series("pinball") / cells.mae_scale[members]),
        total("inside_50") / seen.sum(),
        total("inside_90") / seen.sum(),
    )


def _mean(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _with_value_added(table: pl.DataFrame) -> pl.DataFrame:
    """WAPE of the step before less that of this one, on the same rows; nothing for the first."""
    ordered = table.sort(KEY)
    before = pl.col("wape").shift(1).over("level", "segment", "horizon")
    return ordered.with_columns(value_added=before - pl.col("wape")).with_columns(
        pl.selectors.float().round(DIGITS)
    )
