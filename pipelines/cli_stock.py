"""`oms ats SKU`: what each channel may still sell; `oms stock`: prove, repair or explain the balances."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_output import Column, print_json, print_table, show
from pipelines.cli_release import known_channel, release_connection
from warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

ATS_COLUMNS = (Column("channel_id", "Channel"), Column("ats", "Available to sell", "units"))


def ats(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse import queries

    with release_connection(settings) as con:
        channel_id = known_channel(settings, con, arguments.channel)
        product = known_product(con, arguments.sku)
        rows = queries.ats(con, product["sku"], channel=channel_id).to_dicts()
    for row in rows:
        row["free_by_location"] = json.loads(row["free_by_location"])
        row["explanation"] = explained(row)
    if arguments.json:
        print_json({"sku": product["sku"], "title": product["title"], "channels": rows})
        return
    print(
        f"{product['sku']} {product['title']}"
        + (f", {show(rows[0]['computed_at'], 'when')} UTC" if rows else "")
    )
    if not rows:
        print("no channel sells it: it has never been in stock")
    columns = (*ATS_COLUMNS, Column("explanation", "How")) if arguments.explain else ATS_COLUMNS
    print_table(rows, columns)


def known_product(con: duckdb.DuckDBPyConnection, sku: str) -> dict:
    """The product's master data; an unknown sku names the closest ones."""
    from pipelines.cli_queries import similar_skus
    from warehouse import queries

    found = queries.product(con, sku).to_dicts()
    if not found:
        raise CommandError(f"unknown sku {sku!r}{did_you_mean(sku, similar_skus(con, sku))}")
    return found[0]


def explained(row: Mapping[str, object]) -> str:
    """The terms of one ATS as a calculation: free units, less what is spoken for, times the share."""
    free = " + ".join(f"{place} {show(units, 'units')}" for place, units in row["free_by_location"].items())
    terms = [free or "nothing free"]
    if row["unrouted_units"]:
        terms.append(f"- {show(row['unrouted_units'], 'units')} sold and not allocated yet")
    if row["threshold"]:
        terms.append(f"- {show(row['threshold'], 'units')} kept back")
    terms.append(f"= {show(row['pool'], 'units')}")
    if row["share"] != 1:
        terms.append(f"x {row['share']:.0%} share")
    if row["max_quantity"] is not None:
        terms.append(f", at most {show(row['max_quantity'], 'units')}")
    return f"{' '.join(terms).replace(' ,', ',')} -> {show(row['ats'], 'units')}"
