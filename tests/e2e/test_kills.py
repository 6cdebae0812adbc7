"""A run killed at random points twenty times, then finished, leaves what an undisturbed run leaves."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from oms_ops import invariants
from oms_ops.store import open_book
from pipelines import runner
from tests.support.compare import differences
from tests.support.home import settings_for, small_sample
from warehouse.settings import ROOT

END = datetime(2011, 12, 10, tzinfo=UTC)
SINCE = datetime(2011, 11, 1)  # noqa: DTZ001 - shop-local, as the source is
KILLS = 20
LONGEST_SECONDS = 14.0


def run_and_kill(home, *, as_of: datetime, after_seconds: float) -> bool:
    """Start `oms run` as of an instant, SIGKILL it after so many seconds. True if it was still at work."""
    command = [sys.executable, "-m", "pipelines.cli", "run", "--as-of", as_of.isoformat()]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"OMS_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=after_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


@pytest.mark.slow
def test_twenty_kills_at_random_points_change_nothing(tmp_path):
    undisturbed, killed = settings_for(tmp_path / "undisturbed"), settings_for(tmp_path / "killed")
    for settings in (undisturbed, killed):
        small_sample(settings.home, since=SINCE)
    assert runner.run_once(undisturbed, as_of=END, stream=io.StringIO()).failure is None

    rng = random.Random(20111209)
    hits = 0
    for kill in range(KILLS):
        as_of = END - timedelta(days=KILLS - kill)
        hits += run_and_kill(killed.home, as_of=as_of, after_seconds=rng.uniform(2.0, LONGEST_SECONDS))
    assert hits >= KILLS // 2, "too few kills hit a run at work for this test to mean anything"
    assert runner.run_once(killed, as_of=END, stream=io.StringIO()).failure is None

    with open_book(killed.order_book_url) as book:
        assert invariants.verify(book) == []
    assert differences(undisturbed.home, killed.home) == {}
