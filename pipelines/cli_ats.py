"""`oms promise`: what can be promised for a day; `oms policy`: decisions on the terms of ATS.

Both are answered by the order book as it stands this minute.
"""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Mapping
from datetime import datetime

from pipelines.cli_alerts import this_instant
from pipelines.cli_output import Column, print_json, print_table, show
from warehouse.settings import Settings

PROMISE_COLUMNS = (Column("from", "From (UTC)", "when"), Column("units", "Can be promised", "units"))


def promise(arguments: argparse.Namespace, settings: Settings) -> None:
    """Dated ATP as the order book stands this minute."""
    from oms_ops.publishing import promises
    from oms_ops.store import open_book

    settings.channel(arguments.channel)
    now = this_instant(settings)
    with open_book(settings.order_book_url) as book:
        found = promises(book, settings, arguments.sku, channel_id=arguments.channel, now=now)
    answer = _promise(found, arguments, now)
    if arguments.json:
        print_json(answer)
        return
    print(f"{found.sku} in {found.channel_id}, {show(now, 'when')} UTC: {show(found.free, 'units')} free")
    print_table(answer["steps"], PROMISE_COLUMNS)
    for flow in answer["ignored"]:
        print(f"not counted on: {flow['units']:,} of {flow['source']}, overdue or without a date")
    if arguments.on:
        print(f"{show(arguments.on, 'when')} UTC: {answer['on']:,} can be promised")
    if arguments.quantity:
        when = (
            f"from {show(answer['first_at'], 'when')} UTC" if answer["first_at"] else "nothing known brings"
        )
        print(f"{arguments.quantity:,} units: {when}")


def _promise(found, arguments: argparse.Namespace, now: datetime) -> Mapping[str, object]:
    from oms_ops.units import instant

    steps = zip(found.promise.since, found.promise.units, strict=True)
    return {
        "sku": found.sku,
        "channel_id": found.channel_id,
        "as_of": now,
        "free": found.free,
        "steps": [{"from": instant(at), "units": max(0, units)} for at, units in steps],
        "ignored": [{"source": flow.source, "units": flow.units} for flow in found.promise.ignored],
        "on": found.on(arguments.on) if arguments.on else None,
        "first_at": found.first_at(arguments.quantity) if arguments.quantity else None,
    }


POLICY_COLUMNS = (
    Column("place", "Where"),
    Column("sku", "Sku"),
    Column("term", "Term"),
    Column("value", "Value"),
    Column("author", "By"),
    Column("decided_at", "When (UTC)", "when"),
    Column("reason", "Reason", width=60),
)


def policy(arguments: argparse.Namespace, settings: Settings) -> None:
    {"set": _set, "list": _list}[arguments.action](arguments, settings)


def _set(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.publishing import set_policy
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        set_policy(
            book,
            settings,
            place=arguments.place,
            term=arguments.term,
            value=arguments.value,
            sku=arguments.sku or "",
            author=arguments.by,
            reason=arguments.reason,
            at=this_instant(settings),
            key=f"cli:{uuid.uuid4()}",
        )
    value = "what holds without a decision" if arguments.value is None else f"{arguments.value:g}"
    of = f" of {arguments.sku}" if arguments.sku else ""
    print(f"{arguments.place}: {arguments.term}{of} is {value}; the next `oms publish now` uses it")


def _list(arguments: argparse.Namespace, settings: Settings) -> None:
    from oms_ops.publishing import policy_history
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        rows = policy_history(book, place=arguments.place, sku=arguments.sku)
    if arguments.json:
        print_json(rows)
        return
    words = [
        row | {"sku": row["sku"] or "all", "value": "back" if row["value"] is None else f"{row['value']:g}"}
        for row in rows
    ]
    print_table(words, POLICY_COLUMNS)
    if not rows:
        print("no decision on ATS; the settings hold")
