"""Files that cannot be used as a whole: one open quarantine row each, until the file is put right or gone."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from oms_ops.intake.inbox import Found
from oms_ops.intake.reading import FileFault


def record(con: duckdb.DuckDBPyConnection, found: list[Found], broken: Mapping[str, FileFault]) -> int:
    """Quarantine the files in `broken` that are not there yet; resolve those that left the inbox. How many are new."""
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
        con.execute(
            """
            INSERT INTO raw.quarantine BY NAME
            SELECT
                (SELECT coalesce(max(quarantine_id), 0) + 1 FROM raw.quarantine) AS quarantine_id,
                NULL AS document_seq, $channel_id AS channel_id, $kind AS kind, '' AS external_id, $path AS path,
                NULL AS line_no, $reason_code AS reason_code, $reason AS reason, $sent_at AS sent_at,
                'open' AS status, getvariable('run_id') AS run_id
            """,
            {
                "channel_id": file.channel_id,
                "kind": file.kind,
                "path": file.path,
                "reason_code": fault.reason_code,
                "reason": fault.reason,
                "sent_at": file.day,
            },
        )
    return len(fresh)
