"""Commands that start something: the main job, the dashboards, Dagster's UI, the data dictionary."""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipelines.cli_errors import CommandError
from warehouse.settings import ROOT, Settings

LOOPBACK = "127.0.0.1"


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    from pipelines.runner import RunError, main_job
    from sample.generate import SampleError

    scale = arguments.scale or (1 if arguments.sample else None)
    with _signals() as was_sent:
        try:
            code = main_job(settings, as_of=arguments.as_of, sample_scale=scale, stream=sys.stdout)
        except (RunError, SampleError) as error:
            raise CommandError(str(error)) from error
        if code and was_sent(signal.SIGINT):
            raise KeyboardInterrupt
    return code


@contextmanager
def _signals() -> Iterator[Callable[[int], bool]]:
    """Tells which signals came in, also while Dagster has its own handler in place of Python's."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield lambda number: select.select([reading], [], [], 0)[0] != [] and number in os.read(reading, 4096)
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)


def docs(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse.docs import data_dictionary

    path = arguments.out or ROOT / "docs" / "data-dictionary.md"
    text = data_dictionary()
    if arguments.check:
        _check(path, text)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{path} is written")


def _check(path: Path, text: str) -> None:
    found = path.read_text(encoding="utf-8") if path.exists() else None
    if found != text:
        state = "is missing" if found is None else "is out of date"
        raise CommandError(f"{path} {state}; write it with `oms docs --out {path}`")
    print(f"{path} is up to date")


def dashboard(arguments: argparse.Namespace, settings: Settings) -> None:
    print(f"dashboards at http://{LOOPBACK}:{arguments.port} (Ctrl-C ends them)", flush=True)
    os.chdir(ROOT)  # Streamlit looks for .streamlit/ where it is started
    _become(dashboard_command(arguments.port), environment={})


def dagster(arguments: argparse.Namespace, settings: Settings) -> None:
    from pipelines.runner import dagster_home

    print(f"Dagster at http://{LOOPBACK}:{arguments.port} (Ctrl-C ends it)", flush=True)
    home = {"DAGSTER_HOME": str(dagster_home(settings.home))}
    _become(dagster_command(arguments.port), environment=home)


def dashboard_command(port: int) -> list[str]:
    options = (
        f"--server.address={LOOPBACK}",
        f"--server.port={port}",
        "--server.showEmailPrompt=false",
        "--browser.gatherUsageStats=false",
    )
    return [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboards" / "app.py"), *options]


def dagster_command(port: int) -> list[str]:
    where = ("-d", str(ROOT), "-m", "pipelines.definitions", "-h", LOOPBACK, "-p", str(port))
    return [sys.executable, "-m", "dagster", "dev", *where]


def _become(command: list[str], *, environment: Mapping[str, str]) -> None:
    """Hand this process over: the server gets its signals, and nothing of ours stays in memory."""
    os.execve(command[0], command, {**os.environ, **environment})
