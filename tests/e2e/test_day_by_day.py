"""Thirty daily runs end exactly where one run at the end does."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from pipelines import runner
from pipelines.job import STAGES
from pipelines.run import Run, code_version
from tests.support.compare import differences
from tests.support.home import settings_for, small_sample
from warehouse.settings import Forecast, Settings

SINCE = datetime(2011, 11, 1)  # noqa: DTZ001 - shop-local, as the source is
END = datetime(2011, 12, 10, tzinfo=UTC)
DAYS = 30


def step(settings: Settings, *, as_of: datetime, by_dagster: bool) -> Run:
    """One day's run; or its stages alone, which is all the tables come from and half the time."""
    if by_dagster:
        return runner.run_once(settings, as_of=as_of, stream=io.StringIO())
    name = f"{as_of:%Y-%m-%d}"
    run = Run(settings=settings, as_of=as_of, run_id=name, code_version=code_version(), say=lambda _: None)
    for stage in STAGES:
        runner.run_stage(run, stage)
        assert run.failure is None
    return run


@pytest.mark.slow
def test_thirty_daily_runs_leave_the_tables_that_one_run_at_the_end_leaves(tmp_path):
    rarely = Forecast(refresh_days=60, backtest_origins=1)  # forecasts are not what is compared here
    once, daily = (settings_for(tmp_path / name, forecast=rarely) for name in ("once", "daily"))
    small_sample(once.home, since=SINCE, fifth_digits="4")
    small_sample(daily.home, since=SINCE, fifth_digits="4")

    assert runner.run_once(once, as_of=END, stream=io.StringIO()).failure is None
    for day in range(DAYS, -1, -1):
        run = step(daily, as_of=END - timedelta(days=day), by_dagster=day % 10 == 0)
        assert run.failure is None

    assert differences(once.home, daily.home) == {}


@pytest.mark.slow
def test_a_run_as_of_a_moment_knows_nothing_that_was_sent_later(tmp_path):
    settings = settings_for(tmp_path)
    small_sample(settings.home, since=SINCE, fifth_digits="4")
    moment = datetime(2011, 11, 15, 12, 0, tzinfo=UTC)

    assert runner.run_once(settings, as_of=moment, stream=io.StringIO()).failure is None

    from warehouse.connection import reader

    with reader(settings) as con:
        latest = con.execute("SELECT max(sent_at) FROM raw.document").fetchone()[0]
        placed = con.execute("SELECT max(placed_at) FROM core.order_header").fetchone()[0]
    assert latest <= moment
    assert placed <= moment


def test_a_run_before_what_is_already_known_is_refused(tmp_path):
    settings = settings_for(tmp_path)
    small_sample(settings.home, since=datetime(2011, 12, 5))  # noqa: DTZ001 - shop-local, as the source is
    assert runner.run_once(settings, as_of=END, stream=io.StringIO()).failure is None

    stage, error = runner.run_once(settings, as_of=END - timedelta(days=3), stream=io.StringIO()).failure

    assert stage == "land"
    assert "already knows what was sent up to 2011-12-09" in str(error)
    assert "OMS_HOME" in str(error)
