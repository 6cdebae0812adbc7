"""Facts of one row per document: what each refers to, what is checked, whether a later version replaces it.

Types and required columns come from the contracts; the columns, from the channel's mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from oms_ops.intake.sql_files import sql
from warehouse import contracts
from warehouse.contracts import literal, quoted

_OWN = ("recorded_at", "document_seq")


@dataclass(frozen=True)
class Check:
    """A refusal: `condition` over a typed row and `join`; `known_at` is since when what it names is known."""

    reason_code: str
    condition: str
    sentence: str
    join: str = ""
    known_at: str = ""


_UNITS = (
    Check(
        "fractional_quantity",
        "typed.quantity <> trunc(typed.quantity)",
        "'quantity ' || typed.quantity || ', whole units are allowed'",
    ),
    Check(
        "negative_quantity",
        "typed.quantity <= 0",
        "'quantity ' || typed.quantity || ', more than 0 is allowed'",
    ),
)
_WHOLE = _UNITS[:1]
_NOT_BELOW_ZERO = (
    *_WHOLE,
    Check(
        "negative_quantity", "typed.quantity < 0", "'quantity ' || typed.quantity || ', 0 or more is allowed'"
    ),
)
_SKU = Check(
    "unknown_sku",
    "known_sku.sku IS NULL",
    "'sku ' || typed.sku || ' is not in the product list'",
    join="LEFT JOIN staging.known_sku ON known_sku.sku = typed.sku",
    known_at="known_sku.known_at",
)
_LOCATION = Check(
    "unknown_location",
    "location.location_id IS NULL",
    "'location ' || typed.location_id || ' is not in the settings'",
    join="LEFT JOIN core.location ON location.location_id = typed.location_id",
)
_ORDER = Check(
    "unknown_order",
    "header.order_id IS NULL",
    "'order ' || typed.order_id || ' is not known'",
    join="LEFT JOIN core.order_header AS header ON header.order_id = typed.order_id",
    known_at="header.recorded_at",
)
_SHIPMENT = Check(
    "unknown_order",
    "shipment.shipment_id IS NULL OR shipment.order_id <> typed.order_id",
    "'shipment ' || typed.shipment_id || ' of order ' || typed.order_id || ' is not known'",
    join="LEFT JOIN core.shipment ON shipment.shipment_id = typed.shipment_id",
    known_at="shipment.recorded_at",
)
_PURCHASE = Check(
    "incomplete",
    "typed.purchase_order_line_id IS NOT NULL AND purchase.purchase_order_line_id IS NULL",
    "'purchase order line ' || typed.purchase_order_line_id || ' is not known'",
    join="LEFT JOIN core.purchase_order_line AS purchase "
    "ON purchase.purchase_order_line_id = typed.purchase_order_line_id",
    known_at="purchase.recorded_at",
)
_COST = Check(
    "negative_price", "typed.unit_cost < 0", "'unit_cost ' || typed.unit_cost || ', 0 or more is allowed'"
)


@dataclass(frozen=True)
class Flat:
    """`fact_kind` and `rank` place it in the order book's stream; without one it is not part of it."""

    table: str
    key: str
    checks: tuple[Check, ...] = ()
    fact_kind: str = ""
    rank: int = 0
    is_replaced: bool = False
    extra: tuple[str, ...] = ()  # mapped columns that only checks look at


