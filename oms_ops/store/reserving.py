"""Setting aside a whole basket at one location, as few statements as can be: the checkout's hot path.

SQLite does it in one short transaction under its writers' queue; PostgreSQL in one statement that runs beside
others of its kind and never beside a writer that has the book to itself. The rows are those that
rules/reservations.py would write, the deltas those of the ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from oms_ops.ats_policy import BUFFER, EVERY_SKU
from oms_ops.ledger import DELTAS, KIND_NO
from oms_ops.store.book import MARK_LOCKS, WRITER_LOCK, OrderBook, queue
from oms_ops.store.numbering import sequence_name


@dataclass(frozen=True, slots=True)
class Basket:
    """`items`: (sku, units), each sku once. `detail` is the event's, as JSON.

    `buffer`: what the location keeps back of a sku on which nobody decided otherwise (`oms policy`).
    """

    reservation_id: str
    channel_id: str
    items: Sequence[tuple[str, int]]
    location_id: str
    buffer: int
    at: int
    expires_at: int
    key: str
    detail: str


def event_key(key: str) -> str:
    """As every command's first event carries it: whichever way a reservation goes, it is noted once."""
    return f"command:{key}"


def set_aside(book: OrderBook, basket: Basket) -> bool:
    """Whether every unit was set aside at the basket's location. If not, nothing has changed.

    False also where the key or the reservation is known already.
    """
    return _on_sqlite(book.driver_connection(), basket) if book.is_sqlite else _on_postgresql(book, basket)


def _buffer(sku: str, location: str, otherwise: str) -> str:
    """What is kept back there: decided for the sku, for every sku, or as the settings say."""
    decided = [
        f"(SELECT value FROM ats_policy WHERE sku = {name} AND place = {location} "  # noqa: S608
        f"AND term = '{BUFFER}' ORDER BY policy_seq DESC LIMIT 1)"
        for name in (sku, f"'{EVERY_SKU}'")
    ]
    return f"coalesce({', '.join(decided)}, {otherwise})"


_SET = ", ".join(f"{name} = {name} {sign:+d} * :units" for name, sign in DELTAS["reserved"].items())
_TAKE = (
    f"UPDATE stock_balance SET {_SET} WHERE sku = :sku AND location_id = :location "  # noqa: S608
    f"AND available - {_buffer(':sku', ':location', ':buffer')} >= :units RETURNING stock_no"
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
        is_done = False
        try:
            with suppress(sqlite3.IntegrityError):  # the reservation or the key is known
                is_done = _write_sqlite(run, basket)
        finally:
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
    run(_EVENT, (basket.reservation_id, at, at, basket.detail, event_key(basket.key)))
    return True


_NEXT = {kind: f"nextval('{sequence_name(kind)}')" for kind in ("posting", "movement", "reservation")}
_NEXT_EVENT = f"nextval('{sequence_name('stock_event')}')"
_SET_PLACE = ", ".join(
    f"{name} = balance.{name} {sign:+d} * place.units" for name, sign in DELTAS["reserved"].items()
)
_SET_ITEM = ", ".join(f"{name} = {name} {sign:+d} * %(units)s" for name, sign in DELTAS["reserved"].items())
# No number is drawn before `held` has said from where on one may be.
_HELD = f"""
WITH held AS MATERIALIZED (
    SELECT
        pg_advisory_xact_lock_shared({WRITER_LOCK}),
        pg_advisory_xact_lock_shared({MARK_LOCKS} + (SELECT last_value FROM {sequence_name("movement")}))
)"""  # noqa: S608
_UNUSED = "NOT EXISTS (SELECT 1 FROM command WHERE idempotency_key = %(key)s)"
_OF_ITEM = _buffer("%(sku)s", "%(location)s", "%(buffer)s")
_OF_BALANCE = _buffer("balance.sku", "balance.location_id", "%(buffer)s")
_ONE_ITEM = f"""
place AS (
    UPDATE stock_balance AS balance SET {_SET_ITEM}
    FROM held
    WHERE sku = %(sku)s AND location_id = %(location)s AND available - {_OF_ITEM} >= %(units)s AND {_UNUSED}
    RETURNING stock_no, sku, %(units)s::bigint AS units
),
entry AS (
    INSERT INTO posting (posting_seq, reference, occurred_at, recorded_at)
    SELECT {_NEXT["posting"]}, %(reservation)s, %(at)s, %(at)s FROM place
    RETURNING posting_seq
)"""  # noqa: S608
# `place` locks in one order for everybody, and sees what each row became while it waited for it.
_MANY_ITEMS = f"""
item AS (
    SELECT sku, units FROM unnest(%(skus)s::text[], %(units)s::bigint[]) AS item (sku, units)
),
place AS MATERIALIZED (
    SELECT balance.stock_no, balance.available - {_OF_BALANCE} AS free, item.sku, item.units
    FROM held
    CROSS JOIN item
    JOIN stock_balance AS balance ON balance.sku = item.sku AND balance.location_id = %(location)s
    ORDER BY balance.stock_no
    FOR NO KEY UPDATE OF balance
),
entry AS (
    INSERT INTO posting (posting_seq, reference, occurred_at, recorded_at)
    SELECT {_NEXT["posting"]}, %(reservation)s, %(at)s, %(at)s
    FROM (
        SELECT count(*) AS found, bool_and(free >= units) AS is_free FROM place
    ) AS verdict
    WHERE found = %(items)s AND is_free AND {_UNUSED}
    RETURNING posting_seq
),
taken AS (
    UPDATE stock_balance AS balance SET {_SET_PLACE}
    FROM place, entry WHERE balance.stock_no = place.stock_no
)"""  # noqa: S608
_NOTED = f"""
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
    SELECT {_NEXT_EVENT}, 'reserved', %(reservation)s, %(at)s, %(at)s, %(detail)s, %(event_key)s FROM entry
)
SELECT posting_seq FROM entry
"""  # noqa: S608
_FOR_ONE = ",".join((_HELD, _ONE_ITEM, _NOTED))
_FOR_MANY = ",".join((_HELD, _MANY_ITEMS, _NOTED))


def _on_postgresql(book: OrderBook, basket: Basket) -> bool:
    """Once more where the connection turns out to be broken: done already, it is known by its key."""
    from psycopg import OperationalError

    connection = book.driver_connection()
    try:
        return _in_one_statement(connection, basket)
    except OperationalError:
        if not connection.closed:
            raise
    return _in_one_statement(book.driver_connection(), basket)


def _in_one_statement(connection, basket: Basket) -> bool:
    terms = {
        "location": basket.location_id,
        "buffer": basket.buffer,
        "reservation": basket.reservation_id,
        "channel": basket.channel_id,
        "at": basket.at,
        "expires": basket.expires_at,
        "detail": basket.detail,
        "key": basket.key,
        "event_key": event_key(basket.key),
    }
    if len(basket.items) == 1:
        ((terms["sku"], terms["units"]),) = basket.items
        statement = _FOR_ONE
    else:
        terms["skus"], terms["units"] = map(list, zip(*basket.items, strict=True))
        terms["items"] = len(basket.items)
        statement = _FOR_MANY
    from psycopg.errors import UniqueViolation

    try:  # one statement, one transaction, one round trip
        return connection.execute(statement, terms).fetchone() is not None
    except UniqueViolation:  # the reservation or the key is known
        return False
