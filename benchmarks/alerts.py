"""Walks past Monday mornings again and scores the restock alerts beside days-of-cover and min-max rules.

    python -m benchmarks.alerts [--weeks 26] [--stock both|played|recorded] [--home DIR] [--json]

On the home named (its warehouse as the last run left it; nothing is written), or on the sample, run into a
folder that is removed again. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from pipelines import alert_scoring, runner
from pipelines.cli_alert_score import as_json, print_record
from pipelines.cli_output import print_json
from warehouse import releases
from warehouse import settings as settings_module
from warehouse.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alerts", description=__doc__)
    parser.add_argument("--weeks", type=int, default=alert_scoring.WEEKS)
    parser.add_argument("--stock", choices=("both", *alert_scoring.STOCKS), default="both")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    if given.home is not None:
        return _measure(_settings(given.home), given)
    with tempfile.TemporaryDirectory(prefix="oms-alerts-") as folder:
        settings = _settings(Path(folder))
        run = runner.run_once(settings, sample_scale=1, stream=sys.stderr)
        return 1 if run.failure else _measure(settings, given)


def _settings(home: Path) -> Settings:
    return settings_module.load(environ={**os.environ, "OMS_HOME": str(home.resolve())})


def _measure(settings: Settings, given: argparse.Namespace) -> int:
    release = releases.current(settings)
    if release is None:
        print(f"{settings.home} has no release; make one with `oms run`", file=sys.stderr)
        return 1
    stocks = alert_scoring.STOCKS if given.stock == "both" else (given.stock,)
    started = time.perf_counter()
    records = alert_scoring.measure(settings, as_of=release.as_of, weeks=given.weeks, stocks=stocks)
    seconds = time.perf_counter() - started
    if given.json:
        print_json(as_json(records, as_of=release.as_of) | {"seconds": round(seconds, 1)})
        return 0
    for record in records:
        print_record(record)
    print(f"walked in {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
