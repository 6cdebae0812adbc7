"""Setting aside a whole basket at one location, as few statements as can be: the checkout's hot path.

SQLite does it in one short transaction under its writers' queue; PostgreSQL in one statement that runs beside
others of its kind and never beside a writer that has the book to itself. The rows are those that
rules/reservations.py would write, the deltas those of the ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from oms_ops.ledger import DELTAS, KIND_NO
from oms_ops.store.book import MARK_LOCKS, WRITER_LOCK, OrderBook, queue
from oms_ops.store.numbering import sequence_name


@dataclass(frozen=True, slots=True)
class Basket:
    """`items`: (sku, units), each sku once. `detail` is the event's, as JSON."""

    reservation_id: str
    channel_id: str
    items: Sequence[tuple[str, int]]
    location_id: str
    buffer: int
    at: int
    expires_at: int
    key: str
    detail: str


def set_aside(book: OrderBook, basket: Basket) -> bool:
    """Whether every unit was set aside at the basket's location. If not, nothing has changed.

    False also where the key or the reservation is known already.
    """
    with book.driver_connection() as connection:
        if book.is_sqlite:
            return _on_sqlite(connection, basket)
        return _on_postgresql(connection, basket)


_SET = ", ".join(f"{name} = {name} {sign:+d} * :units" for name, sign in DELTAS["reserved"].items())
_TAKE = (
    f"UPDATE stock_balance SET {_SET} "  # noqa: S608
    "WHERE sku = :sku AND location_id = :location AND available - :buffer >= :units RETURNING stock_no"
)
_KNOWN = "SELECT 1 FROM command WHERE idempotency_key = ?"
_POSTING = "INSERT INTO posting (reference, occurred_at, recorded_at) VALUES (?, ?, ?)"
_MOVEMENT = "INSERT INTO inventory_movement (posting_seq, stock_no, kind_no, quantity) VALUES (?, ?, ?, ?)"
_RESERVATION = (
    "INSERT INTO reservation (reservation_id, sku, location_id, quantity, state, reserved_at, expires_at, "
    "channel_id) VALUES (?, ?, ?, ?, 'active', ?, ?, ?)"
)
_EVENT = (
    "INSERT INTO stock_event (event_kind, subject, occurred_at, recorded_at, detail, idempotency_key) "
    "VALUES ('reserved', ?, ?, ?, ?, ?)"
)


def _on_sqlite(connection: sqlite3.Connection, basket: Basket) -> bool:
    run = connection.execute
    run("PRAGMA synchronous=FULL")
    with queue(connection):
        run("BEGIN IMMEDIATE")
        try:
            is_done = _write_sqlite(run, basket)
        except sqlite3.IntegrityError:  # the reservation or the key is known
            is_done = False
        except BaseException:
            run("ROLLBACK")
            raise
        run("COMMIT" if is_done else "ROLLBACK")
    return is_done


def _write_sqlite(run, basket: Basket) -> bool:
    if run(_KNOWN, (basket.key,)).fetchone():
        return False
    taken = []
    for sku, units in basket.items:
        terms = {"sku": sku, "location": basket.location_id, "buffer": basket.buffer, "units": units}
        row = run(_TAKE, terms).fetchone()
        if row is None:
            return False
        taken.append((row[0], sku, units))
    at = basket.at
    posting = run(_POSTING, (basket.reservation_id, at, at)).lastrowid
    for stock_no, sku, units in taken:
        run(_MOVEMENT, (posting, stock_no, KIND_NO["reserved"], units))
        held = (basket.reservation_id, sku, basket.location_id, units, at, basket.expires_at)
        run(_RESERVATION, (*held, basket.channel_id))
    run(_EVENT, (basket.reservation_id, at, at, basket.detail, basket.key))
    return True


_NEXT = {kind: f"nextval('{sequence_name(kind)}')" for kind in ("posting", "movement", "reservation")}
_NEXT_EVENT = f"nextval('{sequence_name('stock_event')}')"
_SET_PLACE = ", ".join(
    f"{name} = balance.{name} {sign:+d} * place.units" for name, sign in DELTAS["reserved"].items()
)
# `held` draws no number before it has said from where on it may; `place` locks in one order for everybody.
_STATEMENT = f"""
WITH held AS MATERIALIZED (
    SELECT
        pg_advisory_xact_lock_shared({WRITER_LOCK}),
        pg_advisory_xact_lock_shared({MARK_LOCKS} + (SELECT last_value FROM {sequence_name("movement")}))
),
item AS (
    SELECT sku, units FROM unnest(%(skus)s::text[], %(units)s::bigint[]) AS item (sku, units)
),
place AS MATERIALIZED (
    SELECT balance.stock_no, balance.available, item.sku, item.units
    FROM held
    CROSS JOIN item
    JOIN stock_balance AS balance ON balance.sku = item.sku AND balance.location_id = %(location)s
    ORDER BY balance.stock_no
    FOR NO KEY UPDATE OF balance
),
verdict AS (
    SELECT count(*) = %(items)s AND bool_and(available - %(buffer)s >= units)
           AND NOT EXISTS (SELECT 1 FROM command WHERE idempotency_key = %(key)s) AS is_free
    FROM place
),
entry AS (
    INSERT INTO posting (posting_seq, reference, occurred_at, recorded_at)
    SELECT {_NEXT["posting"]}, %(reservation)s, %(at)s, %(at)s FROM verdict WHERE is_free
    RETURNING posting_seq
),
taken AS (
    UPDATE stock_balance AS balance SET {_SET_PLACE}
    FROM place, entry WHERE balance.stock_no = place.stock_no
),
moved AS (
    INSERT INTO inventory_movement (movement_seq, posting_seq, stock_no, kind_no, quantity)
    SELECT {_NEXT["movement"]}, entry.posting_seq, place.stock_no, {KIND_NO["reserved"]}, place.units
    FROM entry CROSS JOIN place
),
kept AS (
    INSERT INTO reservation (reservation_seq, reservation_id, sku, location_id, quantity, state, reserved_at,
                             expires_at, channel_id)
    SELECT {_NEXT["reservation"]}, %(reservation)s, place.sku, %(location)s, place.units, 'active', %(at)s,
           %(expires)s, %(channel)s
    FROM entry CROSS JOIN place
),
noted AS (
    INSERT INTO stock_event (event_seq, event_kind, subject, occurred_at, recorded_at, detail,
                             idempotency_key)
    SELECT {_NEXT_EVENT}, 'reserved', %(reservation)s, %(at)s, %(at)s, %(detail)s, %(key)s FROM entry
)
SELECT posting_seq FROM entry
"""  # noqa: S608


def _on_postgresql(connection, basket: Basket) -> bool:
    terms = {
        "skus": [sku for sku, _ in basket.items],
        "units": [units for _, units in basket.items],
        "items": len(basket.items),
        "location": basket.location_id,
        "buffer": basket.buffer,
        "reservation": basket.reservation_id,
        "channel": basket.channel_id,
        "at": basket.at,
        "expires": basket.expires_at,
        "detail": basket.detail,
        "key": basket.key,
    }
    from psycopg.errors import UniqueViolation

    try:  # one statement, one transaction, one round trip
        return connection.execute(_STATEMENT, terms).fetchone() is not None
    except UniqueViolation:  # the reservation or the key is known
        return False
