"""All of what is done to the warehouse in one piece, or nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import duckdb


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Committed at its end; rolled back where anything stops it, an interrupt too, which then goes on."""
    con.begin()
    with ExitStack() as undo:
        undo.callback(_roll_back, con)
        yield
        con.commit()
        undo.pop_all()


def _roll_back(con: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # a failed commit leaves nothing to roll back
        con.rollback()
