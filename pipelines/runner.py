"""Runs the main job from the command line: one run at a time, progress while it works, a summary at the end.

The job itself is Dagster's, executed in this process, so that a run started here and one started in Dagster's
UI are the same run in the same history.
"""

from __future__ import annotations

import fcntl
import os
import sys
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pipelines.run import Outcome, Run, StageReport, blocking_failures, code_version
from warehouse import settings as settings_module
from warehouse.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

    from pipelines.job import Stage


QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class RunError(Exception):
    """The run cannot start or go on; the message says what, where and what to do."""


def run_stage(run: Run, stage: Stage) -> Outcome:
    """Run one stage, tell the person watching, and keep its report and its failure on the run."""
    run.say(f"{stage.title} …")
    try:
        with run.timed() as elapsed:
            outcome = stage.function(run)
            seconds = elapsed()
    except Exception as error:  # noqa: BLE001 - kept for the summary, then raised again unchanged
        run.failure = (stage.name, error)
        raise
    run.reports.append(StageReport(stage.name, seconds, outcome))
    broken = blocking_failures(outcome.checks)
    if broken:
        lines = "; ".join(f"{check.subject} {check.check_name}: {check.detail}" for check in broken[:3])
        run.failure = (stage.name, RunError(f"{len(broken)} blocking checks failed: {lines}"))
    run.say(_stage_line(stage, outcome, seconds))
    return outcome


def main_job(
    settings: Settings,
    *,
    as_of: datetime | None = None,
    sample_scale: int | None = None,
    stream: TextIO | None = None,
) -> int:
    """Land to alerts as of `as_of` (default: the sample's clock, else now). Returns the exit code."""
    from pipelines import summary

    out = stream or sys.stdout
    started = time.perf_counter()
    run = run_once(settings, as_of=as_of, sample_scale=sample_scale, stream=out)
    if run.failure:
        print(_failure_text(run), file=sys.stderr)
        return 1
    print(summary.text(run, seconds=time.perf_counter() - started), file=out)
    return 0


def run_once(
    settings: Settings,
    *,
    as_of: datetime | None = None,
    sample_scale: int | None = None,
    stream: TextIO,
) -> Run:
    """One run to its end; what failed, if anything, is in the run's `failure`."""
    with _alone(settings):
        run = _start(settings, as_of=as_of, sample_scale=sample_scale, out=stream)
        execute(run)
    return run


def execute(run: Run) -> bool:
    """Execute the Dagster job in this process. False when a stage failed; `run.failure` then says which."""
    import dagster as dg

    from pipelines.definitions import build

    job = build(run=dg.ResourceDefinition.hardcoded_resource(run)).resolve_job_def("main_job")
    with dagster_instance(run.settings.home) as instance:
        result = job.execute_in_process(
            instance=instance, raise_on_error=False, run_id=run.run_id, run_config=QUIET
        )
    if not result.success and run.failure is None:
        run.failure = ("dagster", RunError(_outside_the_stages(result)))
    return run.failure is None


def _outside_the_stages(result: dg.ExecuteInProcessResult) -> str:
    """What Dagster itself says went wrong, where no stage did."""
    errors = [
        event.event_specific_data.error.to_string()
        for event in result.all_events
        if event.is_failure and getattr(event.event_specific_data, "error", None)
    ]
    return "the job failed outside its stages; see `make dagster`\n" + "\n".join(errors)


@contextmanager
def dagster_instance(home: Path) -> Iterator[object]:
    from pipelines import run_history

    with run_history.instance(dagster_home(home)) as instance:
        yield instance


def dagster_home(home: Path) -> Path:
    """The folder of Dagster's own run history: telemetry off, and one writer of the warehouse at a time."""
    folder = home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text(
            "telemetry:\n  enabled: false\n"
            "concurrency:\n  pools:\n    default_limit: 1\n    granularity: run\n"
            "python_logs:\n  python_log_level: WARNING\n",
            encoding="utf-8",
        )
    return folder


def _start(settings: Settings, *, as_of: datetime | None, sample_scale: int | None, out: TextIO) -> Run:
    started = time.perf_counter()

    def say(line: str) -> None:
        print(f"{time.perf_counter() - started:7.1f}s  {line}", file=out, flush=True)

    if sample_scale is not None:
        from sample.generate import generate

        generate(settings.home, scale=sample_scale, zone=settings.shop.zone, progress=say)
    instant = as_of or settings_module.clock(settings, wall=datetime.now(UTC))
    say(f"As of {instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC, code {code_version()}, in {settings.home}")
    return Run(
        settings=settings, as_of=instant, run_id=str(uuid.uuid4()), code_version=code_version(), say=say
    )


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One run at a time in one home; a second one is told who is running."""
    settings.home.mkdir(parents=True, exist_ok=True)
    path = settings.home / "run.lock"
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise RunError(f"another run is at work in {settings.home} ({lock.read().strip()})") from error
        lock.truncate(0)
        lock.write(f"pid {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC")
        lock.flush()
        yield


def _stage_line(stage: Stage, outcome: Outcome, seconds: float) -> str:
    rows = f"{outcome.rows_out:,} rows" if outcome.rows_out is not None else ""
    parts = [part for part in (rows, outcome.note) if part]
    if outcome.quarantined:
        parts.append(f"{outcome.quarantined:,} quarantined")
    return f"  {stage.name}: {', '.join(parts) or 'done'} in {seconds:.1f} s"


def _failure_text(run: Run) -> str:
    stage, error = run.failure
    path = run.settings.home / "last_error.txt"
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"oms: {stage} failed: {first_line} (details in {path}; the next run continues from here)"
