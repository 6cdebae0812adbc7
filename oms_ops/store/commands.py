"""One command, one transaction: the answer given before, or the rules carried out, written and remembered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, select

from oms_ops.desk import Desk, Places
from oms_ops.errors import InvalidCommand
from oms_ops.store import numbering, papers, policies
from oms_ops.store import tables as t
from oms_ops.store.book import OrderBook
from oms_ops.store.reserving import event_key
from oms_ops.store.rows import find_rows, write_rows
from oms_ops.store.shelf import Shelf
from oms_ops.store.writing import write_journal

Answer = dict[str, object]


def carry_out(
    book: OrderBook,
    act: Callable[[Desk], Answer],
    *,
    command: str,
    key: str,
    terms: Mapping[str, object],
    at: int,
    places: Places,
) -> Answer:
    """What `act` answers. The same key again changes nothing and answers the same, or refuses other terms."""

    def at_a_desk(con: Connection) -> Answer:
        shelf, before = Shelf(con), numbering.numbers(con)
        desk = Desk(shelf, places, numbers=replace(before))
        desk.at(at, recorded_at=at, key=event_key(key))
        answer = act(desk)
        if not (desk.journal.events or desk.journal.stock_events):
            desk.stock_event(command, str(next(iter(terms.values()), "")), detail=terms)
        write_journal(con, desk, shelf=shelf)
        numbering.leave_numbers(con, before=before, after=desk.numbers)
        return answer

    return carry_out_once(book, at_a_desk, command=command, key=key, terms=terms, at=at)


def rehearse(book: OrderBook, act: Callable[[Desk], Answer], *, at: int, places: Places) -> Answer:
    """What `act` would answer now, or its refusal; nothing is written and no writer is held up."""
    with book.read() as con:
        desk = Desk(Shelf(con), places, numbers=numbering.numbers(con))
        desk.at(at, recorded_at=at)
        return json.loads(json.dumps(act(desk), default=str))


def parcel_units(desk: Desk, shipment_seq: int) -> list[tuple[int, int]]:
    """(allocation number, units) in one parcel."""
    return [
        tuple(row[1:])
        for row in find_rows(desk.shelf.con, t.shipment_line, "shipment_seq", keys=[shipment_seq])
    ]


def scheduled_orders(desk: Desk, sku: str) -> list[str]:
    return policies.scheduled_orders(desk.shelf.con, sku)


def order_id_of_return(desk: Desk, return_id: str) -> str | None:
    return papers.order_id_of(desk.shelf.con, t.return_, return_id)


def order_id_of_claim(desk: Desk, claim_id: str) -> str | None:
    return papers.order_id_of(desk.shelf.con, papers.claim, claim_id)


def earlier_event(book: OrderBook, key: str) -> tuple[str, str, dict] | None:
    """(kind, subject, detail) of what a quick reservation noted under the key."""
    with book.read() as con:
        query = select(t.stock_event).where(t.stock_event.c.idempotency_key == event_key(key))
        row = con.execute(query).first()
    return None if row is None else (row.event_kind, row.subject, json.loads(row.detail))


def _require_unused(con: Connection, key: str, *, command: str) -> None:
    event = t.stock_event.c
    query = select(event.event_kind, event.subject).where(event.idempotency_key == event_key(key))
    row = con.execute(query).first()
    if row is not None:
        raise InvalidCommand(
            f"idempotency key {key!r} was used for {row.event_kind} {row.subject}; "
            f"{command} needs a key of its own"
        )


def _earlier(con: Connection, key: str, *, command: str, terms: str) -> Answer | None:
    row = con.execute(select(t.command).where(t.command.c.idempotency_key == key)).first()
    if row is None:
        return None
    if (row.command_kind, row.terms) != (command, terms):
        raise InvalidCommand(
            f"idempotency key {key!r} was used for {row.command_kind} {row.terms}; "
            f"{command} {terms} needs a key of its own"
        )
    return json.loads(row.answer)


def carry_out_once(
    book: OrderBook,
    act: Callable[[Connection], Answer],
    *,
    command: str,
    key: str,
    terms: Mapping[str, object],
    at: int,
) -> Answer:
    """As `carry_out`, for a decision that moves neither orders nor stock: `act` writes its own rows."""
    if not key:
        raise InvalidCommand(f"{command} needs an idempotency key")
    terms_text = json.dumps(terms, sort_keys=True, default=str)
    with book.write() as con:
        earlier = _earlier(con, key, command=command, terms=terms_text)
        if earlier is not None:
            return earlier
        _require_unused(con, key, command=command)
        answer = json.dumps(act(con), default=str)
        write_rows(con, t.command, [(key, command, terms_text, answer, at)])
        return json.loads(answer)
