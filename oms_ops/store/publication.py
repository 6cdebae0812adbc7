"""The order book's tables for ATS: what people decided about its terms, what was published, and from what.

Statements only: what is worth publishing is decided in oms_ops.publishing. A published value is a row that is
superseded, never rewritten; `change_no` numbers the transactions that touched it, for the warehouse's copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    Table,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from oms_ops.ats_policy import EVERY_SKU, Policy
from oms_ops.store import columns as col
from oms_ops.store.rows import dicts
from oms_ops.store.tables import metadata

_AT_ONCE = 5_000

ats_policy = Table(
    "ats_policy",
    metadata,
    col.counter("policy_seq"),
    col.text("place"),
    col.text("sku"),
    col.text("term"),
    Column("value", Float(53)),
    col.text("author"),
    col.text("reason"),
    col.whole("decided_at"),
    Index("ats_policy_newest", "sku", "place", "term", "policy_seq"),
    sqlite_autoincrement=True,
)

ats_publication = Table(
    "ats_publication",
    metadata,
    col.counter("publication_seq"),
    col.text("channel_id"),
    col.text("sku"),
    col.whole("value"),
    col.text("terms"),
    col.whole("computed_at"),
    col.whole("movement_seq"),
    Column("attempts", Integer, nullable=False),
    Column("pushed_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("superseded_at", BigInteger),
    col.whole("change_no"),
    Index("ats_publication_pair", "sku", "channel_id", "publication_seq"),
    Index("ats_publication_change", "change_no"),
    Index("ats_publication_acknowledged", "acknowledged_at"),
    sqlite_autoincrement=True,
)
Index(
    "ats_publication_one_in_force",
    ats_publication.c.sku,
    ats_publication.c.channel_id,
    unique=True,
    **col.only_where("superseded_at IS NULL"),
)
Index("ats_publication_unpushed", ats_publication.c.publication_seq, **col.only_where("pushed_at IS NULL"))
Index(
    "ats_publication_unacknowledged",
    ats_publication.c.channel_id,
    ats_publication.c.publication_seq,
    **col.only_where("acknowledged_at IS NULL"),
)

ats_mark = Table(
    "ats_mark",
    metadata,
    Column("mark_no", Integer, primary_key=True, autoincrement=False),
    col.whole("movement_seq"),
    col.whole("event_seq"),
    col.whole("policy_seq"),
    col.text("inputs"),
)

TABLES = (ats_policy, ats_publication, ats_mark)
_p = ats_publication.c


class Mark(NamedTuple):
    """How far the last publication had seen: numbers of the book, and a fingerprint of settings and kits."""

    movement_seq: int
    event_seq: int
    policy_seq: int
    inputs: str


def mark(con: Connection) -> Mark | None:
    row = con.execute(select(ats_mark)).first()
    return None if row is None else Mark(*row[1:])


def set_mark(con: Connection, seen: Mark) -> None:
    forget_mark(con)
    con.execute(insert(ats_mark), {"mark_no": 1} | seen._asdict())


def forget_mark(con: Connection) -> None:
    """The next publication computes everything: stock changed in a way that left no movement."""
    con.execute(delete(ats_mark))


def last_policy(con: Connection) -> int:
    return con.execute(select(func.max(ats_policy.c.policy_seq))).scalar() or 0


def last_change(con: Connection) -> int:
    return con.execute(select(func.max(_p.change_no))).scalar() or 0


def add_policies(con: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        con.execute(insert(ats_policy), list(rows))


def policies(con: Connection, *, skus: Sequence[str] | None = None) -> list[Policy]:
    """The newest decision on each term of each place and sku: of every sku, or of `skus` and on every sku."""
    c = ats_policy.c
    found: list[Policy] = []
    for part in [None] if skus is None else _parts([EVERY_SKU, *skus]):
        newest = select(func.max(c.policy_seq)).group_by(c.sku, c.place, c.term)
        newest = newest if part is None else newest.where(c.sku.in_(part))
        query = select(c.place, c.sku, c.term, c.value, c.author, c.reason).where(c.policy_seq.in_(newest))
        found += [Policy(*row) for row in con.execute(query.order_by(c.policy_seq))]
    return found


def policy_history(con: Connection, *, place: str | None, sku: str | None) -> list[dict]:
    """Every decision, oldest first."""
    query = select(ats_policy).order_by(ats_policy.c.policy_seq)
    for name, value in (("place", place), ("sku", sku)):
        query = query if value is None else query.where(ats_policy.c[name] == value)
    return dicts(con, query)


def decided_since(con: Connection, policy_seq: int) -> set[str]:
    """Skus decided on since; "" among them where a decision was on every sku."""
    query = select(ats_policy.c.sku).where(ats_policy.c.policy_seq > policy_seq).distinct()
    return set(con.execute(query).scalars())


def in_force(con: Connection, *, skus: Iterable[str] | None = None) -> dict[tuple[str, str], tuple[int, int]]:
    """(channel_id, sku) to (publication_seq, value) of the newest publication."""
    query = select(_p.channel_id, _p.sku, _p.publication_seq, _p.value).where(_p.superseded_at.is_(None))
    names = None if skus is None else sorted(skus)
    queries = [query] if names is None else [query.where(_p.sku.in_(part)) for part in _parts(names)]
    return {(row[0], row[1]): (row[2], row[3]) for found in queries for row in con.execute(found)}


def add(con: Connection, rows: Sequence[Mapping[str, object]], *, superseded: Sequence[int], at: int) -> None:
    """New values, and the end of those they replace."""
    change = last_change(con) + 1
    for part in _parts(superseded):
        con.execute(
            update(ats_publication)
            .where(_p.publication_seq.in_(part))
            .values(superseded_at=at, change_no=change)
        )
    nothing_yet = {"attempts": 0, "pushed_at": None, "acknowledged_at": None, "superseded_at": None}
    con.execute(insert(ats_publication), [row | nothing_yet | {"change_no": change} for row in rows])


def unpushed(con: Connection) -> list[dict]:
    """Values no sink has accepted: those in force, and superseded ones a killed push may have handed over."""
    query = select(ats_publication).where(_p.pushed_at.is_(None))
    query = query.where(_p.superseded_at.is_(None) | (_p.attempts > 0))
    return dicts(con, query.order_by(_p.publication_seq))


def note(con: Connection, seqs: Sequence[int], **values: object) -> None:
    """Set columns of publications; the warehouse hears of it."""
    change = last_change(con) + 1
    for part in _parts(sorted(seqs)):
        statement = update(ats_publication).where(_p.publication_seq.in_(part))
        con.execute(statement.values(**values, change_no=change))


def count_attempt(con: Connection, seqs: Sequence[int]) -> None:
    statement = update(ats_publication).where(_p.publication_seq == bindparam("seq"))
    if seqs:
        con.execute(statement.values(attempts=_p.attempts + 1), [{"seq": seq} for seq in seqs])


def of_numbers(con: Connection, seqs: Iterable[int]) -> list[dict]:
    parts = _parts(sorted(seqs))
    return [row for part in parts for row in dicts(con, _of(_p.publication_seq.in_(part)))]


def unacknowledged(con: Connection, channel_id: str, *, through: int | None) -> list[dict]:
    """Pushed to the channel and not acknowledged, up to a number or all."""
    query = _of(_p.channel_id == channel_id, _p.pushed_at.is_not(None), _p.acknowledged_at.is_(None))
    return dicts(con, query if through is None else query.where(_p.publication_seq <= through))


def history(con: Connection, sku: str, *, channel_id: str | None) -> list[dict]:
    """What was published of a sku, oldest first."""
    query = _of(_p.sku == sku)
    return dicts(con, query if channel_id is None else query.where(_p.channel_id == channel_id))


def lags(con: Connection, *, since: int, until: int) -> dict[str, list[int]]:
    """Channel to acknowledged_at - computed_at, in microseconds, of what was acknowledged in the period."""
    query = select(_p.channel_id, _p.acknowledged_at - _p.computed_at)
    query = query.where(_p.acknowledged_at >= since, _p.acknowledged_at < until)
    found: dict[str, list[int]] = {}
    for channel_id, lag in con.execute(query.order_by(_p.publication_seq)):
        found.setdefault(channel_id, []).append(int(lag))
    return found


def changed(con: Connection, *, after: int) -> list[tuple]:
    """Publications written or touched since, for the warehouse's copy, in column order."""
    query = select(ats_publication).where(_p.change_no > after).order_by(_p.publication_seq)
    return con.execute(query).cursor.fetchall()


def _of(*conditions):
    return select(ats_publication).where(*conditions).order_by(_p.publication_seq)


def _parts(values: Sequence) -> list[Sequence]:
    return [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)]
