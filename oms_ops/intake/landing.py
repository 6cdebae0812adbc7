"""Landing: every document of the inbox to raw.document, verbatim, once, up to the run's instant.

A landing is one transaction; a big one is several, each up to an instant, as if it had been run at each.
What a document means is not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from oms_ops.channels import Feed, feeds
from oms_ops.intake import faults, inbox, reading, session, staging
from oms_ops.intake.inbox import Found
from oms_ops.intake.sql_files import sql
from oms_ops.intake.staging import Job
from warehouse.settings import Settings
from warehouse.transaction import transaction

BYTES_AT_ONCE = 256 * 2**20
_BIG_FEED = 32 * 2**20  # said before it is read, because it takes a while


@dataclass(frozen=True)
class LandingReport:
    """Files read, new documents, documents known already, and what went to quarantine."""

    files: int = 0
    documents: int = 0
    duplicates: int = 0
    quarantined: int = 0

    def __add__(self, other: LandingReport) -> LandingReport:
        return LandingReport(
            files=self.files + other.files,
            documents=self.documents + other.documents,
            duplicates=self.duplicates + other.duplicates,
            quarantined=self.quarantined + other.quarantined,
        )


def land(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    as_of: datetime,
    run_id: str,
    progress: Callable[[str], None] = lambda line: None,
    bytes_at_once: int = BYTES_AT_ONCE,
) -> LandingReport:
    """Land what is new in the settings' inbox; IntakeError where there is no inbox at all."""
    found = inbox.find(settings.inbox, feeds(settings))
    session.begin(con, settings, run_id=run_id)
    total = LandingReport()
    seen: set[str] = set()
    for instant in _instants(con, found, as_of=as_of, bytes_at_once=bytes_at_once):
        report, read = _land_through(con, settings.inbox, found, as_of=instant, progress=progress)
        total += replace(report, files=len(read - seen))
        seen |= read
        if report.documents:
            upto = f"{instant:%Y-%m-%d %H:%M}"
            progress(f"landed {report.documents:,} documents of {len(read):,} files, sent up to {upto}")
    return total


def _instants(
    con: duckdb.DuckDBPyConnection, found: list[Found], *, as_of: datetime, bytes_at_once: int
) -> Iterator[datetime]:
    """Ends of the passes: of days by which about `bytes_at_once` more is due, then the run's own instant."""
    known = inbox.known_files(con)
    sizes: dict[datetime, int] = {}
    for file in found:
        if file.feed and file.day < as_of and inbox.is_due(file, known.get(file.path), as_of=as_of):
            sizes[file.day] = sizes.get(file.day, 0) + file.size_bytes
    gathered = 0
    for day in sorted(sizes):
        if gathered and gathered + sizes[day] > bytes_at_once:
            yield day - timedelta(microseconds=1)
            gathered = 0
        gathered += sizes[day]
    yield as_of


def _land_through(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    found: list[Found],
    *,
    as_of: datetime,
    progress: Callable[[str], None],
) -> tuple[LandingReport, set[str]]:
    jobs = _jobs(con, found, as_of=as_of)
    broken = {file.path: reading.FileFault("unreadable_file", file.fault) for file in found if file.fault}
    con.execute("SET VARIABLE as_of = ?", [as_of])
    con.execute(sql("land_begin"))
    for feed, group in _by_feed(jobs):
        size = sum(job.found.size_bytes for job in group)
        if size > _BIG_FEED:
            progress(f"reading {size // 2**20:,} MiB of {feed.channel_id} {feed.kind.name}")
        broken |= staging.stage(con, folder, feed, group)
    quarantined = 0
    with transaction(con):
        if jobs:
            quarantined = _write(con)
        quarantined += faults.record(con, found, broken)
    documents, duplicates = _counts(con) if jobs else (0, 0)
    con.execute(sql("land_end"))
    report = LandingReport(documents=documents, duplicates=duplicates, quarantined=quarantined)
    return report, {job.found.path for job in jobs}


def _jobs(con: duckdb.DuckDBPyConnection, found: list[Found], *, as_of: datetime) -> list[Job]:
    known = inbox.known_files(con)
    next_id = 1 + max((version.file_id for version in known.values()), default=0)
    jobs = []
    for file in found:
        version = known.get(file.path)
        if file.feed is None or not inbox.is_due(file, version, as_of=as_of):
            continue
        if version is not None and inbox.is_same(file, version):
            jobs.append(Job(found=file, file_id=version.file_id, known=version))
        else:
            jobs.append(Job(found=file, file_id=next_id, known=None))
            next_id += 1
    return jobs


def _by_feed(jobs: list[Job]) -> Iterator[tuple[Feed, list[Job]]]:
    groups: dict[tuple[str, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.found.channel_id, job.found.kind), []).append(job)
    for group in groups.values():
        yield group[0].found.feed, group


def _write(con: duckdb.DuckDBPyConnection) -> int:
    """The pass to the raw tables, inside the caller's transaction; how many documents were quarantined."""
    for name in ("land_rank", "land_write", "land_files", "land_files_write", "land_resolve", "land_pass"):
        con.execute(sql(name))
    return con.execute(sql("land_quarantine")).fetchone()[0]


def _counts(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    return con.execute(
        "SELECT (SELECT count(*) FROM fresh), (SELECT coalesce(sum(duplicate_count), 0)::BIGINT FROM tally)"
    ).fetchone()
