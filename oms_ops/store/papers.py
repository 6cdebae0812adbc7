"""Tables, reading and writing of what hangs on an order's money: refunds, returns, exchanges, claims.

The payment transactions and returns themselves stand in tables.py. Read only when a command on them asks; a
refund a channel reports is one payment row and needs none of this. Statements only: what may be refunded is
decided in rules/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import BigInteger, Column, Connection, Index, Table, Text, func, select

from oms_ops.desk import Journal
from oms_ops.documents import Claim, Exchange, Papers, Payment, Refund, RefundLine, Return, ReturnLine
from oms_ops.store import columns as col
from oms_ops.store import tables as t
from oms_ops.store.rows import Target, find_rows, put_rows, update_rows, write_rows
from oms_ops.store.tables import metadata

refund = Table(
    "refund",
    metadata,
    col.name("refund_id"),
    col.of_order(),
    col.text("state"),
    col.whole("amount_e4"),
    col.whole("credited_e4"),
    Column("reason", Text),
    Column("return_id", Text),
    Column("claim_id", Text),
    col.whole("occurred_at"),
    col.whole("recorded_at"),
    Index("refund_order", "order_seq"),
)

refund_line = Table(
    "refund_line",
    metadata,
    col.name("refund_id", "refund.refund_id"),
    col.key("line_no"),
    col.whole("units"),
    col.whole("amount_e4"),
    col.whole("deducted_e4"),
    Column("forgiven_e4", BigInteger, nullable=False, server_default="0"),
)

exchange = Table(
    "exchange",
    metadata,
    col.name("return_id"),
    col.of_order(),
    col.whole("first_line_no"),
    col.whole("last_line_no"),
    Column("credit_line_no", BigInteger),
    col.whole("ships_first"),
    col.text("state"),
    Index("exchange_order", "order_seq"),
)

claim = Table(
    "claim",
    metadata,
    col.name("claim_id"),
    col.of_order(),
    col.text("kind"),
    col.text("state"),
    Column("shipment_id", Text),
    Column("note", Text),
    col.whole("opened_at"),
    col.whole("recorded_at"),
    Column("resolved_at", BigInteger),
    Column("outcome", Text),
    Index("claim_order", "order_seq"),
)

claim_line = Table(
    "claim_line",
    metadata,
    col.name("claim_id", "claim.claim_id"),
    col.key("line_no"),
    col.whole("units"),
)

PAPERS = (refund, refund_line, exchange, claim, claim_line)


def papers(con: Connection, order_seq: int) -> Papers:
    return Papers(
        payments=[Payment(*row) for row in _of(con, t.payment_transaction, order_seq)],
        refunds=_refunds(con, order_seq),
        returns=returns(con, order_seq),
        exchanges=[Exchange(*row) for row in _of(con, exchange, order_seq)],
        claims=_claims(con, order_seq),
    )


def returns(con: Connection, order_seq: int) -> list[Return]:
    found = {row[0]: Return(*row) for row in _of(con, t.return_, order_seq)}
    for row in find_rows(con, t.return_line, "return_seq", keys=found):
        found[row[0]].lines.append(ReturnLine(*row[1:]))
    return list(found.values())


def order_id_of(con: Connection, table: Table, name: str) -> str | None:
    """The order a return, refund or claim (named by its public id) belongs to; None where there is none."""
    names = {"return": "return_id", "refund": "refund_id", "claim": "claim_id"}
    query = select(t.order.c.order_id).join(table, table.c.order_seq == t.order.c.order_seq)
    return con.execute(query.where(table.c[names[table.name]] == name)).scalar()


def given(con: Connection, refund_ids: Iterable[str]) -> set[str]:
    """Those of the refunds that were given here."""
    return {row[0] for row in find_rows(con, refund, "refund_id", keys=refund_ids)}


def forgiven(con: Connection, order_seqs: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """(order, line, amount) of what was given back and nobody has to pay again."""
    rows = find_rows(con, refund, "order_seq", keys=order_seqs)
    known = {row[0]: row[1] for row in rows if row[2] in ("success", "pending")}
    for refund_id, line_no, *_, amount_e4 in find_rows(con, refund_line, "refund_id", keys=known):
        yield known[refund_id], line_no, amount_e4


def arrived_at(con: Connection, order_seq: int) -> int | None:
    """When the last of an order's parcels was delivered, or shipped where no delivery is known."""
    last = func.max(func.coalesce(t.shipment.c.delivered_at, t.shipment.c.shipped_at))
    return con.execute(select(last).where(t.shipment.c.order_seq == order_seq)).scalar()


def units_of_shipment(con: Connection, shipment_seqs: list[int]) -> dict[int, int]:
    """Units per allocation number."""
    rows = find_rows(con, t.shipment_line, "shipment_seq", keys=shipment_seqs)
    units: dict[int, int] = {}
    for _, allocation_no, quantity in rows:
        units[allocation_no] = units.get(allocation_no, 0) + quantity
    return units


