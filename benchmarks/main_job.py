"""Times the main job stage by stage on the sample, against the machine's limit, in one run.

    python -m benchmarks.main_job [--scale 1] [--json] [--keep DIR]

The limit for landing-to-canonical is DuckDB's bare `read_json`/`read_csv` of the same files into tables,
measured in the same run. Peak memory is this process's, as the operating system counted it. Nothing is
asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from warehouse import settings as settings_module
from warehouse.settings import Settings

CANONICAL = ("land", "interpret")
TO_ATS = ("land", "interpret", "apply", "pull_book")


def bare_read_seconds(inbox: Path, scratch: Path) -> float:
    """Seconds DuckDB needs to read every file of the inbox into one table per feed, interpreting nothing.

    CSV columns are named from a header and read as text: guessing types anew for thousands of small files
    would make the limit ten times slower than it is.
    """
    with duckdb.connect(str(scratch / "bare.duckdb")) as con:
        started = time.perf_counter()
        for feed in sorted(path for path in inbox.glob("*/*") if path.is_dir()):
            name = f"{feed.parent.name}_{feed.name}"
            if any(feed.glob("*.jsonl")):
                reader = "read_json(?, format = 'newline_delimited', maximum_object_size = 67108864)"
                _read(con, name, reader, feed / "*.jsonl")
            if first := next(feed.glob("*.csv"), None):
                header = first.open(encoding="utf-8").readline().strip().split(",")
                columns = ", ".join(f"'{column}': 'VARCHAR'" for column in header)
                reader = f"read_csv(?, header = true, auto_detect = false, columns = {{{columns}}})"
                _read(con, name, reader, feed / "*.csv")
        con.execute("CHECKPOINT")
        return time.perf_counter() - started


def _read(con: duckdb.DuckDBPyConnection, name: str, reader: str, files: Path) -> None:
    con.execute(" ".join(["CREATE TABLE", f'"{name}"', "AS SELECT * FROM", reader]), [str(files)])


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(settings: Settings, *, scale: int) -> dict:
    """Generate, run once, run again with nothing new. Seconds, rows and peak memory of each."""
    from pipelines import runner
    from sample.generate import generate

    def quiet(_line: str) -> None:
        return None

    started = time.perf_counter()
    generate(settings.home, scale=scale, zone=settings.shop.zone, progress=quiet)
    generated = time.perf_counter() - started
    with tempfile.TemporaryDirectory(dir=settings.home) as scratch:
        limit = bare_read_seconds(settings.inbox, Path(scratch))
    with Path(os.devnull).open("w", encoding="utf-8") as sink:
        first = _timed_run(runner, settings, sink)
        peak = peak_megabytes()
        second = _timed_run(runner, settings, sink)
    seconds = {report.stage: report.seconds for report in first["reports"]}
    return {
        "scale": scale,
        "generate_seconds": round(generated, 1),
        "bare_read_seconds": round(limit, 1),
        "landing_to_canonical_seconds": round(sum(seconds[name] for name in CANONICAL), 1),
        "landing_to_canonical_over_bare_read": round(sum(seconds[name] for name in CANONICAL) / limit, 2),
        "landing_to_ats_seconds": round(sum(seconds[name] for name in TO_ATS), 1),
        "first_run_seconds": round(first["seconds"], 1),
        "second_run_seconds": round(second["seconds"], 1),
        "peak_megabytes": round(peak),
        "stages": [
            {
                "stage": report.stage,
                "seconds": round(report.seconds, 2),
                "rows_in": report.outcome.rows_in,
                "rows_out": report.outcome.rows_out,
                "rows_per_second": round((report.outcome.rows_out or 0) / max(report.seconds, 1e-9)),
            }
            for report in first["reports"]
        ],
    }


def _timed_run(runner, settings: Settings, sink) -> dict:
    started = time.perf_counter()
    run = runner.run_once(settings, stream=sink)
    if run.failure:
        raise SystemExit(f"the run failed in {run.failure[0]}: {run.failure[1]}")
    return {"seconds": time.perf_counter() - started, "reports": run.reports}


def _table(result: dict) -> str:
    lines = [f"scale {result['scale']}", f"{'stage':16}{'seconds':>10}{'rows out':>14}{'rows/s':>12}"]
    lines += [
        f"{row['stage']:16}{row['seconds']:>10.2f}{(row['rows_out'] or 0):>14,}{row['rows_per_second']:>12,}"
        for row in result["stages"]
    ]
    lines += [f"{key.replace('_', ' '):40}{value:>12}" for key, value in result.items() if key != "stages"]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, help="run in this folder and keep it (default: a temporary one)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = (options.keep or Path(folder)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        settings = settings_module.load(environ={"OMS_HOME": str(home)})
        result = measure(settings, scale=options.scale)
    print(json.dumps(result, indent=2) if options.json else _table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
