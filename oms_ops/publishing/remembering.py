"""What channels acknowledged, and the history of what was published of a sku and when it was in force.

A value is in force from when the channel said it had it, else from when it was handed over; one that was
replaced before it was handed over never was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from oms_ops.errors import InvalidCommand
from oms_ops.exposure import in_force_from
from oms_ops.store import OrderBook, publication
from oms_ops.store.commands import Answer, carry_out_once
from oms_ops.units import instant, micros
from warehouse.settings import Settings


def acknowledge(
    book: OrderBook,
    settings: Settings,
    channel_id: str,
    *,
    at: datetime,
    key: str,
    through: int | None = None,
    only: Sequence[int] | None = None,
) -> Answer:
    """The channel has the values: all handed over by then, those up to number `through`, or `only` some.

    InvalidCommand where a number named is not the channel's or was not handed over by then.
    """
    settings.channel(channel_id)
    moment = micros(at)

    def act(con) -> Answer:
        named = [through] if through is not None else list(only or ())
        _require_pushed(con, channel_id, named, by=moment)
        rows = publication.unacknowledged(con, channel_id, through=through)
        seqs = [row["publication_seq"] for row in rows if row["pushed_at"] <= moment]
        if only is not None:
            seqs = [seq for seq in seqs if seq in set(only)]
        publication.note(con, seqs, acknowledged_at=moment)
        return {"channel_id": channel_id, "acknowledged": len(seqs)}

    terms = {"channel": channel_id, "through": through, "only": only}
    return carry_out_once(book, act, command="acknowledge_ats", key=key, terms=terms, at=moment)


def history(book: OrderBook, sku: str, *, channel_id: str | None = None) -> list[dict]:
    """Every value published of a sku, oldest first, with its terms and its instants."""
    with book.read() as con:
        rows = publication.history(con, sku, channel_id=channel_id)
    return [_shown(row) for row in rows]


def _shown(row: Mapping[str, object]) -> dict:
    names = ("publication_seq", "channel_id", "sku", "value", "movement_seq")
    times = ("computed_at", "pushed_at", "acknowledged_at", "superseded_at")
    shown = {name: row[name] for name in names} | {name: instant(row[name]) for name in times}
    return shown | {"in_force_from": instant(in_force_from(row)), "terms": json.loads(row["terms"])}


def _require_pushed(con, channel_id: str, seqs: Sequence[int], *, by: int) -> None:
    known = {row["publication_seq"]: row for row in publication.of_numbers(con, seqs)}
    for seq in seqs:
        row = known.get(seq)
        if row is None or row["channel_id"] != channel_id:
            raise InvalidCommand(f"publication {seq} is not one of channel {channel_id}")
        if row["pushed_at"] is None or row["pushed_at"] > by:
            state = "superseded before it was pushed" if row["superseded_at"] else "not pushed by then"
            raise InvalidCommand(
                f"publication {seq} ({row['sku']} = {row['value']}) is {state}; push it, then acknowledge it"
            )
