"""The forecast by dimension: the shop and each category, channel and location, its past and its accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.queries.asking import ask, holds, one_of

if TYPE_CHECKING:
    import duckdb
    import polars as pl

DIMENSIONS = ("shop", "category", "channel", "location")


def forecast_levels(
    con: duckdb.DuckDBPyConnection, *, dimension: str, member: str | None = None
) -> pl.DataFrame:
    """The weekly forecast of one member of a dimension (shop, category, channel, location), or of all."""
    one_of(dimension, DIMENSIONS, what="dimension")
    return ask(con, "forecast_levels", dimension=dimension, member=member)


def level_history(
    con: duckdb.DuckDBPyConnection, *, dimension: str, member: str, weeks: int = 104
) -> pl.DataFrame:
    """week_start, units, demand of the last `weeks` full weeks of one member."""
    one_of(dimension, DIMENSIONS, what="dimension")
    return ask(con, "level_history", dimension=dimension, member=member, weeks=weeks)


def level_totals(con: duckdb.DuckDBPyConnection, *, dimension: str) -> pl.DataFrame:
    """Each member's forecast added up over four weeks and over all, and its sales: the last 13 full weeks and
    the forecast's weeks a year earlier; largest first.
    """
    one_of(dimension, DIMENSIONS, what="dimension")
    return ask(con, "level_totals", dimension=dimension)


def level_accuracy(con: duckdb.DuckDBPyConnection, *, dimension: str | None = None) -> pl.DataFrame | None:
    """How far totals were off at past origins: a row for each member and, first, one for all members of a
    dimension (is_whole); of every dimension where none is named. None in a release from before it was scored.
    """
    if dimension is not None:
        one_of(dimension, DIMENSIONS, what="dimension")
    return ask(con, "level_accuracy", dimension=dimension) if holds(con, "level_accuracy") else None