def lapsed_authorizations(con: Connection, at: int, *, limit: int) -> list[str]:
    """Orders (by id) with authorizations that ran out at `at` or before while something of them was left."""
    paid, draw = t.payment_transaction, t.payment_transaction.alias("draw")
    drawn = select(func.coalesce(func.sum(draw.c.amount_e4), 0)).where(
        draw.c.order_seq == paid.c.order_seq,
        draw.c.parent_seq == paid.c.payment_seq,
        draw.c.status.in_(("success", "pending")),
    )
    query = select(t.order.c.order_id, t.order.c.order_seq).join(
        paid, paid.c.order_seq == t.order.c.order_seq
    )
    query = query.where(
        paid.c.expires_at <= at, paid.c.status == "success", drawn.scalar_subquery() < paid.c.amount_e4
    )
    return [row[0] for row in con.execute(query.distinct().order_by(t.order.c.order_seq).limit(limit))]


def write_papers(con: Target, journal: Journal) -> None:
    """Parents before children. The payments themselves have been written."""
    update_rows(
        con, t.payment_transaction,
        [(row.status, row.settled_at, row.message, row.payment_seq) for row in journal.settled.values()],
        names=("status", "settled_at", "message"),
    )  # fmt: skip
    _write_returns(con, journal.returns.values())
    _write_refunds(con, journal.refunds.values())
    _write_exchanges(con, journal.exchanges.values())
    _write_claims(con, journal.claims.values())


def _of(con: Connection, table: Table, order_seq: int) -> Iterable[tuple]:
    """The order's rows of the table: by number, or where they have none by when they were written."""
    query = select(table).where(table.c.order_seq == order_seq)
    oldest_first = [table.c.recorded_at] if table in (refund, claim) else []
    return con.execute(query.order_by(*oldest_first, *table.primary_key.columns)).all()


def _refunds(con: Connection, order_seq: int) -> list[Refund]:
    found = {row[0]: Refund(*row) for row in _of(con, refund, order_seq)}
    for row in find_rows(con, refund_line, "refund_id", keys=found):
        found[row[0]].lines.append(RefundLine(*row[1:]))
    return list(found.values())


def _claims(con: Connection, order_seq: int) -> list[Claim]:
    found = {row[0]: Claim(*row) for row in _of(con, claim, order_seq)}
    for claim_id, line_no, units in find_rows(con, claim_line, "claim_id", keys=found):
        found[claim_id].units[line_no] = units
    return list(found.values())


def _write_returns(con: Target, backs: Iterable[Return]) -> None:
    fresh, changed, lines, changed_lines = [], [], [], []
    for back in backs:
        if back.is_new:
            fresh.append(
                (back.return_seq, back.return_id, back.order_seq, back.state, back.requested_at,
                 back.recorded_at, back.reason, back.closed_at)
            )  # fmt: skip
        else:
            changed.append((back.state, back.reason, back.closed_at, back.return_seq))
        for line in back.lines:
            values = (line.quantity, line.state, line.disposition, line.location_id)
            if line.is_new:
                lines.append((back.return_seq, line.return_line_no, line.line_no, *values, line.reason))
            else:
                changed_lines.append((*values, back.return_seq, line.return_line_no))
            line.is_new = False
        back.is_new = False
    write_rows(con, t.return_, fresh)
    update_rows(con, t.return_, changed, names=("state", "reason", "closed_at"))
    write_rows(con, t.return_line, lines)
    update_rows(con, t.return_line, changed_lines, names=("quantity", "state", "disposition", "location_id"))


def _write_refunds(con: Target, refunds: Iterable[Refund]) -> None:
    """A refund's lines never change, only its state."""
    fresh = [row for row in refunds if row.is_new]
    write_rows(con, refund, [
        (row.refund_id, row.order_seq, row.state, row.amount_e4, row.credited_e4, row.reason, row.return_id,
         row.claim_id, row.occurred_at, row.recorded_at)
        for row in fresh
    ])  # fmt: skip
    write_rows(con, refund_line, [
        (row.refund_id, line.line_no, line.units, line.amount_e4, line.deducted_e4, line.forgiven_e4)
        for row in fresh for line in row.lines
    ])  # fmt: skip
    known = [(row.state, row.refund_id) for row in refunds if not row.is_new]
    update_rows(con, refund, known, names=("state",))
    for row in fresh:
        row.is_new = False


def _write_exchanges(con: Target, exchanges: Iterable[Exchange]) -> None:
    put_rows(con, exchange, [
        (row.return_id, row.order_seq, row.first_line_no, row.last_line_no, row.credit_line_no,
         row.ships_first, row.state)
        for row in exchanges
    ])  # fmt: skip


def _write_claims(con: Target, claims: Iterable[Claim]) -> None:
    put_rows(con, claim, [
        (row.claim_id, row.order_seq, row.kind, row.state, row.shipment_id, row.note, row.opened_at,
         row.recorded_at, row.resolved_at, row.outcome)
        for row in claims
    ])  # fmt: skip
    write_rows(con, claim_line, [
        (row.claim_id, line_no, units) for row in claims if row.is_new for line_no, units in row.units.items()
    ])  # fmt: skip
    for row in claims:
        row.is_new = False
