"""Rolling origins: every candidate forecasts as if it stood at past cutoffs, and is scored on what came.

An origin is a Sunday; it sees nothing after it. Weeks with a stock-out do not count, nor weeks not wholly
before a product's end: so it does not matter when an end was announced. One earlier origin is run unscored:
it is what the first scored origin calibrates its quantiles and chooses its champions from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from models import history, panel
from models.candidates import AVERAGE, CANDIDATES, COMBINATION, forecast_all
from models.champions import Cells, Verdict, decide, holders
from models.metrics import naive_rmse, seasonal_mae, wape
from models.panel import CLASSES, WEEK, Panel
from models.quantiles import Calibration, Residuals

EVERY_WEEKS = 4
LEAST_WEEKS = 8
EVIDENCE = 30 * WEEK  # the four scored origins and the one a horizon before them
INCUMBENT = COMBINATION
NO_EVIDENCE = AVERAGE
WORKERS = 2


@dataclass(frozen=True)
class Origin:
    """What was forecast at `cutoff` and what came: (skus, steps) arrays; unknown actuals are NaN.

    `past` is (skus, weeks) of units sold before, NaN before launch; `champions` those named by then.
    """

    cutoff: date
    is_scored: bool
    skus: tuple[str, ...]
    classes: np.ndarray
    means: dict[str, np.ndarray]
    actual: np.ndarray
    exposure: np.ndarray
    rmse_scale: np.ndarray
    mae_scale: np.ndarray
    past: np.ndarray | None = None
    champions: Mapping[str, str] = field(default_factory=dict)

    def seen(self, *, by: date) -> np.ndarray:
        """Cells that count: the week had ended by then, and the sku could be bought all week."""
        weeks = (by - self.cutoff).days // 7
        steps = np.arange(self.actual.shape[1])[None, :] < weeks
        return steps & ~np.isnan(self.actual) & (self.exposure >= history.FULL)

    def chosen(self, champions: dict[str, str]) -> np.ndarray:
        """Each sku's forecast by the champion of the class it was in."""
        found = np.zeros_like(self.actual)
        for name in CLASSES:
            members = self.classes == name
            found[members] = self.means[champions[name]][members]
        return found


def cutoffs(first_day: date, last_cutoff: date, *, origins: int, horizon: int) -> list[date]:
    """The unscored origin, then the scored ones, every four weeks up to four weeks before the end.

    Only those with eight full weeks of history before them; `last_cutoff` is a Sunday.
    """
    scored = [last_cutoff - EVERY_WEEKS * WEEK * number for number in range(origins, 0, -1)]
    wanted = [scored[0] - horizon * WEEK, *scored] if scored else []
    return [cutoff for cutoff in wanted if cutoff >= first_day + LEAST_WEEKS * WEEK]


def run(
    days: pl.DataFrame,
    *,
    whole: Panel,
    origins: int,
    horizon: int,
    seed: int,
    progress: Callable[[str], None] | None = None,
) -> list[Origin]:
    """Origins, earliest first, of validated `days`; `whole` is the panel at the cutoff of the forecast
    itself.
    """
    if not whole.width or not len(whole.skus):
        return []
    last = whole.week(whole.width) - timedelta(days=1)
    found = cutoffs(whole.first_week, last, origins=origins, horizon=horizon)
    first_scored = last - EVERY_WEEKS * WEEK * origins

    return list(
        origins_at(
            days, found, whole=whole, horizon=horizon, seed=seed, scored_from=first_scored, progress=progress
        )
    )


def origins_at(
    days: pl.DataFrame,
    cutoffs: Iterable[date],
    *,
    whole: Panel,
    horizon: int,
    seed: int,
    scored_from: date,
    progress: Callable[[str], None] | None = None,
) -> Iterator[Origin]:
    """Each cutoff's origin, in the order given; two are worked on at a time."""

    def at(cutoff: date) -> Origin:
        return _origin(days, cutoff, whole=whole, horizon=horizon, seed=seed, is_scored=cutoff >= scored_from)

    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for origin in pool.map(at, cutoffs):
            if progress:
                progress(f"backtest at {origin.cutoff}: {len(origin.skus):,} skus")
            yield origin


def champions(
    origins: Iterable[Origin], *, by: date, before: Mapping[str, str] | None = None
) -> dict[str, Verdict]:
    """For each demand class who speaks for it, by what is known `by` then of the last 30 weeks' origins.

    `before` holds the champions so far; a class without one starts with the combination, or with the moving
    average where nothing was ever measured.
    """
    known = [origin for origin in origins if by - EVIDENCE <= origin.cutoff < by]
    found = {}
    for name in CLASSES:
        cells = segment_cells(known, demand_class=name, by=by)
        started = INCUMBENT if cells is not None else NO_EVIDENCE
        reigning = (before or {}).get(name)
        found[name] = decide(cells, reigning=reigning if reigning in CANDIDATES else started)
    return found


