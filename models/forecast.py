"""The forecast: backtest, champions, weekly means and quantiles, days; planners' overrides are in
`overrides`.

Demand in, tables with exactly the columns of the marts out. Same inputs, same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from models import accuracy, backtest, endings, history, panel, scores
from models.candidates import contributions, fit_all, predict_all
from models.changes import base_changes, long_means
from models.daily import daily_table
from models.drivers import driver_table
from models.errors import HistoryError
from models.lost_sales import history_table
from models.newcomers import Start, starts
from models.overrides import apply_overrides
from models.panel import WEEK, Panel
from models.quantiles import QUANTILE_NAMES, QUANTILES, geometric_quantiles

__all__ = ["ForecastResult", "apply_overrides", "make_forecast"]

DIGITS = 4
WEEKLY = {
    "sku": pl.String, "week_start": pl.Date, "model_name": pl.String, "demand_class": pl.String,
    "mean": pl.Float64, "model_mean": pl.Float64, **dict.fromkeys(QUANTILE_NAMES, pl.Float64),
    "override_id": pl.String, "made_as_of": pl.Datetime("us", "UTC"), "data_version": pl.String,
    "code_version": pl.String, "seed": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class ForecastResult:
    """One frame per mart of the same name."""

    forecast_weekly: pl.DataFrame
    forecast_daily: pl.DataFrame
    backtest: pl.DataFrame
    forecast_accuracy: pl.DataFrame
    backtest_forecast: pl.DataFrame
    champion: pl.DataFrame
    forecast_metric: pl.DataFrame
    forecast_driver: pl.DataFrame
    forecast_change: pl.DataFrame
    demand_history: pl.DataFrame


@dataclass(frozen=True)
class Ahead:
    """Forecast of every sku: (skus, steps) arrays from the Monday `first_week` on, the cutoff's week if it
    is cut. `found` is every candidate's, `contributions` what they say moved them, both of the panel's skus
    alone.
    """

    skus: tuple[str, ...]
    classes: np.ndarray
    models: np.ndarray
    first_week: date
    mean: np.ndarray
    quantiles: np.ndarray
    found: dict[str, np.ndarray] = field(default_factory=dict)
    contributions: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)


@threadpool_limits.wrap(limits=1, user_api="blas")  # sums in one order: same bytes on any machine
def make_forecast(
    demand_daily: pl.DataFrame,
    *,
    as_of: datetime,
    zone: str = "UTC",
    availability_day: pl.DataFrame | None = None,
    product: pl.DataFrame | None = None,
    horizon_weeks: int = 13,
    horizon_days: int = 28,
    origins: int = 4,
    seed: int = 0,
    data_version: str = "",
    code_version: str = "",
    overrides: list[dict] | tuple[dict, ...] = (),
    champions_before: pl.DataFrame | None = None,
    forecast_before: pl.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
) -> ForecastResult:
    """Everything the backtest and the champions say about the weeks after `as_of` (its day in `zone` is not
    over).

    The first forecast week is the first Monday from that day on; days start with that day. A sku of `product`
    (kind 'product') that never sold is dormant; from its discontinued_on on, nothing is history and nothing
    expected. `champions_before` is the last forecast's marts.champion: who holds a class keeps it until
    another has proven better; `forecast_before` is its marts.forecast_weekly, to say what changed. Raises
    `HistoryError` for a history that breaks its contract.
    """
    cutoff = _cutoff(as_of, zone)
    days = history.validate(demand_daily, availability_day=availability_day)
    ended = history.ends(product)
    whole = panel.build(days, cutoff=cutoff, category=categories(product), ended=ended)
    known_by = whole.week(whole.width) - timedelta(days=1)
    past = backtest.run(
        days, whole=whole, origins=origins, horizon=horizon_weeks, seed=seed, progress=progress
    )
    before = _reigning(champions_before)
    verdicts = backtest.champions(past, by=known_by, before={name: row[0] for name, row in before.items()})
    champions = {name: verdict.champion for name, verdict in verdicts.items()}
    ahead = _ahead(
        days, whole, past, champions, cutoff=cutoff, horizon=horizon_weeks, seed=seed, product=product
    )
    classes = dict(zip(ahead.skus, ahead.classes, strict=True))
    scored = scores.with_champion(past)
    made = {"made_as_of": as_of, "data_version": data_version, "code_version": code_version, "seed": seed}
    kept = endings.kept(ahead, ended, whole.calendar)
    weekly = _weekly_table(
        endings.faded(ahead, kept), first_week=_first_week(cutoff), weeks=horizon_weeks, made=made
    )
    weekly = endings.named(weekly, ended)
    daily = daily_table(
        ahead, calendar=whole.calendar, first_day=cutoff + timedelta(days=1), days=horizon_days
    )
    daily = endings.days(daily, ended)
    change = _changes(forecast_before, weekly, ahead, whole, days, kept=kept, by=cutoff)
    weekly, daily = apply_overrides(weekly, daily, overrides=overrides)
    return ForecastResult(
        forecast_weekly=weekly,
        forecast_daily=daily,
        backtest=scores.backtest_table(past, scored, by=known_by),
        forecast_accuracy=scores.accuracy_table(scored, champions=champions, classes=classes, by=known_by),
        backtest_forecast=scores.said_table(scored, by=known_by),
        champion=scores.champion_table(
            scored,
            verdicts=verdicts,
            classes=classes,
            by=known_by,
            since={name: row[1] for name, row in before.items()},
        ),
        forecast_metric=accuracy.metric_table(past, scored, categories=categories(product), by=known_by),
        forecast_driver=_drivers(ahead, whole, kept, first_week=_first_week(cutoff), weeks=horizon_weeks),
        forecast_change=change,
        demand_history=history_table(days, cutoff=cutoff, ended=ended),
    )


def _reigning(champions_before: pl.DataFrame | None) -> dict[str, tuple[str, date]]:
    """demand class -> (model, since) of the last forecast's marts.champion; a stopgap holds nothing."""
    if champions_before is None:
        return {}
    rows = champions_before.filter(pl.col("demand_class") != scores.ALL, pl.col("origins") > 0)
    return {
        name: (model, since)
        for name, model, since in rows.select("demand_class", "model_name", "since").rows()
    }


