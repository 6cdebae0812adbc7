"""`oms ats SKU`: what each channel may still sell; `oms stock`: prove, repair or explain the balances.

What moves stock is in cli_stock_moves.py.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipelines import cli_stock_moves
from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_output import Column, print_json, print_table, show
from pipelines.cli_release import current_release, known_channel, shop_day
from warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

    from oms_ops.store import movements

ATS_COLUMNS = (Column("channel_id", "Channel"), Column("ats", "Available to sell", "units"))

VIOLATION_COLUMNS = (
    Column("invariant", "Invariant"),
    Column("subject", "Where", width=60),
    Column("found", "Found", "units"),
    Column("expected", "Expected", "units"),
)
DRIFT_COLUMNS = (
    Column("place", "Where", width=60),
    Column("quantity", "Quantity"),
    Column("stored", "Stored", "units"),
    Column("ledger", "Ledger", "units"),
)
MOVEMENT_COLUMNS = (
    Column("occurred_at", "When (UTC)", "when"),
    Column("kind", "Movement"),
    Column("quantity", "Units", "units"),
    Column("on_hand", "On hand", "units"),
    Column("available", "Available", "units"),
    Column("committed", "Committed", "units"),
    Column("because", "Because of", width=50),
)
SHOWN = 30


def ats(arguments: argparse.Namespace, settings: Settings) -> None:
    from models import why as words
    from warehouse import queries

    release = current_release(settings)
    with release.connect() as con:
        channel_id = known_channel(settings, con, arguments.channel)
        product = known_product(con, arguments.sku)
        rows = queries.ats(con, product["sku"], channel=channel_id).to_dicts()
    for row in rows:
        row["free_by_location"] = json.loads(row["free_by_location"])
        row["explanation"] = explained(row)
    if arguments.json:
        about = {name: product[name] for name in ("sku", "title", "discontinued_on")}
        print_json(about | {"channels": rows})
        return
    print(
        f"{product['sku']} {product['title']}"
        + (f", {show(rows[0]['computed_at'], 'when')} UTC" if rows else "")
    )
    if end := words.ended(product["discontinued_on"], today=shop_day(release, settings)):
        print(end)
    if not rows:
        print("no channel sells it: it has never been in stock")
    columns = (*ATS_COLUMNS, Column("explanation", "How")) if arguments.explain else ATS_COLUMNS
    print_table(rows, columns)


def known_product(con: duckdb.DuckDBPyConnection, sku: str) -> dict:
    """The product's master data; an unknown sku names the closest ones."""
    from warehouse import queries

    found = queries.product(con, sku).to_dicts()
    if not found:
        raise CommandError(f"unknown sku {sku!r}{did_you_mean(sku, queries.similar_skus(con, sku))}")
    return found[0]


def explained(row: Mapping[str, object]) -> str:
    """The terms of one ATS as a calculation: free units, less what is spoken for, times the share."""
    free = " + ".join(f"{place} {show(units, 'units')}" for place, units in row["free_by_location"].items())
    note = row.get("note")
    is_kit = bool(note) and "kits of (" in note
    terms = [free or ("its components" if is_kit else "nothing free")]
    if row["unrouted_units"]:
        terms.append(f"- {show(row['unrouted_units'], 'units')} sold and not allocated yet")
    if row["threshold"]:
        terms.append(f"- {show(row['threshold'], 'units')} kept back")
    terms.append(f"= {show(row['pool'], 'units')}")
    if row["share"] != 1:
        terms.append(f"x {row['share']:.0%} share")
    if row["max_quantity"] is not None:
        terms.append(f", at most {show(row['max_quantity'], 'units')}")
    words = f"{' '.join(terms).replace(' ,', ',')} -> {show(row['ats'], 'units')}"
    return f"{words} ({note})" if note else words


def stock(arguments: argparse.Namespace, settings: Settings) -> int:
    current_release(settings)
    act = _ACTIONS.get(arguments.action, cli_stock_moves.act)
    return act(arguments, settings)


