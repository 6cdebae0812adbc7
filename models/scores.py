"""The backtest's tables: accuracy by origin, class and model; by sku; the champions; what was said and what
came.

The model 'champion' is each sku's forecast by the model that its demand class would have been given at that
origin, chosen from earlier origins alone: it shows what choosing is worth, without hindsight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from models import backtest, metrics
from models.backtest import Origin
from models.candidates import AVERAGE, CANDIDATES, NAIVE
from models.champions import Verdict
from models.panel import CLASSES, WEEK

CHAMPION = "champion"
ALL = "all"
BACKTEST = {
    "cutoff_date": pl.Date, "demand_class": pl.String, "model_name": pl.String, "series": pl.Int64,
    "actual_units": pl.Float64, "wape": pl.Float64, "bias": pl.Float64, "rmsse": pl.Float64,
    "pinball": pl.Float64, "coverage_90": pl.Float64,
}  # fmt: skip
ACCURACY = {
    "sku": pl.String, "model_name": pl.String, "demand_class": pl.String, "is_champion": pl.Boolean,
    "wape": pl.Float64, "bias": pl.Float64, "actual_units": pl.Float64,
}  # fmt: skip
SAID = {
    "sku": pl.String, "cutoff_date": pl.Date, "week_start": pl.Date, "mean": pl.Float64, "naive": pl.Float64,
    "actual": pl.Float64, "exposure": pl.Float64,
}  # fmt: skip
CHAMPIONS = {
    "demand_class": pl.String, "model_name": pl.String, "series": pl.Int64, "wape": pl.Float64,
    "naive_wape": pl.Float64, "moving_average_wape": pl.Float64, "since": pl.Date, "before": pl.String,
    "challenger": pl.String, "gain": pl.Float64, "t_value": pl.Float64, "wins": pl.Int64,
    "origins": pl.Int64, "reason": pl.String,
}  # fmt: skip
DIGITS = 6


def with_champion(origins: list[Origin]) -> list[Origin]:
    """The scored origins, each with the forecast of the champions that the origins before it would have
    named, one succeeding the other.
    """
    found, succession = [], backtest.Succession()
    for origin in origins:
        if origin.is_scored:
            named = succession.named(origins, by=origin.cutoff)
            means = origin.means | {CHAMPION: origin.chosen(named)}
            found.append(replace(origin, means=means, champions=named))
    return found


def backtest_table(origins: list[Origin], scored: list[Origin], *, by: date) -> pl.DataFrame:
    """marts.backtest: one row per (cutoff, demand class with series, model)."""
    rows = []
    for origin in scored:
        quantiles = spreads(origins, origin)
        for name, means in origin.means.items():
            for demand_class in (ALL, *CLASSES):
                rows.append(_score(origin, name, means, quantiles[name], demand_class, by))
    table = pl.DataFrame([row for row in rows if row[3]], schema=BACKTEST, orient="row")
    return _rounded(table).sort("cutoff_date", "demand_class", "model_name")


def accuracy_table(
    scored: list[Origin], *, champions: Mapping[str, str], classes: Mapping[str, str], by: date
):
    """marts.forecast_accuracy: every sku and candidate over all scored origins; `classes` are today's."""
    parts = [_sums(origin, name, by) for origin in scored for name in CANDIDATES]
    if not parts:
        return pl.DataFrame(schema=ACCURACY)
    sums = pl.concat(parts).group_by("sku", "model_name").agg(pl.all().sum())
    today = pl.DataFrame({"sku": list(classes), "demand_class": list(classes.values())})
    champion = pl.col("demand_class").replace_strict(dict(champions), return_dtype=pl.String)
    sold = pl.when(pl.col("actual_units") > 0).then(pl.col("actual_units"))
    table = (
        sums.filter(pl.col("cells") > 0)
        .join(today, on="sku", how="inner")
        .select(
            "sku",
            "model_name",
            "demand_class",
            is_champion=pl.col("model_name") == champion,
            wape=pl.col("absolute") / sold,
            bias=pl.col("signed") / sold,
            actual_units=pl.col("actual_units"),
        )
    )
    return _rounded(table).sort("sku", "model_name")


def said_table(scored: list[Origin], *, by: date) -> pl.DataFrame:
    """marts.backtest_forecast: the champion and the seasonal naive against what came; no dormant skus."""
    parts = [_said(origin, by) for origin in scored]
    table = pl.concat(parts) if parts else pl.DataFrame(schema=SAID)
    return _rounded(table).sort("sku", "cutoff_date", "week_start")


