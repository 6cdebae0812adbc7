"""Files that cannot be used as a whole: one open quarantine row each, until the file is put right or gone."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from oms_ops.intake.inbox import Found
from oms_ops.intake.reading import FileFault
from oms_ops.intake.sql_files import sql


def record(con: duckdb.DuckDBPyConnection, found: list[Found], broken: Mapping[str, FileFault]) -> int:
    """Quarantine the files in `broken`, once; resolve those that left the inbox. How many entries are new."""
    files = {file.path: file for file in found}
    open_rows = con.execute(
        "SELECT path, reason FROM raw.quarantine WHERE document_seq IS NULL AND status = 'open'"
    ).fetchall()
    gone = [path for path, _ in open_rows if path not in files]
    if gone:
        con.execute(
            "UPDATE raw.quarantine SET status = 'resolved' "
            "WHERE document_seq IS NULL AND status = 'open' AND list_contains(?, path)",
            [gone],
        )
    known = set(open_rows)
    fresh = [(files[path], fault) for path, fault in broken.items() if (path, fault.reason) not in known]
    for file, fault in fresh:
        con.execute(sql("file_fault"), [file.channel_id, file.kind, file.path, *_told(fault), file.day])
    return len(fresh)


def _told(fault: FileFault) -> tuple[str, str]:
    return fault.reason_code, fault.reason
