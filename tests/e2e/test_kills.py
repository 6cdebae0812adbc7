"""A run killed at random points twenty times, then finished, leaves what an undisturbed run leaves."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from oms_ops import invariants
from oms_ops.store import open_book
from pipelines import cli
from tests.support.compare import differences
from tests.support.home import settings_for, small_sample
from warehouse.settings import Settings

END = datetime(2011, 12, 10, tzinfo=UTC)
SINCE = datetime(2011, 11, 1)  # noqa: DTZ001 - shop-local, as the source is
KILLS = 20
STAGES_ALONE = 0.5  # of the time that the whole job takes
# Each run is a process of its own, forked from one that has the libraries loaded: kills hit the work.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["pipelines.cli_run", "pipelines.definitions", "pipelines.runner"])


def _oms_run(home: str, as_of: str, by_dagster: bool) -> None:
    os.environ["OMS_HOME"] = home
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    sys.exit(cli.main(["run", "--as-of", as_of]) if by_dagster else _stages(as_of))


def _stages(as_of: str) -> int:
    """The main job's stages alone: all that the tables come from, in half the time."""
    from pipelines import runner
    from pipelines.job import STAGES
    from pipelines.run import Run, code_version
    from warehouse import settings

    run = Run(
        settings=settings.load(), as_of=datetime.fromisoformat(as_of), run_id=as_of,
        code_version=code_version(), say=lambda _: None,
    )  # fmt: skip
    for stage in STAGES:
        runner.run_stage(run, stage)
    return int(run.failure is not None)


def oms_run(
    settings: Settings, *, as_of: datetime, killed_after: float | None = None, by_dagster: bool = True
) -> bool:
    """`oms run` as of an instant, SIGKILLed after so many seconds. True if it came to its end before."""
    process = CONTEXT.Process(target=_oms_run, args=(str(settings.home), as_of.isoformat(), by_dagster))
    process.start()
    process.join(killed_after)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == 0


@pytest.mark.slow
def test_twenty_kills_at_random_points_change_nothing(tmp_path):
    undisturbed, killed = settings_for(tmp_path / "undisturbed"), settings_for(tmp_path / "killed")
    for settings in (undisturbed, killed):
        small_sample(settings.home, since=SINCE, fifth_digits="4")
    started = time.monotonic()
    assert oms_run(undisturbed, as_of=END)
    seconds = time.monotonic() - started

    rng = random.Random(20111209)
    ended = 0
    for kill in range(KILLS):
        as_of = END - timedelta(days=KILLS - kill)
        by_dagster = kill % 2 == 0
        after = seconds * rng.uniform(0.02, 0.6) * (1.0 if by_dagster else STAGES_ALONE)
        ended += oms_run(killed, as_of=as_of, killed_after=after, by_dagster=by_dagster)
    assert ended <= KILLS // 2, "too few kills hit a run at work for this test to mean anything"
    assert oms_run(killed, as_of=END)

    with open_book(killed.order_book_url) as book:
        assert invariants.verify(book) == []
    assert differences(undisturbed.home, killed.home) == {}