def categories(product: pl.DataFrame | None) -> dict[str, str]:
    if product is None or "category" not in product.columns:
        return {}
    return dict(product.select("sku", "category").rows())


def _cutoff(as_of: datetime, zone: str) -> date:
    if as_of.tzinfo is None:
        raise HistoryError(f"as_of must carry its time zone, found {as_of!r}")
    return as_of.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def _first_week(cutoff: date) -> date:
    """The first Monday after the cutoff."""
    return cutoff + timedelta(days=7 - cutoff.weekday())


def _ahead(
    days: pl.DataFrame,
    whole: Panel,
    past: list[backtest.Origin],
    champions: dict[str, str],
    *,
    cutoff: date,
    horizon: int,
    seed: int,
    product: pl.DataFrame | None,
) -> Ahead:
    """Champions for skus with a full week, launch means for newer ones, zeros for what never sold."""
    first_week = history.last_full_week(cutoff) + WEEK
    steps = horizon + (_first_week(cutoff) - first_week).days // 7
    classes = panel.demand_classes(whole)
    means, quantiles = np.zeros((len(whole.skus), steps)), np.zeros((len(whole.skus), steps, len(QUANTILES)))
    fitted = fit_all(whole, steps=steps, seed=seed) if len(whole.skus) else ()
    found = predict_all(fitted, whole, steps=steps) if fitted else {}
    models = np.array([champions[name] for name in classes], dtype=object)
    for name in sorted(set(models)):
        members = models == name
        spread = backtest.calibration(past, model_name=name, by=_end(whole))
        means[members] = found[name][members]
        quantiles[members] = spread.quantiles(classes[members], means[members])
    share = whole.calendar.week_shares(first_week + step * WEEK for step in range(steps))
    quantiles[:, share == 0] = 0.0
    ahead = Ahead(whole.skus, classes, models, first_week, means, quantiles)
    new = starts(
        history.before_end(days, whole.ended),
        panel=whole,
        cutoff=cutoff,
        product=product,
        first_week=first_week,
        steps=steps,
    )
    ahead = _append(ahead, new, share, demand_class="new")
    nothing = Start(np.zeros(steps), champions["dormant"])
    ahead = _append(
        ahead, dict.fromkeys(sorted(_unsold(product, ahead.skus)), nothing), share, demand_class="dormant"
    )
    said = contributions(fitted, first=steps - horizon, steps=steps) if fitted else {}
    return replace(ahead, found=found, contributions=said)


