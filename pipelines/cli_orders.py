"""`oms order ID`: one order as a person asks for it: where it is, what is in it, what happened to it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipelines.cli_errors import CommandError, did_you_mean
from pipelines.cli_output import Column, print_facts, print_json, print_table, show
from pipelines.cli_release import release_connection
from warehouse.settings import Settings

if TYPE_CHECKING:
    import duckdb

LINE_COLUMNS = (
    Column("line_no", "Line", "count"),
    Column("sku", "Sku"),
    Column("title", "Title", width=40),
    Column("line_type", "Type"),
    Column("quantity", "Quantity", "units"),
    Column("unit_price", "Price", "money"),
    Column("amount", "Amount", "money"),
)
EVENT_COLUMNS = (
    Column("occurred_at", "When (UTC)", "when"),
    Column("event_kind", "What"),
    Column("detail", "Detail", width=100),
)
EMPTY = (None, "", [], {})


PARCEL_COLUMNS = (
    Column("shipment_id", "Parcel"),
    Column("location_id", "From"),
    Column("state", "State"),
    Column("carrier", "Carrier"),
    Column("tracking_number", "Tracking number"),
    Column("shipped_at", "Shipped (UTC)", "when"),
    Column("delivered_at", "Delivered", "when"),
)
UNIT_COLUMNS = (
    Column("line_id", "Line"),
    Column("sku", "Sku"),
    *(
        Column(name, name.capitalize(), "units")
        for name in ("quantity", "canceled", "backordered", "allocated", "shipped", "returned")
    ),
    Column("amount", "Amount", "money"),
)


def order(arguments: argparse.Namespace, settings: Settings) -> None:
    from warehouse import queries

    if arguments.now:
        _from_the_book(arguments, settings)
        return
    with release_connection(settings) as con:
        header = _find(con, arguments.order.strip())
        lines = queries.order_lines(con, header["order_id"]).to_dicts()
        events = queries.order_events(con, header["order_id"]).to_dicts()
    for event in events:
        event["detail"] = json.loads(event["detail"] or "{}")
    if arguments.json:
        print_json(header | {"where_is_it": where_is_it(header), "lines": lines, "events": events})
        return
    _print_header(header)
    print()
    print_table([event | {"detail": _words(event["detail"])} for event in events], EVENT_COLUMNS)
    print()
    print_table(lines, LINE_COLUMNS)


def _from_the_book(arguments: argparse.Namespace, settings: Settings) -> None:
    """As the order stands this minute, with its parcels; the release is not asked."""
    from oms_ops.service import order_view
    from oms_ops.store import open_book
    from oms_ops.store.history import order_ids
    from oms_ops.where import where_is

    asked = arguments.order.strip()
    with open_book(settings.order_book_url) as book:
        found = order_ids(book, asked)
        if not found:
            raise CommandError(f"unknown order {asked!r}: the order book has none of that id or number")
        if len(found) > 1 and asked not in found:
            raise CommandError(
                f"{asked!r} is the number of {len(found)} orders; ask for one of {', '.join(found)}"
            )
        view = order_view(book, asked if asked in found else found[0])
    if arguments.json:
        print_json(view | {"where_is_it": where_is(view)})
        return
    print(where_is(view), end="\n\n")
    if view["shipments"]:
        print_table(view["shipments"], PARCEL_COLUMNS)
        print()
    print_table([event | {"detail": _words(event["detail"])} for event in view["events"]], EVENT_COLUMNS)
    print()
    print_table(view["lines"], UNIT_COLUMNS)


def _find(con: duckdb.DuckDBPyConnection, asked: str) -> dict:
    from warehouse import queries

    found = queries.order_header(con, asked).to_dicts()
    if not found:
        hint = did_you_mean(asked, queries.similar_orders(con, asked))
        raise CommandError(f"unknown order {asked!r}{hint}")
    if len(found) > 1 and found[0]["order_id"] != asked:
        several = ", ".join(row["order_id"] for row in found)
        raise CommandError(f"{asked!r} is the number of {len(found)} orders; ask for one of {several}")
    return found[0]


def where_is_it(order: Mapping[str, object]) -> str:
    """The answer a buyer wants, in one sentence."""
    promise = f"; promised by {_day(order['promised_deliver_by'])}" if order["promised_deliver_by"] else ""
    to_ship = order["units"] - order["units_canceled"] - order["units_shipped"]
    if order["order_status"] == "canceled":
        reason = f" (reason: {order['cancel_reason']})" if order["cancel_reason"] else ""
        return f"Canceled{reason}; nothing will come."
    if order["delivered_at"] and to_ship <= 0:
        verdict = {True: ", on time", False: ", late", None: ""}[order["is_on_time"]]
        return f"Delivered on {_day(order['delivered_at'])}{verdict}{_returned(order)}."
    if order["units_shipped"] > 0 and to_ship > 0:
        return (
            f"Partly on its way: {_many(order['units_shipped'], 'unit')} shipped by "
            f"{_day(order['last_shipped_at'])}, {to_ship:,.0f} still to ship{promise}."
        )
    if order["units_shipped"] > 0:
        return f"On its way since {_day(order['last_shipped_at'])}{promise}."
    waiting = "on hold" if order["fulfillment_status"] == "on_hold" else "waiting to be shipped"
    return f"Not shipped yet, {waiting}: {_many(to_ship, 'unit')}{promise}."


def _returned(order: Mapping[str, object]) -> str:
    return (
        f"; {_many(order['units_returned'], 'unit')} came back since" if order["units_returned"] > 0 else ""
    )


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d}"


def _print_header(order: Mapping[str, object]) -> None:
    print(f"Order {order['order_number']} ({order['order_id']}): {where_is_it(order)}\n")
    refunded = f", {show(order['refunded'], 'money')} given back" if order["refunded"] else ""
    print_facts(
        {
            "Placed": f"{show(order['placed_at'], 'when')} UTC, {order['channel_id']}, to {order['country']}",
            "Customer": order["customer_id"] or "anonymous",
            "Status": f"{order['order_status']}, {order['payment_status']}, {order['fulfillment_status']}",
            "Goods": f"{show(order['gross_sales'], 'money')} {order['currency']}, "
            f"{_many(order['units'], 'unit')}, {_many(order['line_count'], 'line')}{refunded}",
            "Shipping": f"{show(order['shipping'], 'money')} {order['currency']}",
            "Waited for stock": _waited(order),
        }
    )


def _many(count: float, noun: str) -> str:
    return f"{show(count, 'units')} {noun}" + ("" if count == 1 else "s")


def _waited(order: Mapping[str, object]) -> str:
    units = order["units_backordered_at_placement"]
    return f"{_many(units, 'unit')} found none when the order was placed" if units else ""


def _words(detail: object) -> str:
    if not isinstance(detail, Mapping):
        return str(detail)
    return ", ".join(f"{name} {_value(value)}" for name, value in detail.items() if value not in EMPTY)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return " + ".join(f"{name} {_value(part)}" for name, part in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
