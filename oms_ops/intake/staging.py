"""Files of one feed to staged documents: read here, split and looked into by SQL, some files at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from oms_ops.channels import Feed, Kind
from oms_ops.intake import reading, session
from oms_ops.intake.inbox import Found, Known
from oms_ops.intake.sql_files import sql
from warehouse.contracts import literal, quoted

_BATCH_BYTES = 32 * 2**20
_ARROW_ROWS = 8  # files per Arrow batch: few, so that every core has some


@dataclass(frozen=True)
class Job:
    """One file to read in this pass, and the number its version has or gets."""

    found: Found
    file_id: int
    known: Known | None  # the same version, begun before


def stage(
    con: duckdb.DuckDBPyConnection, folder: Path, feed: Feed, jobs: list[Job]
) -> dict[str, reading.FileFault]:
    """Read the feed's files into staged_document; the files that cannot be read, with what is wrong."""
    broken: dict[str, reading.FileFault] = {}
    for batch in _batches(jobs):
        contents = [(job, _read(job, folder, feed.kind, broken)) for job in batch]
        read = [(job, content) for job, content in contents if content is not None]
        session.insert(con, "reading", [_row(job, content) for job, content in read])
        parts = [(job.file_id, part) for job, content in read for part in content.parts]
        if parts:
            _stage_parts(con, feed, parts)
    return broken


def _batches(jobs: list[Job]) -> Iterator[list[Job]]:
    batch, gathered = [], 0
    for job in jobs:
        batch.append(job)
        gathered += job.found.size_bytes
        if gathered > _BATCH_BYTES:
            yield batch
            batch, gathered = [], 0
    if batch:
        yield batch


def _read(job: Job, folder: Path, kind: Kind, broken: dict[str, reading.FileFault]) -> reading.Content | None:
    """The file's texts; none where it cannot be used, and None where it must be read again next time."""
    try:
        content = reading.read(folder / job.found.path, kind)
    except FileNotFoundError:
        return None
    except reading.FileFault as fault:
        broken[job.found.path] = fault
        empty = reading.Content(job.found.size_bytes, job.found.modified_ns, header=None, parts=[])
        return None if fault.is_passing else empty
    version = (content.size_bytes, content.modified_ns)
    if job.known and version != (job.known.size_bytes, job.known.modified_ns):
        return None  # replaced since it was listed: another version
    return content


def _row(job: Job, content: reading.Content) -> tuple:
    found = job.found
    return (
        job.file_id,
        job.known is None,
        found.channel_id,
        found.kind,
        found.path,
        content.size_bytes,
        content.modified_ns,
        found.day,
        job.known.landed_through if job.known else None,
        content.header,
    )


def _stage_parts(con: duckdb.DuckDBPyConnection, feed: Feed, parts: list[tuple[int, reading.Part]]) -> None:
    import pyarrow as pa

    table = pa.table(
        {
            "file_id": pa.array([file_id for file_id, _ in parts], pa.int64()),
            "first_line": pa.array([part.first_line for _, part in parts], pa.int64()),
            "text": pa.array([part.text for _, part in parts], pa.large_string()),
            "is_record": pa.array([part.is_record for _, part in parts], pa.bool_()),
            "fault": pa.array([part.fault for _, part in parts], pa.string()),
        }
    )
    con.register("part", pa.Table.from_batches(table.to_batches(max_chunksize=_ARROW_ROWS)))
    session.point_at(con, feed)
    session.csv_headers(
        con, feed.kind, "SELECT DISTINCT header FROM reading WHERE kind = getvariable('kind')"
    )
    con.execute(_statement(feed.kind))
    con.unregister("part")


def _statement(kind: Kind) -> str:
    said = {"external_id": kind.external_id, "sent_at": kind.sent_at or "NULL::VARCHAR"}
    if kind.layout == "json":
        paths = ", ".join(literal(f"$.{quoted(key)}") for key in kind.keys)
        names = ", ".join(f"found[{place}] AS {quoted(key)}" for place, key in enumerate(kind.keys, start=1))
        return sql("stage_json", paths=f"[{paths}]", names=names, **said)
    names = session.csv_names(kind)
    if kind.is_grouped:
        return sql("stage_csv_groups", names=names, version=kind.version, **said)
    return sql("stage_csv", names=names, **said)