FLATS = {
    "supplier": Flat("core.supplier", "supplier_id", is_replaced=True),
    "product": Flat(
        "core.product",
        "sku",
        is_replaced=True,
        checks=(
            _COST,
            Check(
                "bad_value",
                "typed.product_kind NOT IN ('product', 'gift_card', 'test')",
                "'product_kind ' || typed.product_kind || '; allowed: product, gift_card, test'",
            ),
            Check(
                "negative_quantity",
                "typed.pack_size <= 0 OR typed.min_order_quantity < 0",
                "'pack_size ' || typed.pack_size || ', min_order_quantity ' || typed.min_order_quantity "
                "|| ': more than 0 and 0 or more are allowed'",
            ),
            Check(
                "bad_value",
                "typed.discontinued_at < typed.listed_at",
                "'discontinued_at ' || typed.discontinued_at || ' is before listed_at ' || typed.listed_at",
            ),
        ),
    ),
    "ledger_entry": Flat(
        "core.ledger_entry",
        "entry_id",
        extra=("currency",),
        checks=(
            *_WHOLE,
            Check(
                "unknown_channel",
                "channel.channel_id IS NULL",
                "'channel ' || typed.channel_id || ' is not in the settings'",
                join="LEFT JOIN core.channel ON channel.channel_id = typed.channel_id",
            ),
            Check(
                "unknown_currency",
                "NOT list_contains(getvariable('currencies'), coalesce(typed.currency, ''))",
                "'currency ' || coalesce(typed.currency, 'missing') || '; allowed: ' "
                "|| array_to_string(getvariable('currencies'), ', ')",
            ),
            Check(
                "bad_value",
                "typed.line_type IN ('none', 'gift_card')",
                "'code ' || typed.code || ' is no service code; goods belong to an order'",
            ),
        ),
    ),
    "purchase_order_line": Flat(
        "core.purchase_order_line",
        "purchase_order_line_id",
        checks=(*_UNITS, _COST, _LOCATION, _SKU),
        fact_kind="purchase_order",
        rank=1,
    ),
    "stock_count": Flat(
        "core.stock_count",
        "count_id",
        checks=(*_NOT_BELOW_ZERO, _LOCATION, _SKU),
        fact_kind="stock_count",
        rank=0,
    ),
    "receipt": Flat(
        "core.receipt",
        "receipt_id",
        checks=(*_UNITS, _LOCATION, _SKU, _PURCHASE),
        fact_kind="receipt",
        rank=2,
    ),
    "stock_adjustment": Flat(
        "core.stock_adjustment",
        "adjustment_id",
        checks=(*_WHOLE, _LOCATION, _SKU),
        fact_kind="stock_adjustment",
        rank=3,
    ),
    "shipment": Flat("core.shipment", "shipment_id", checks=(_ORDER,), fact_kind="shipment", rank=7),
    "delivery": Flat("core.delivery", "shipment_id", checks=(_SHIPMENT,), fact_kind="delivery", rank=8),
}


def interpret(con: duckdb.DuckDBPyConnection, flat: Flat) -> None:
    """The rows in `mapped` to the flat's core table."""
    names = [name for name in contracts.table(flat.table).column_names if name not in _OWN]
    columns = ", ".join(quoted(name) for name in names)
    parts = {
        "table": flat.table,
        "key": quoted(flat.key),
        "columns": columns,
        "fact_columns": ", ".join(f"fact.{quoted(name)}" for name in names),
    }
    con.execute(sql("flat", **_typing(con, flat), **_referring(flat)))
    con.execute(sql("flat_replace" if flat.is_replaced else "flat_append", **parts))
    if flat.fact_kind:
        stream = {"fact_kind": literal(flat.fact_kind), "rank": str(flat.rank), "key": quoted(flat.key)}
        con.execute(sql("flat_stream", **stream))


def _typing(con: duckdb.DuckDBPyConnection, flat: Flat) -> Mapping[str, str]:
    given = {row[0] for row in con.execute("DESCRIBE mapped").fetchall()}
    casts, faults = [], []
    for column in contracts.table(flat.table).columns:
        if column.name in _OWN:
            continue
        name = quoted(column.name)
        found = f"mapped.{name}" if column.name in given else "NULL::VARCHAR"
        casts.append(f"{_cast(found, column.type)} AS {name}")
        if not column.is_nullable:
            faults.append(f"WHEN {found} IS NULL THEN {literal(f'missing_field: {column.name} is missing')}")
        if column.type != "VARCHAR":
            faults.append(_misfit(column.name, found, column.type))
    casts += [f"mapped.{quoted(name)}" for name in flat.extra]
    return {"casts": ",\n    ".join(casts), "fault": "CASE " + "\n        ".join(faults) + " END"}


def _cast(found: str, kind: str) -> str:
    if kind in ("TIMESTAMPTZ", "DATE"):
        return f"instant({found})::{kind}"
    return f"TRY_CAST({found} AS {kind})"


def _misfit(name: str, found: str, kind: str) -> str:
    expected = "a time" if kind in ("TIMESTAMPTZ", "DATE") else "a number that fits"
    return (
        f"WHEN {found} IS NOT NULL AND {_cast(found, kind)} IS NULL "
        f"THEN 'bad_value: {name} ' || {found} || ' is not {expected}'"
    )


def _referring(flat: Flat) -> Mapping[str, str]:
    refusals = [
        f"WHEN {check.condition} THEN {literal(check.reason_code + ': ')} || {check.sentence}"
        for check in flat.checks
    ]
    return {
        "known": ", ".join(["todo.sent_at", *(check.known_at for check in flat.checks if check.known_at)]),
        "checks": "CASE " + "\n        ".join(refusals) + " END" if refusals else "NULL::VARCHAR",
        "joins": "\n".join(check.join for check in flat.checks if check.join),
    }
