"""How long daily forecasts of many series take, from order lines to reconciled quantiles, and how much
memory.

    python -m benchmarks.forecast_speed [--series 30000] [--days 730] [--profile fast] [--peers] [--json]

A made-up shop (`benchmarks.forecast_panel`), the platform's defaults, one run; seconds by stage, wall and
processor (of all threads: on a busy machine the second says more). `--peers` times statsforecast and
mlforecast afterwards in the same process: on the first `--peer-series` series, scaled up to all and
saying so.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

import lightgbm
import numpy as np

from benchmarks.forecast_panel import Shop, shop
from models.hierarchy import boosting, forecast
from models.hierarchy.series import Series

STAGES = (
    ("preparation", forecast, "Forecaster"),
    ("regressions", forecast.TopRegressions, "fitted"),
    ("features", boosting, "columns"),
    ("training", lightgbm, "Dataset"),
    ("training", lightgbm, "train"),
    ("prediction", boosting.Boosted, "predict"),
    ("reconciliation", forecast.Forecaster, "_learned_spread"),
    ("reconciliation", forecast.Forecaster, "_agreed"),
    ("quantiles", forecast, "_spread"),
)


@dataclass
class Watch:
    """Seconds by stage, wall and processor, of which a stage inside another keeps its own."""

    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _last: tuple[float, float] = (0.0, 0.0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._settle()
        self._open.append(name)
        try:
            yield
        finally:
            self._settle()
            self._open.pop()

    def _settle(self) -> None:
        now = time.perf_counter(), time.process_time()
        if self._open:
            name = self._open[-1]
            self.wall[name] = self.wall.get(name, 0.0) + now[0] - self._last[0]
            self.cpu[name] = self.cpu.get(name, 0.0) + now[1] - self._last[1]
        self._last = now

    def timed(self, stage: str, function: Callable) -> Callable:
        def inner(*args, **kwargs):
            with self.stage(stage):
                return function(*args, **kwargs)

        return inner


def run(made: Shop, *, profile: str, threads: int, seed: int) -> tuple[Watch, Series, forecast.Forecast]:
    watch = Watch()
    with ExitStack() as stack:
        for stage, owner, name in STAGES:
            stack.enter_context(patch.object(owner, name, watch.timed(stage, getattr(owner, name))))
        with watch.stage("history"):
            series = made.series()
        with watch.stage("the rest"):
            found = forecast.make(series, seed=seed, profile=profile, threads=threads)
    return watch, series, found


def main(argv: list[str] | None = None) -> None:
    options = _options(argv)
    made = shop(options.series, days=options.days, horizon=options.horizon, seed=options.seed)
    watch, series, found = run(made, profile=options.profile, threads=options.threads, seed=options.seed)
    seconds = sum(watch.wall.values())
    result = {
        "series": series.count, "days": series.days, "horizon": series.horizon, "lines": made.lines.height,
        "model": found.model, "threads": options.threads, "selling_share": float((series.units > 0).mean()),
        "seconds": seconds, "cpu_seconds": sum(watch.cpu.values()),
        "series_per_second": series.count / seconds,
        "stages": {
            name: {"seconds": wall, "cpu_seconds": watch.cpu[name]} for name, wall in watch.wall.items()
        },
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }  # fmt: skip
    _check(series, found)
    if options.peers:
        from benchmarks.speed_peers import timed

        result["peers"] = list(timed(series, wanted=options.peer_series, threads=options.threads))
    print(json.dumps(result, indent=1) if options.json else _words(result))


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.forecast_speed", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--series", type=int, default=30_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--horizon", type=int, default=28)
    parser.add_argument("--profile", choices=("full", "fast"), default="full")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", action="store_true", help="statsforecast and mlforecast beside")
    parser.add_argument("--peer-series", type=int, default=2_000, help="how many series peers are timed on")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _check(series: Series, found: forecast.Forecast) -> None:
    """A forecast that is fast and wrong is no result."""
    for values in (found.mean, found.quantiles, *(one.quantiles for one in found.levels)):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise SystemExit("a forecast is negative, infinite or missing")
    for one in found.levels:
        if not np.allclose(one.mean.sum(axis=0), found.mean.sum(axis=0)):
            raise SystemExit(f"level {one.level.groups} does not add up to the whole")
    if found.mean.shape != (series.count, series.horizon):
        raise SystemExit(f"{found.mean.shape} forecasts for {series.count} series")


def _words(result: dict) -> str:
    lines = [
        f"{result['series']:,} series x {result['days']} days, {result['lines']:,} order lines, "
        f"{100 * result['selling_share']:.0f} % of days sell; model {result['model']}"
    ]
    lines += [
        f"  {name:16} {one['seconds']:8.1f} s   processor {one['cpu_seconds']:8.1f} s"
        for name, one in result["stages"].items()
    ]
    lines.append(
        f"  {'all':16} {result['seconds']:8.1f} s   processor {result['cpu_seconds']:8.1f} s   "
        f"{result['series_per_second']:,.0f} series/s   peak {result['peak_gib']:.2f} GiB"
    )
    for peer in result.get("peers", ()):
        lines.append(
            f"  {peer['name']:24} {peer['series']:,} series in {peer['seconds']:.1f} s (processor "
            f"{peer['cpu_seconds']:.1f} s), {peer['series_per_second']:,.0f} series/s; "
            f"scaled up to all: {peer['seconds_scaled']:,.0f} s"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
