"""Checks a table once, where it enters this package, and casts decimals to floats.

Nothing past this edge checks again.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from models.errors import ModelError

LIST_AT_MOST = 3


def checked(
    frame: pl.DataFrame,
    *,
    name: str,
    schema: Mapping[str, pl.DataType],
    key: tuple[str, ...],
    error: type[ModelError],
    nullable: tuple[str, ...] = (),
) -> pl.DataFrame:
    """`frame` with exactly the columns of `schema`, cast; `error` for a lacking column, a null or a repeated
    key.
    """
    lacking = [column for column in schema if column not in frame.columns]
    if lacking:
        raise error(f"{name} lacks {', '.join(lacking)}; it needs {', '.join(schema)}")
    try:
        found = frame.select(pl.col(column).cast(kind) for column, kind in schema.items())
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ComputeError) as reason:
        raise error(f"{name} has a column of another kind than {dict(schema)}: {reason}") from reason
    for column in schema:
        if column not in nullable and found[column].null_count():
            rows = found.filter(pl.col(column).is_null())
            raise error(f"{name}: {column} is empty in {rows.height} rows, first {_named(rows, key)}")
    repeated = found.filter(pl.struct(key).is_duplicated())
    if repeated.height:
        raise error(f"{name} needs one row per {', '.join(key)}; repeated: {_named(repeated, key)}")
    return found


def require(
    frame: pl.DataFrame,
    rule: pl.Expr,
    *,
    name: str,
    allowed: str,
    key: tuple[str, ...],
    error: type[ModelError],
) -> None:
    """Raises `error` naming the first rows of `frame` for which `rule` is not true."""
    offenders = frame.filter(~rule.fill_null(value=False))
    if offenders.height:
        found = offenders.head(LIST_AT_MOST).to_dicts()
        raise error(f"{name}: {allowed}; {offenders.height} rows break this, first {found}")


def _named(rows: pl.DataFrame, key: tuple[str, ...]) -> list[dict]:
    return rows.select(key).unique(maintain_order=True).head(LIST_AT_MOST).to_dicts()