def champion_table(
    scored: list[Origin],
    *,
    verdicts: Mapping[str, Verdict],
    classes: Mapping[str, str],
    by: date,
    since: Mapping[str, date],
) -> pl.DataFrame:
    """marts.champion: one row per demand class that has skus today, and one for 'all' of them together.

    `since` holds the day each reigning champion was named; a new one is named the day after `by`.
    """
    counts = {name: sum(found == name for found in classes.values()) for name in CLASSES}
    rows = (
        [_champion_row(scored, ALL, Verdict(CHAMPION, CHAMPION), len(classes), by, None)] if classes else []
    )
    for name in CLASSES:
        if counts[name]:
            verdict, named = verdicts[name], by + timedelta(days=1)
            named = named if verdict.is_changed else since.get(name, named)
            rows.append(_champion_row(scored, name, verdict, counts[name], by, named))
    return _rounded(pl.DataFrame(rows, schema=CHAMPIONS, orient="row")).sort("demand_class")


def _champion_row(
    scored: list[Origin], demand_class: str, verdict: Verdict, series: int, by: date, since: date | None
) -> tuple:
    def score(model_name: str) -> float | None:
        return backtest.pooled_wape(scored, model_name=model_name, demand_class=demand_class, by=by)

    wapes = score(verdict.champion), score(NAIVE), score(AVERAGE)
    proof = verdict.challenger, verdict.gain, verdict.t_value, verdict.wins, verdict.origins
    return demand_class, verdict.champion, series, *wapes, since, verdict.before, *proof, verdict.reason


def spreads(origins: list[Origin], origin: Origin) -> dict[str, np.ndarray]:
    """As they would have been given at the origin: from the misses known by then."""
    found = {}
    for name in CANDIDATES:
        calibration = backtest.calibration(origins, model_name=name, by=origin.cutoff)
        found[name] = calibration.quantiles(origin.classes, origin.means[name])
    by_sku = np.array([CANDIDATES.index(origin.champions[name]) for name in origin.classes], dtype=int)
    found[CHAMPION] = np.stack([found[name] for name in CANDIDATES])[by_sku, np.arange(len(by_sku))]
    return found


def _score(
    origin: Origin, name: str, means: np.ndarray, quantiles: np.ndarray, demand_class: str, by: date
) -> tuple:
    rows = np.ones(len(means), dtype=bool) if demand_class == ALL else origin.classes == demand_class
    seen, actual, forecast, spread = (
        origin.seen(by=by)[rows],
        origin.actual[rows],
        means[rows],
        quantiles[rows],
    )
    return (
        origin.cutoff,
        demand_class,
        name,
        int(seen.any(axis=1).sum()),
        float(actual[seen].sum()),
        metrics.wape(forecast, actual, seen),
        metrics.bias(forecast, actual, seen),
        metrics.rmsse(forecast, actual, seen, scale=origin.rmse_scale[rows]),
        metrics.scaled_pinball(spread, actual, seen, scale=origin.mae_scale[rows]),
        metrics.coverage(spread, actual, seen),
    )


def _sums(origin: Origin, name: str, by: date) -> pl.DataFrame:
    seen = origin.seen(by=by)
    miss = np.where(seen, origin.means[name] - origin.actual, 0.0)
    return pl.DataFrame(
        {
            "sku": list(origin.skus),
            "model_name": [name] * len(origin.skus),
            "cells": seen.sum(axis=1),
            "absolute": np.abs(miss).sum(axis=1),
            "signed": miss.sum(axis=1),
            "actual_units": np.where(seen, origin.actual, 0.0).sum(axis=1),
        },
        schema_overrides={"sku": pl.String, "model_name": pl.String},
    )


def _said(origin: Origin, by: date) -> pl.DataFrame:
    steps = (by - origin.cutoff).days // 7
    known = ~np.isnan(origin.actual) & (np.arange(origin.actual.shape[1])[None, :] < steps)
    rows, columns = np.nonzero(known & (origin.classes != "dormant")[:, None])
    first = origin.cutoff.toordinal() + 1
    return pl.DataFrame(
        {
            "sku": np.array(origin.skus, dtype=object)[rows].tolist(),
            "cutoff_date": [origin.cutoff] * len(rows),
            "week_start": [date.fromordinal(first + WEEK.days * int(step)) for step in columns],
            "mean": origin.means[CHAMPION][rows, columns],
            "naive": origin.means[NAIVE][rows, columns],
            "actual": origin.actual[rows, columns],
            "exposure": origin.exposure[rows, columns],
        },
        schema=SAID,
    )


def _rounded(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.selectors.float().round(DIGITS))
