"""The kinds of columns that the order book's tables are made of, the same on SQLite and PostgreSQL.

Instants and money are whole numbers too (tables.py). What only one table has stands with that table.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text, TextClause
from sqlalchemy import text as sql

NUMBER = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER keys are SQLite's own row number
CLUSTERED = {"sqlite_with_rowid": False}


def key(name: str) -> Column:
    """A number in the primary key, given by us."""
    return Column(name, NUMBER, primary_key=True, autoincrement=False)


def counter(name: str) -> Column:
    """A primary key that the database counts up."""
    return Column(name, NUMBER, primary_key=True, autoincrement=True)


def name(name: str, target: str | None = None) -> Column:
    """A text in the primary key; of the row `target` (table.column) where given."""
    return Column(name, Text, *([ForeignKey(target)] if target else []), primary_key=True)


def text(name: str) -> Column:
    return Column(name, Text, nullable=False)


def whole(name: str) -> Column:
    return Column(name, BigInteger, nullable=False)


def order_key() -> Column:
    """The order, in the primary key."""
    return Column("order_seq", NUMBER, ForeignKey("order.order_seq"), primary_key=True, autoincrement=False)


def of_order(*, nullable: bool = False) -> Column:
    return Column("order_seq", NUMBER, ForeignKey("order.order_seq"), nullable=nullable)


def only_where(condition: str) -> dict[str, TextClause]:
    """For an index of some rows only."""
    return {"sqlite_where": sql(condition), "postgresql_where": sql(condition)}
