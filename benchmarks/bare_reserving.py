"""The limit a reservation is held against: the same rows in bare SQL, by the driver alone.

No idempotency, no choice of location, no check that anybody could get wrong: one conditional update and four
inserts, each transaction durable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, contextmanager

from sqlalchemy import make_url

KIND_NO = 5  # any kind: the row is what counts
_TAKE = (
    "UPDATE stock_balance SET available = available - 1, reserved = reserved + 1 "
    "WHERE sku = ? AND location_id = 'L1' AND available >= 1 RETURNING stock_no"
)
_ROWS = (
    ("INSERT INTO inventory_movement (posting_seq, stock_no, kind_no, quantity) VALUES (?, ?, ?, 1)"),
    (
        "INSERT INTO reservation (reservation_id, sku, location_id, quantity, state, reserved_at, "
        "expires_at, channel_id) VALUES (?, ?, 'L1', 1, 'active', 1, 2, 'shop')"
    ),
    (
        "INSERT INTO stock_event (event_kind, subject, occurred_at, recorded_at, detail, idempotency_key) "
        "VALUES ('reserved', ?, 1, 1, ?, ?)"
    ),
)
_ONE_STATEMENT = """
WITH taken AS (
    UPDATE stock_balance SET available = available - 1, reserved = reserved + 1
    WHERE sku = %(sku)s AND location_id = 'L1' AND available >= 1 RETURNING stock_no
),
entry AS (
    INSERT INTO posting (posting_seq, reference, occurred_at, recorded_at)
    SELECT nextval('order_book_posting'), %(key)s, 1, 1 FROM taken RETURNING posting_seq
),
moved AS (
    INSERT INTO inventory_movement (movement_seq, posting_seq, stock_no, kind_no, quantity)
    SELECT nextval('order_book_movement'), posting_seq, stock_no, 5, 1 FROM entry, taken
),
kept AS (
    INSERT INTO reservation (reservation_seq, reservation_id, sku, location_id, quantity, state, reserved_at,
                             expires_at, channel_id)
    SELECT nextval('order_book_reservation'), %(key)s, %(sku)s, 'L1', 1, 'active', 1, 2, 'shop' FROM entry
),
noted AS (
    INSERT INTO stock_event (event_seq, event_kind, subject, occurred_at, recorded_at, detail,
                             idempotency_key)
    SELECT nextval('order_book_stock_event'), 'reserved', %(key)s, 1, 1, %(detail)s, %(key)s FROM entry
)
SELECT stock_no FROM taken
"""

Reserve = Callable[[str, str], bool]  # (sku, key) -> whether a unit was set aside


@contextmanager
def reserving(url: str):
    """A function that reserves one unit at the book of `url`."""
    if url.startswith("sqlite"):
        path = make_url(url).database
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as con:
            con.execute("PRAGMA synchronous=FULL")
            con.execute("PRAGMA cache_size=-131072")
            yield lambda sku, key: _on_sqlite(con, sku, key)
    else:
        import psycopg

        conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(conninfo, autocommit=True) as con:
            yield lambda sku, key: _on_postgresql(con, sku, key)


def _detail(sku: str) -> str:
    return f'{{"channel_id": "shop", "expires_at": 2, "locations": {{"L1": {{"{sku}": 1}}}}}}'


def _on_sqlite(con: sqlite3.Connection, sku: str, key: str) -> bool:
    con.execute("BEGIN IMMEDIATE")
    row = con.execute(_TAKE, (sku,)).fetchone()
    if row is None:
        con.execute("ROLLBACK")
        return False
    posting = con.execute(
        "INSERT INTO posting (reference, occurred_at, recorded_at) VALUES (?, 1, 1)", (key,)
    ).lastrowid
    con.execute(_ROWS[0], (posting, row[0], KIND_NO))
    con.execute(_ROWS[1], (key, sku))
    con.execute(_ROWS[2], (key, _detail(sku), key))
    con.execute("COMMIT")
    return True


def _on_postgresql(con, sku: str, key: str) -> bool:
    terms = {"sku": sku, "key": key, "detail": _detail(sku)}
    return con.execute(_ONE_STATEMENT, terms).fetchone() is not None
