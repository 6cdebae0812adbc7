"""The main job's stages after the marts: forecast, propose, alert, publish, deliver.

Each reads what it needs, lets the warehouse go, computes, and writes back in a short transaction.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from oms_ops import alerting, decisions
from oms_ops.store import open_book
from pipelines import state
from pipelines.run import Outcome, Run
from warehouse import contracts, marts, releases
from warehouse.connection import reader, writer

FORECAST_MARTS = (
    "forecast_weekly", "forecast_daily", "backtest", "forecast_accuracy", "backtest_forecast", "champion",
)  # fmt: skip
