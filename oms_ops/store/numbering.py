"""The last number given out of each kind of row, and how side-by-side writers on PostgreSQL draw theirs.

On SQLite a number is the highest one plus one. On PostgreSQL quick reservations run side by side and draw
from sequences; a writer that has the book to itself reads where they stand and leaves them where it ended.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, Sequence, column, func, literal_column, select, table

from oms_ops.desk import Numbers
from oms_ops.store import tables as t

KEYS: dict[str, Column] = {
    "order": t.order.c.order_seq,
    "event": t.order_event.c.event_seq,
    "posting": t.posting.c.posting_seq,
    "movement": t.inventory_movement.c.movement_seq,
    "stock": t.stock_balance.c.stock_no,
    "payment": t.payment_transaction.c.payment_seq,
    "shipment": t.shipment.c.shipment_seq,
    "return_": t.return_.c.return_seq,
    "hold": t.hold.c.hold_seq,
    "reservation": t.reservation.c.reservation_seq,
    "stock_event": t.stock_event.c.event_seq,
}
DRAWN = ("posting", "movement", "reservation", "stock_event")  # kinds that side-by-side writers draw


def sequence_name(kind: str) -> str:
    return f"order_book_{kind}"


def last_number(con: Connection, column: Column) -> int:
    return con.execute(select(func.max(column))).scalar() or 0


def numbers(con: Connection) -> Numbers:
    """To be asked in a writing transaction that has the book to itself."""
    row = con.execute(_numbers_query(is_sqlite=con.dialect.name == "sqlite")).one()
    return Numbers(**{kind: last or 0 for kind, last in zip(KEYS, row, strict=True)})


def leave_numbers(con: Connection, *, before: Numbers, after: Numbers) -> None:
    """The sequences go on after the numbers a writer gave out by itself. A rollback leaves a gap at most."""
    if con.dialect.name == "sqlite":
        return
    for kind in DRAWN:
        last = getattr(after, kind)
        if last > getattr(before, kind):
            con.exec_driver_sql("SELECT setval(%s, %s)", (sequence_name(kind), last))


def create_sequences(con: Connection) -> None:
    """A migration: sequences that go on after the rows that stand in the book."""
    if con.dialect.name == "sqlite":
        return
    for kind in DRAWN:
        Sequence(sequence_name(kind)).create(con, checkfirst=True)
        last = last_number(con, KEYS[kind])
        if last:
            con.exec_driver_sql("SELECT setval(%s, %s)", (sequence_name(kind), last))


def _numbers_query(*, is_sqlite: bool):
    """One row, a column per kind."""
    columns = []
    for kind, key in KEYS.items():
        if is_sqlite or kind not in DRAWN:
            columns.append(select(func.max(key)).scalar_subquery().label(kind))
        else:
            last = literal_column("CASE WHEN is_called THEN last_value ELSE 0 END")
            sequence = table(sequence_name(kind), column("last_value"), column("is_called"))
            columns.append(select(last).select_from(sequence).scalar_subquery().label(kind))
    return select(*columns)
