"""Reasons that take a look at the body itself: why a document has no id, and which of its fields are missing.

Python, because it is for the few that are broken, and its JSON errors say where.
"""

from __future__ import annotations

import json

import duckdb

from oms_ops.channels import Feed, Kind
from oms_ops.intake import session
from oms_ops.intake.sql_files import sql


def refuse_unnamed(con: duckdb.DuckDBPyConnection, due: list[Feed]) -> None:
    """Documents without a legible id cannot be told apart, nor replaced by a better version."""
    for feed in due:
        session.point_at(con, feed)
        rows = con.execute(sql("unnamed")).fetchall()
        session.insert(con, "problem", [(seq, 0, *_why_unnamed(body, feed.kind)) for seq, body in rows])


def _why_unnamed(body: str, kind: Kind) -> tuple[str, str]:
    if kind.layout == "csv":
        return "bad_row", f"the row has no {kind.columns[0]}"
    try:
        document = json.loads(body)
    except json.JSONDecodeError as error:
        return "invalid_json", f"not JSON: {error.msg} at place {error.pos + 1} of {len(body)}"
    except (ValueError, RecursionError):
        return (
            "invalid_json",
            "not JSON that can be read: nested too deep, or a number of thousands of digits",
        )
    if not isinstance(document, dict):
        return "invalid_json", "not a JSON object"
    return "missing_field", f"{_named(kind.missing(document)) or kind.keys[0]} is missing"


def name_missing_fields(con: duckdb.DuckDBPyConnection, due: list[Feed]) -> None:
    """Say which of the channel's own fields are missing, where a JSON document lacks some."""
    for feed in due:
        if feed.kind.layout != "json":
            continue
        session.point_at(con, feed)
        for seq, body in con.execute(sql("lacking")).fetchall():
            if lacking := _lacking(body, feed.kind):
                con.execute(
                    "UPDATE verdict SET reason = reason || ?::VARCHAR WHERE document_seq = ?",
                    [f" (the document lacks {_named(lacking)})", seq],
                )


def _lacking(body: str, kind: Kind) -> list[str]:
    try:
        return kind.missing(json.loads(body))
    except (ValueError, RecursionError):
        return []


def _named(paths: list[str]) -> str:
    return ", ".join(path.replace("/", ".") for path in paths)
