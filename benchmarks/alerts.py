"""Walks past Monday mornings again and scores the restock alerts beside days-of-cover and min-max rules.

    python -m benchmarks.alerts [--weeks 26] [--stock both|played|recorded] [--home DIR] [--json]

On the home named (its warehouse as the last run left it; nothing is written), or on the sample, run into a
folder that is removed again. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.home import measured
from pipelines import alert_scoring
from pipelines.cli_alert_score import as_json, print_record
from pipelines.cli_output import print_json
from warehouse.releases import Release
from warehouse.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.alerts", description=__doc__)
    parser.add_argument("--weeks", type=int, default=alert_scoring.WEEKS)
    parser.add_argument("--stock", choices=("both", *alert_scoring.STOCKS), default="both")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    return measured(given.home, lambda settings, release: _measure(settings, release, given))


def _measure(settings: Settings, release: Release, given: argparse.Namespace) -> int:
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
