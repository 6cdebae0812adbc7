"""What others reach on the same days: seasonal naive, statsforecast's AutoETS and CrostonSBA, mlforecast
with LightGBM.

All forecast the single series and are summed up. statsforecast and mlforecast are installed by `make peers`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.m5_data import HORIZON, M5

WEEK = 7
LAST_DAYS = 730


def forecasts(data: M5, origin: int, *, threads: int) -> Iterator[tuple[str, np.ndarray, float]]:
    """(name, (series, 28) units, seconds)"""
    started = time.perf_counter()
    naive = np.tile(np.nan_to_num(data.sales[:, origin - WEEK : origin]), HORIZON // WEEK)
    yield "seasonal naive", naive, time.perf_counter() - started
    try:
        import mlforecast  # noqa: F401
        import statsforecast  # noqa: F401
    except ImportError as missing:
        raise SystemExit(f"--peers needs {missing.name}: run `make peers` first") from missing
    frame = _frame(data, origin)
    yield from _statistical(frame, data, threads)
    started = time.perf_counter()
    yield "mlforecast LightGBM", _boosted(frame, data, threads), time.perf_counter() - started


def _frame(data: M5, origin: int):
    """Long frame of the last two years from each series' launch on."""
    import pandas as pd

    first = max(origin - LAST_DAYS, 0)
    sales = np.nan_to_num(data.sales[:, first:origin])
    on_sale = ~np.isnan(data.price[:, first:origin])
    on_sale[:, -WEEK * 4 :] = True
    launched = np.maximum.accumulate(on_sale, axis=1)
    rows, columns = np.nonzero(launched)
    days = np.array(data.calendar["date"].to_numpy()[first:origin], dtype="datetime64[ns]")
    return pd.DataFrame(
        {
            "unique_id": np.array(data.ids)[rows],
            "ds": days[columns],
            "y": sales[rows, columns].astype(np.float32),
        }
    )


def _statistical(frame, data: M5, threads: int) -> Iterator[tuple[str, np.ndarray, float]]:
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS, CrostonSBA

    for name, model in (
        ("statsforecast AutoETS", AutoETS(season_length=WEEK)),
        ("statsforecast SBA", CrostonSBA()),
    ):
        started = time.perf_counter()
        found = StatsForecast(models=[model], freq="D", n_jobs=threads).forecast(df=frame, h=HORIZON)
        yield name, _matrix(found, data), time.perf_counter() - started


def _boosted(frame, data: M5, threads: int) -> np.ndarray:
    from lightgbm import LGBMRegressor
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import ExponentiallyWeightedMean, RollingMean

    model = LGBMRegressor(
        objective="tweedie", n_estimators=300, learning_rate=0.05, num_leaves=63, subsample=0.7,
        subsample_freq=1,         colsample_bytree=0.7, n_jobs=threads, verbose=-1,
    )  # fmt: skip
    means = {1: [RollingMean(7), RollingMean(28), ExponentiallyWeightedMean(0.1)], 7: [RollingMean(28)]}
    forecaster = MLForecast(
        models={"boosted": model}, freq="D", lags=[1, 7, 14, 28], lag_transforms=means,
        date_features=["dayofweek", "day", "month"],
    )  # fmt: skip
    static = frame[["unique_id"]].drop_duplicates()
    for name in ("dept", "store"):
        codes = np.unique(data.groups[name], return_inverse=True)[1]
        static[name] = static["unique_id"].map(dict(zip(data.ids, codes, strict=True)))
    joined = frame.merge(static, on="unique_id")
    forecaster.fit(joined, static_features=["dept", "store"])
    return _matrix(forecaster.predict(HORIZON), data)


def _matrix(found, data: M5) -> np.ndarray:
    name = next(column for column in found.columns if column not in ("unique_id", "ds"))
    wide = found.sort_values(["unique_id", "ds"])[name].to_numpy().reshape(-1, HORIZON)
    order = np.argsort(np.argsort(np.array(data.ids)))
    return np.maximum(np.nan_to_num(wide[order]), 0.0)