def _drivers(ahead: Ahead, whole: Panel, kept: np.ndarray, *, first_week: date, weeks: int) -> pl.DataFrame:
    skip = (first_week - ahead.first_week).days // 7
    steps = slice(skip, skip + weeks)
    table = driver_table(
        ahead.skus,
        ahead.models,
        means=ahead.mean[:, steps],
        panel=whole,
        contributions=ahead.contributions,
        steps=steps,
    )
    whole_weeks = np.round(ahead.mean[:, steps], DIGITS)
    left = np.round(ahead.mean[:, steps] * kept[:, steps], DIGITS)
    return endings.drivers(table, ahead.skus, (whole_weeks - left).sum(axis=1))


def _changes(
    before: pl.DataFrame | None,
    weekly: pl.DataFrame,
    ahead: Ahead,
    whole: Panel,
    days: pl.DataFrame,
    *,
    kept: np.ndarray,
    by: date,
) -> pl.DataFrame:
    steps = ahead.mean.shape[1]
    weeks = [ahead.first_week + step * WEEK for step in range(steps)]
    again = {name: long_means(whole.skus, weeks, means) for name, means in ahead.found.items()}
    return base_changes(
        before,
        weekly,
        again=again if before is not None else {},
        unfaded=endings.unfaded(ahead, kept),
        demand_daily=history.before_end(days, whole.ended),
        by=by,
    )


def _end(whole: Panel) -> date:
    return whole.week(whole.width) - timedelta(days=1)


def _append(ahead: Ahead, new: dict[str, Start], share: np.ndarray, *, demand_class: str) -> Ahead:
    """`ahead` with further skus; quantiles geometric, as nothing was ever measured for them."""
    mean = np.array([one.weekly for one in new.values()], dtype=float).reshape(len(new), len(share)) * share
    spread = geometric_quantiles(mean.reshape(-1)).reshape(*mean.shape, len(QUANTILES))
    return Ahead(
        skus=(*ahead.skus, *new),
        classes=np.concatenate([ahead.classes, np.full(len(new), demand_class, dtype=object)]),
        models=np.concatenate([ahead.models, np.array([one.model for one in new.values()], dtype=object)]),
        first_week=ahead.first_week,
        mean=np.concatenate([ahead.mean, mean]),
        quantiles=np.concatenate([ahead.quantiles, spread]),
    )


def _unsold(product: pl.DataFrame | None, skus: tuple[str, ...]) -> set[str]:
    if product is None:
        return set()
    return set(product.filter(pl.col("product_kind") == "product")["sku"]) - set(skus)


def _weekly_table(ahead: Ahead, *, first_week: date, weeks: int, made: dict) -> pl.DataFrame:
    skip = (first_week - ahead.first_week).days // 7
    count = len(ahead.skus)
    mean = np.round(ahead.mean[:, skip : skip + weeks].reshape(-1), DIGITS)
    spread = ahead.quantiles[:, skip : skip + weeks].reshape(-1, len(QUANTILES))
    table = pl.DataFrame(
        {
            "sku": np.repeat(np.array(ahead.skus, dtype=object), weeks).tolist(),
            "week_start": [first_week + step * WEEK for step in range(weeks)] * count,
            "model_name": np.repeat(ahead.models, weeks).tolist(),
            "demand_class": np.repeat(ahead.classes, weeks).tolist(),
            "mean": mean,
            "model_mean": mean,
            **{name: spread[:, number] for number, name in enumerate(QUANTILE_NAMES)},
        },
        schema={name: WEEKLY[name] for name in list(WEEKLY)[: 6 + len(QUANTILES)]},
    )
    return (
        table.with_columns(
            pl.lit(None, pl.String).alias("override_id"), *(pl.lit(v).alias(k) for k, v in made.items())
        )
        .cast(WEEKLY)
        .select(*WEEKLY)
        .sort("sku", "week_start")
    )
