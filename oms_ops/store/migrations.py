"""The order book's migrations, in order. One and its record are one transaction; again, they change nothing.

A migration leaves alone what already stands: a new book gets today's tables, an old one what it lacks. To
change a table, edit it in `tables.py` and add a migration that alters the older books.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, insert, inspect, select, update
from sqlalchemy.schema import CreateColumn

from oms_ops import ledger
from oms_ops.errors import OmsError
from oms_ops.store import decisions, papers, proposals, publication, routing_tables, stock_tables
from oms_ops.store import tables as t
from oms_ops.store.lifecycle_tables import LIFECYCLE
from oms_ops.store.numbering import create_sequences
from oms_ops.store.papers import PAPERS
from oms_ops.store.rows import put_rows
from oms_ops.store.tables import (
    ORDER_BOOK,
    metadata,
    movement_kind,
    order_line,
    payment_transaction,
    purchase_order_line,
    reservation,
    return_,
    return_line,
    schema_migration,
    stock_event,
)


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    run: Callable[[Connection], None]


def _create(tables: Sequence[Table]) -> Callable[[Connection], None]:
    return lambda con: metadata.create_all(con, tables=list(tables), checkfirst=True)


def _add_columns(table: Table, *names: str) -> Callable[[Connection], None]:
    """Columns that stand at the end of `table` today, added where an older book lacks them.

    Each is nullable or has a `server_default`: SQLite and PostgreSQL fill the rows that are there.
    """

    def run(con: Connection) -> None:
        known = {column["name"] for column in inspect(con).get_columns(table.name)}
        quoted = con.dialect.identifier_preparer.format_table(table)
        for name in names:
            if name not in known:
                column = str(CreateColumn(table.c[name]).compile(dialect=con.dialect))
                con.exec_driver_sql(" ".join(["ALTER TABLE", quoted, "ADD COLUMN", column]))

    return run


def _add_indexes(con: Connection, table: Table) -> None:
    """Indexes that stand on `table` today, where an older book lacks them."""
    for index in table.indexes:
        index.create(con, checkfirst=True)


def _lifecycle(con: Connection) -> None:
    _create(LIFECYCLE)(con)
    for table, names in (
        (t.order, ("expires_at", "waits_until", "queue_seq")),
        (t.order_line, ("ships_not_before",)),
        (t.fulfillment_order, ("fulfill_at",)),
        (t.allocation, ("picked",)),
        (t.shipment, ("state_at",)),
        (t.hold, ("fulfillment_no",)),
    ):
        _add_columns(table, *names)(con)
        _add_indexes(con, table)


def _reservations(con: Connection) -> None:
    _add_columns(reservation, "channel_id", "ended_at", "order_seq")(con)
    _create((stock_event,))(con)
    for index in reservation.indexes:
        index.create(con, checkfirst=True)
    create_sequences(con)
    _drop_foreign_keys(con)


def _drop_foreign_keys(con: Connection) -> None:
    if con.dialect.name == "sqlite":
        return
    names = con.dialect.identifier_preparer
    for table in ORDER_BOOK:
        for key in inspect(con).get_foreign_keys(table.name):
            words = ["ALTER TABLE", names.format_table(table), "DROP CONSTRAINT", names.quote(key["name"])]
            con.exec_driver_sql(" ".join(words))


def _stock_papers(con: Connection) -> None:
    _create(stock_tables.STOCK_PAPERS)(con)
    _add_columns(order_line, "parent_line_no")(con)
    _add_columns(purchase_order_line, "purchase_order_id", "canceled", "drafted")(con)


def _money(con: Connection) -> None:
    _add_columns(payment_transaction, "parent_seq", "expires_at", "settled_at", "tender", "message")(con)
    _add_columns(return_, "reason", "closed_at")(con)
    _add_columns(return_line, "reason")(con)
    _create(PAPERS)(con)
    for index in payment_transaction.indexes:
        index.create(con, checkfirst=True)


def _forgiven(con: Connection) -> None:
    """What was given back for a return or a claim; of goodwill an older book does not say so."""
    _add_columns(papers.refund_line, "forgiven_e4")(con)
    given = papers.refund.c
    for_goods = select(given.refund_id).where(given.return_id.is_not(None) | given.claim_id.is_not(None))
    line = papers.refund_line
    con.execute(update(line).where(line.c.refund_id.in_(for_goods)).values(forgiven_e4=line.c.amount_e4))


MIGRATIONS = (
    Migration(1, "the order book", _create(ORDER_BOOK)),
    Migration(
        2,
        "overrides, alert episodes and their notices",
        _create(
            (
                decisions.forecast_override,
                decisions.alert_episode,
                decisions.alert_notice,
                decisions.alert_delivery,
                decisions.decision_event,
            )
        ),
    ),
    Migration(10, "reservations and stock events", _reservations),
    Migration(11, "addresses, sku policies, schedules, deadlines, holds of one work", _lifecycle),
    Migration(12, "payments with parents and outcomes, refunds, exchanges, claims", _money),
    Migration(13, "the warehouse's documents", _stock_papers),
    Migration(14, "destinations and the manual queue", routing_tables.create),
    Migration(15, "ATS policies and publications", _create(publication.TABLES)),
    Migration(16, "what of a refund nobody has to pay again", _forgiven),
    Migration(
        17,
        "overrides of categories and the shop, with a reason code and an expiry",
        _add_columns(decisions.forecast_override, "scope", "category", "reason_code", "expires_on"),
    ),
    Migration(19, "what planners decided about purchase proposals", _create((proposals.proposal_decision,))),
    Migration(
        20,
        "what planners decided about transfer proposals",
        _add_columns(proposals.proposal_decision, "transfer_id"),
    ),
)


def is_current(con: Connection) -> bool:
    if not con.dialect.has_table(con, schema_migration.name):
        return False
    is_migrated = _applied(con) >= {migration.number for migration in MIGRATIONS}
    return (
        is_migrated
        and [tuple(row) for row in con.execute(select(movement_kind).order_by(movement_kind.c.kind_no))]
        == ledger.kind_rows()
    )


def migrate(con: Connection) -> list[int]:
    """Numbers of the migrations applied now; to be called in a writing transaction."""
    schema_migration.create(con, checkfirst=True)
    applied = _applied(con)
    newer = applied - {migration.number for migration in MIGRATIONS}
    if newer:
        raise OmsError(
            f"the order book was written by a newer version: it has migration {max(newer)}, "
            f"this version knows {MIGRATIONS[-1].number}; update the program"
        )
    missing = [migration for migration in MIGRATIONS if migration.number not in applied]
    for migration in missing:
        migration.run(con)
        row = {"migration_no": migration.number, "migration_name": migration.name}
        con.execute(insert(schema_migration), row)
    put_rows(con, movement_kind, ledger.kind_rows())
    return [migration.number for migration in missing]


def _applied(con: Connection) -> set[int]:
    return set(con.execute(select(schema_migration.c.migration_no)).scalars())
