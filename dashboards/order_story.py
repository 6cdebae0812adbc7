"""One order told in words: the sentence that answers "where is my order", and each event of its history.

Pure functions of rows; no Streamlit, no queries. Event details are the order book's own JSON terms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from dashboards import formats
from dashboards.markup import Moment

Row = Mapping[str, object]
Say = Callable[[datetime], str]

TITLES = {
    "placed": "Order placed",
    "authorized": "Payment authorized",
    "paid": "Paid",
    "allocated": "Stock allocated",
    "backordered": "Waiting for stock",
    "held": "Put on hold",
    "released": "Hold released",
    "picked": "Picked",
    "packed": "Packed",
    "shipped": "Shipped",
    "delivered": "Delivered",
    "units_canceled": "Units canceled",
    "canceled": "Canceled",
    "return_requested": "Return requested",
    "returned": "Goods returned",
    "refunded": "Money given back",
    "closed": "Closed: nothing left to ship or to pay",
    "open": "Opened again",
}
BAD = {"canceled", "units_canceled", "backordered", "held", "returned"}
HIDDEN = {"idempotency_key", "order_id", "fulfillment_no", "currency"}


def where_is_it(order: Row, *, as_of: datetime, say: Say) -> str:
    """One sentence for the buyer on the telephone, as of the release."""
    if order["order_status"] == "canceled":
        reason = f" ({formats.words(str(order['cancel_reason'])).lower()})" if order["cancel_reason"] else ""
        return f"Canceled{reason}; nothing will be shipped."
    if order["delivered_at"] and order["units_shipped"] >= order["units"] - order["units_canceled"]:
        return f"Delivered on {say(order['delivered_at'])}{_against(order, order['delivered_at'])}."
    return f"{_progress(order, say)} {_outlook(order, as_of, say)}".strip()


def _progress(order: Row, say: Say) -> str:
    owed = order["units"] - order["units_canceled"]
    if not order["units_shipped"]:
        if order["fulfillment_status"] == "on_hold":
            return "On hold, not shipped yet."
        if not order["location_count"] and owed:
            return "Waiting for stock, not shipped yet."
        return "Being prepared, not shipped yet."
    shipped = say(order["last_shipped_at"])
    if order["units_shipped"] < owed:
        return (
            f"{formats.number(order['units_shipped'])} of {formats.units(owed)} shipped, the last on "
            f"{shipped}; the rest is still to come."
        )
    return f"All of it shipped on {shipped} and is on its way."


def _outlook(order: Row, as_of: datetime, say: Say) -> str:
    promise = order["promised_deliver_by"]
    if promise is None:
        return "No delivery date was promised."
    if promise < as_of:
        return f"It was promised by {say(promise)} and is {_length(as_of, promise)} late."
    return f"It is promised by {say(promise)}, in {_length(promise, as_of)}."


def _against(order: Row, moment: datetime) -> str:
    promise = order["promised_deliver_by"]
    if promise is None:
        return ""
    if moment <= promise:
        return ", as promised"
    return f", {_length(moment, promise)} later than promised"


def _length(later: datetime, earlier: datetime) -> str:
    return formats.hours((later - earlier).total_seconds() / 3600)


def moments(
    events: Iterable[Row], *, say: Say, place: Callable[[str], str], money: Callable[[float], str]
) -> list[Moment]:
    """The history as shown in a timeline, oldest first."""
    return [_moment(event, say=say, place=place, money=money) for event in events]


def _moment(event: Row, *, say: Say, place: Callable[[str], str], money: Callable[[float], str]) -> Moment:
    kind = str(event["event_kind"])
    late = event["recorded_at"] - event["occurred_at"]
    learned = f" (we learned of it on {say(event['recorded_at'])})" if late.total_seconds() > 3600 else ""
    return Moment(
        when=f"{say(event['occurred_at'])}{learned}",
        what=TITLES.get(kind, formats.words(kind)),
        how=_terms(_parsed(event["detail"]), place=place, money=money),
        tone="bad" if kind in BAD else "",
    )


def _parsed(detail: object) -> dict:
    try:
        found = json.loads(str(detail)) if detail else {}
    except json.JSONDecodeError:
        return {"note": str(detail)}
    return found if isinstance(found, dict) else {"note": found}


def _terms(
    detail: Mapping[str, object], *, place: Callable[[str], str], money: Callable[[float], str]
) -> str:
    """`{"units": 3, "locations": {"LONDON": 3}}` as '3 units at London'."""
    hidden = HIDDEN | ({"units"} if {"locations", "skus"} & set(detail) else set())
    said = (_term(name, value, place, money) for name, value in detail.items() if name not in hidden)
    return " · ".join(text for text in said if text)


def _term(name: str, value: object, place: Callable[[str], str], money: Callable[[float], str]) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if name == "locations" and isinstance(value, dict):
        return " and ".join(f"{formats.units(units)} at {place(where)}" for where, units in value.items())
    if name == "skus" and isinstance(value, dict):
        return ", ".join(f"{formats.number(units)} × {sku}" for sku, units in value.items())
    if isinstance(value, dict):
        return _terms(value, place=place, money=money)
    if isinstance(value, list):
        return _several(name, value)
    if isinstance(value, bool):
        return formats.words(name).lower() if value else ""
    if name in ("units", "quantity"):
        return formats.units(float(value))
    if name == "lines":
        return "1 line" if value == 1 else f"{value} lines"
    if name in ("location", "location_id"):
        return f"at {place(str(value))}"
    if name in ("amount", "total", "over_captured"):
        return f"{'' if name == 'amount' else formats.words(name).lower() + ' '}{money(float(value))}"
    if name in ("kind", "note", "disposition", "carrier"):
        return str(value)
    return f"{formats.words(name.removesuffix('_id')).lower()} {value}"


def _several(name: str, values: list) -> str:
    if len(values) > 6 or any(isinstance(value, (dict, list)) for value in values):
        return f"{len(values)} {formats.words(name).lower()}"
    return f"{formats.words(name).lower()} {', '.join(str(value) for value in values)}"


def parcels(events: Iterable[Row]) -> list[dict]:
    """Each shipment of the history: shipment_id, units, locations, shipped_at, delivered_at or None."""
    found: dict[str, dict] = {}
    for event in events:
        kind, detail = event["event_kind"], _parsed(event["detail"])
        name = str(detail.get("shipment_id", ""))
        if kind == "shipped":
            found[name] = {
                "shipment_id": name,
                "units": detail.get("units"),
                "locations": detail.get("locations", {}),
                "shipped_at": event["occurred_at"],
                "delivered_at": None,
            }
        elif kind == "delivered" and name in found:
            found[name]["delivered_at"] = event["occurred_at"]
    return list(found.values())