def _verify(arguments: argparse.Namespace, settings: Settings) -> int:
    from dataclasses import asdict

    from oms_ops.invariants import INVARIANTS, verify
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        violations = [asdict(violation) for violation in verify(book)]
    broken = {row["invariant"] for row in violations}
    if arguments.json:
        holds = [
            {"invariant": name, "meaning": words, "holds": name not in broken}
            for name, words in INVARIANTS.items()
        ]
        print_json({"invariants": holds, "violations": violations})
        return 1 if violations else 0
    for name, words in INVARIANTS.items():
        print(f"{name}  {'BROKEN' if name in broken else 'holds '}  {words}")
    if violations:
        print()
        print_table(violations[:SHOWN], VIOLATION_COLUMNS)
        print(
            f"\n{len(violations):,} violations; `oms stock repair` rebuilds balances from the ledger (I2, L1)"
        )
    return 1 if violations else 0


def _repair(arguments: argparse.Namespace, settings: Settings) -> int:
    from dataclasses import asdict

    from oms_ops.invariants import drifts, mend
    from oms_ops.store import open_book

    with open_book(settings.order_book_url) as book:
        found = drifts(book) if arguments.dry_run else mend(book)
    rows = [asdict(drift) for drift in found]
    if arguments.json:
        print_json({"is_repaired": not arguments.dry_run, "drifts": rows})
        return 0
    if not rows:
        print("every balance agrees with the ledger")
        return 0
    print_table(rows, DRIFT_COLUMNS)
    places = len({row["place"] for row in rows})
    balances = "1 balance" if places == 1 else f"{places:,} balances"
    does = "would be set" if arguments.dry_run else "set"
    print(f"\n{balances} {does} to what the ledger says")
    return 0


def _why(arguments: argparse.Namespace, settings: Settings) -> int:
    """From the order book, as it is this minute."""
    from oms_ops.store import movements, open_book

    location_id = _known_location(settings, arguments.location)
    with open_book(settings.order_book_url) as book, book.read() as con:
        places = movements.places(con, arguments.sku, location_id=location_id)
        if not places and not movements.places(con, arguments.sku):
            known = movements.skus(con)
            raise CommandError(
                f"nothing has moved of sku {arguments.sku!r}{did_you_mean(arguments.sku, known)}"
            )
    if arguments.json:
        print_json([_story(place, everything=arguments.everything) for place in places])
    elif not places:
        print("nothing has moved")
    else:
        for place in places:
            _print_story(place, everything=arguments.everything)
    return 1 if any(place.drift for place in places) else 0


def _story(place: movements.Place, *, everything: bool) -> dict:
    return {
        "sku": place.sku,
        "location_id": place.location_id,
        "movements": place.movements if everything else place.since_snapshot,
        "stored": place.stored,
        "ledger": place.ledger,
        "drift": place.drift,
    }


def _print_story(place: movements.Place, *, everything: bool) -> None:
    shown = place.movements if everything else place.since_snapshot
    left_out = len(place.movements) - len(shown)
    print(f"{place.sku} at {place.location_id}")
    if left_out:
        print(f"from the last snapshot on; {left_out:,} movements before it with --all")
    print_table([row | {"because": _because(row)} for row in shown], MOVEMENT_COLUMNS)
    units = ", ".join(f"{name} {place.stored[name]:,}" for name in place.stored if place.stored[name])
    print(f"{units or 'nothing there'} {'= ledger' if not place.drift else _drifted(place)}\n")


def _drifted(place: movements.Place) -> str:
    off = ", ".join(f"{name} by {units:+,}" for name, units in place.drift.items())
    return f"- off from the ledger: {off}; `oms stock repair` mends it"


def _because(row: Mapping[str, object]) -> str:
    parts = (row["order_id"] and f"order {row['order_id']}", row["reference"], row["reason"])
    return ", ".join(str(part) for part in parts if part)


def _known_location(settings: Settings, wanted: str | None) -> str | None:
    known = [place.location_id for place in settings.locations]
    if wanted is None or wanted.upper() in known:
        return wanted and wanted.upper()
    hint = did_you_mean(wanted, known) or f"; known: {', '.join(known)}"
    raise CommandError(f"unknown location {wanted!r}{hint}")


_ACTIONS: Mapping[str, Callable[[argparse.Namespace, Settings], int]] = {
    "verify": _verify,
    "repair": _repair,
    "why": _why,
    "lot": cli_stock_moves.lot,
    "transfers": cli_stock_moves.transfers,
}
