"""M5: 28 days of retail demand at twelve levels, forecast with the platform's defaults and scored.

    python -m benchmarks.m5 --data DIR --train-end 1885 --out DIR
        [--rolling 12] [--peers] [--profile fast] [--json]

Nothing after day `--train-end` is used; where the sales file holds the 28 days after it, they score the
forecast once it is written. `--rolling N` scores the N origins a horizon apart that end with
`--train-end`; what the file does not hold is not scored.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import m5_score
from benchmarks.m5_data import HORIZON, M5, read, spelled
from models.errors import HistoryError
from models.hierarchy.forecast import QUANTILES, Forecast, make


@dataclass(frozen=True)
class Result:
    """`wrmsse` and `wspl` are means over twelve levels, the parts by level from the whole to the single
    series; None where the days after the origin are not known.
    """

    origin: int
    model: str
    seconds: float
    wrmsse: float | None = None
    wrmsse_levels: list[float] | None = None
    wspl: float | None = None
    wspl_levels: list[float] | None = None
    coverage_50: list[float] | None = None
    coverage_95: list[float] | None = None
    bias: float | None = None


def main(argv: list[str] | None = None) -> None:
    options = _options(argv)
    data = read(options.data)
    origins = _origins(data, options)
    last = origins[-1]
    results = []
    try:
        for origin in origins:
            for one in _origin(data, origin, options, is_last=origin == last):
                told = f"{origin}  {one.model}  {one.seconds:.1f} s  {_words(one)}"
                print(told, file=sys.stderr, flush=True)
                results.append(one)
    except HistoryError as broken:
        raise SystemExit(str(broken)) from broken
    _print(results, as_json=options.json)


def _origins(data: M5, options: argparse.Namespace) -> list[int]:
    days = data.sales.shape[1]
    last = days if options.train_end is None else options.train_end
    if not 1 <= last <= days:
        raise SystemExit(f"--train-end is {last}; the sales file holds days 1 to {days}")
    if last + HORIZON > data.calendar.height:
        raise SystemExit(f"the calendar ends at day {data.calendar.height}, {last + HORIZON} needed")
    most = (last - 1) // HORIZON + 1
    if not 1 <= options.rolling <= most:
        raise SystemExit(f"--rolling is {options.rolling}; 1 to {most} fit before day {last}")
    return [last - HORIZON * back for back in range(options.rolling - 1, -1, -1)]


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.m5", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the M5 files")
    parser.add_argument(
        "--train-end", type=int, help="the last day known; by default the last of the sales file"
    )
    parser.add_argument(
        "--out", type=Path, help="where to write forecast.parquet and forecast_levels.parquet"
    )
    parser.add_argument("--rolling", type=int, default=1, help="how many origins, a horizon apart")
    parser.add_argument("--profile", choices=("full", "fast"), default="full")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--peers", action="store_true", help="statsforecast and mlforecast beside, in the same run"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _origin(data: M5, origin: int, options: argparse.Namespace, *, is_last: bool) -> Iterator[Result]:
    started = time.perf_counter()
    series = data.series(origin)
    found = make(series, seed=options.seed, profile=options.profile, threads=options.threads)
    seconds = time.perf_counter() - started
    if is_last and options.out:
        write(series.ids, found, first=series.dates.all[origin], folder=options.out)
    known = m5_score.truth(data, origin)
    if known is None:
        yield Result(origin, found.model, seconds)
        return
    yield _scored(known, origin, found, seconds)
    if options.peers:
        from benchmarks.m5_peers import WEEK, forecasts

        if origin < WEEK:
            raise SystemExit(f"--peers need {WEEK} days; origin {origin} has fewer")
        for name, mean, took in forecasts(data, origin, threads=options.threads):
            parts = m5_score.wrmsse(known, mean)
            bias = m5_score.bias(known, mean)
            yield Result(origin, name, took, float(np.mean(parts)), parts, bias=bias)


def _scored(known: m5_score.Truth, origin: int, found: Forecast, seconds: float) -> Result:
    quantiles = [*(one.quantiles for one in found.levels), found.quantiles]
    points, spreads = m5_score.wrmsse(known, found.mean), m5_score.wspl(known, quantiles)
    return Result(
        origin, found.model, seconds, float(np.mean(points)), points, float(np.mean(spreads)), spreads,
        m5_score.coverage(known, quantiles, low=0.25, high=0.75),
        m5_score.coverage(known, quantiles, low=0.025, high=0.975),
        m5_score.bias(known, found.mean),
    )  # fmt: skip


def write(ids: tuple[str, ...], found: Forecast, *, first, folder: Path) -> None:
    """`forecast.parquet` and `forecast_levels.parquet`, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    days = [first + timedelta(days=step) for step in range(found.mean.shape[1])]
    levels = [_table(spelled(one.level), days, one.mean, one.quantiles) for one in found.levels]
    for name, table in (
        ("forecast", _table(list(ids), days, found.mean, found.quantiles)),
        ("forecast_levels", pl.concat(levels)),
    ):
        unfinished = folder / f".{name}.parquet"
        table.write_parquet(unfinished)
        unfinished.replace(folder / f"{name}.parquet")


def _table(names: list[str], days: list, mean: np.ndarray, quantiles: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "unique_id": np.repeat(np.array(names), len(days)),
            "ds": pl.Series(days * len(names), dtype=pl.Date),
            "mean": mean.reshape(-1),
            **{f"q{q}": quantiles[:, :, place].reshape(-1) for place, q in enumerate(QUANTILES)},
        }
    )


def _print(results: list[Result], *, as_json: bool) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    means = {
        model: _mean([r for r in results if r.model == model])
        for model in dict.fromkeys(r.model for r in results)
    }
    if as_json:
        print(
            json.dumps({"origins": [asdict(r) for r in results], "mean": means, "peak_gib": memory}, indent=1)
        )
        return
    for r in results:
        print(f"{r.origin}  {r.model:24} {r.seconds:7.1f} s  {_words(r)}")
    for model, mean in means.items():
        inside = "".join(
            f"  inside {name[-2:]} %: {100 * mean[name]:.1f}"
            for name in ("coverage_50", "coverage_95")
            if mean[name]
        )
        words = _scores(mean["wrmsse"], mean["wspl"], mean["bias"])
        print(f"mean  {model:24} {mean['seconds']:7.1f} s  {words}{inside}")
    print(f"peak memory {memory:.2f} GiB")


def _words(result: Result) -> str:
    return _scores(result.wrmsse, result.wspl, result.bias)


def _scores(wrmsse: float | None, wspl: float | None, bias: float | None) -> str:
    if wrmsse is None:
        return "not scored: the 28 days after it are not in the sales file, or nothing earned before it"
    found = f"WRMSSE {wrmsse:.4f}"
    found += "" if wspl is None else f"  WSPL {wspl:.4f}"
    return found + ("" if bias is None else f"  bias {bias:+.3f}")


def _mean(results: list[Result]) -> dict[str, float | None]:
    def over(name: str) -> float | None:
        values = [np.mean(getattr(r, name)) for r in results if getattr(r, name) is not None]
        return float(np.mean(values)) if values else None

    return {name: over(name) for name in ("seconds", "wrmsse", "wspl", "bias", "coverage_50", "coverage_95")}


if __name__ == "__main__":
    main()