@dataclass
class Succession:
    """Champions from one cutoff to the next: who holds a class keeps it until another has proven better."""

    held: Mapping[str, str] = field(default_factory=dict)

    def named(self, origins: Iterable[Origin], *, by: date) -> dict[str, str]:
        """Demand class -> the champion that the origins known `by` then name."""
        verdicts = champions(origins, by=by, before=self.held)
        self.held = holders(verdicts)
        return {name: verdict.champion for name, verdict in verdicts.items()}


def segment_cells(origins: list[Origin], *, demand_class: str, by: date) -> Cells | None:
    """Every candidate's error by (origin, week) over a class; None where nothing counts.

    Absolute errors of its skus, plus that of their sum: a forecast of skewed demand that lies near the median
    misses single skus by less, and all of them together by much.
    """
    of, weeks, errors = [], [], {name: [] for name in CANDIDATES}
    for origin in origins:
        seen = origin.seen(by=by) & (origin.classes == demand_class)[:, None]
        steps = np.flatnonzero(seen.any(axis=0))
        of += [origin.cutoff] * len(steps)
        weeks += [origin.cutoff + timedelta(days=1) + int(step) * WEEK for step in steps]
        for name in CANDIDATES:
            miss = np.where(seen, origin.means[name] - origin.actual, 0.0)[:, steps]
            errors[name].append(np.abs(miss).sum(axis=0) + np.abs(miss.sum(axis=0)))
    if not weeks:
        return None
    return Cells(of, weeks, {name: np.concatenate(parts) for name, parts in errors.items()})


def calibration(origins: Iterable[Origin], *, model_name: str, by: date) -> Calibration:
    """Quantiles of a candidate from what it missed at the origins known `by` then."""
    parts = [_residuals(origin, model_name, origin.seen(by=by)) for origin in origins if origin.cutoff < by]
    return Calibration(Residuals.concat(parts) if parts else None)


def pooled_wape(origins: Iterable[Origin], *, model_name: str, demand_class: str, by: date) -> float | None:
    """WAPE over all cells of these origins together; class 'all' for every class."""
    cells = [_cells(origin, model_name, demand_class, by) for origin in origins]
    forecasts = np.concatenate([cell[0] for cell in cells]) if cells else np.empty(0)
    actuals = np.concatenate([cell[1] for cell in cells]) if cells else np.empty(0)
    return wape(forecasts, actuals, np.ones(len(actuals), dtype=bool))


def _cells(origin: Origin, model_name: str, demand_class: str, by: date) -> tuple[np.ndarray, np.ndarray]:
    seen = origin.seen(by=by)
    if demand_class != "all":
        seen = seen & (origin.classes == demand_class)[:, None]
    return origin.means[model_name][seen], origin.actual[seen]


def _residuals(origin: Origin, model_name: str, seen: np.ndarray) -> Residuals:
    rows, steps = np.nonzero(seen)
    return Residuals(
        classes=origin.classes[rows],
        mean=origin.means[model_name][seen],
        step=steps,
        actual=origin.actual[seen],
    )


def _origin(
    days: pl.DataFrame, cutoff: date, *, whole: Panel, horizon: int, seed: int, is_scored: bool
) -> Origin:
    seen = panel.build(days, cutoff=cutoff, category=whole.category, ended=whole.ended)
    actual, exposure = _outcome(whole, seen, horizon)
    means = forecast_all(seen, steps=horizon, seed=seed)
    return Origin(
        cutoff=cutoff,
        is_scored=is_scored,
        skus=seen.skus,
        classes=panel.demand_classes(seen),
        means={name: np.where(seen.has_ended[:, None], 0.0, found) for name, found in means.items()},
        actual=actual,
        exposure=exposure,
        rmse_scale=naive_rmse(seen.units, seen.alive),
        mae_scale=seasonal_mae(seen.units, seen.alive),
        past=np.where(seen.alive, seen.units, np.nan),
    )


def _outcome(whole: Panel, seen: Panel, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Units and exposure of the weeks after `seen` ends, as `whole` knows them; unknown from a sku's end
    on.
    """
    rows = np.searchsorted(np.array(whole.skus, dtype=object), np.array(seen.skus, dtype=object))
    first = (seen.first_week - whole.first_week).days // 7 + seen.width
    width = min(horizon, whole.width - first)
    actual = np.full((len(rows), horizon), np.nan)
    exposure = np.ones((len(rows), horizon))
    weeks = slice(first, first + width)
    actual[:, :width] = np.where(whole.alive[rows, weeks], whole.units[rows, weeks], np.nan)
    exposure[:, :width] = whole.exposure[rows, weeks]
    return actual, exposure
