"""Tuples of Python values into a DuckDB table by way of Arrow columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

TEXT, WHOLE, REAL = pa.string(), pa.int64(), pa.float64()


@contextmanager
def as_view(
    con: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, pa.DataType], *, rows: Sequence[tuple]
) -> Iterator[None]:
    """Inside the block SQL sees `rows` as a view of that name."""
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = [pa.array(column, kind) for column, kind in zip(values, columns.values(), strict=True)]
    con.register(name, pa.table(arrays, names=list(columns)))
    try:
        yield
    finally:
        con.unregister(name)
