"""Where an order is, in one sentence a person can be told. Pure: it reads what `order_view` answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SAID = {
    "label_purchased": "with a label, not yet handed over",
    "label_printed": "with a label, not yet handed over",
    "confirmed": "handed over",
    "in_transit": "on the way",
    "out_for_delivery": "out for delivery",
    "attempted_delivery": "tried to deliver, nobody there",
    "ready_for_pickup": "ready for pickup",
    "delayed": "delayed on the way",
    "delivered": "delivered",
    "failure": "not deliverable",
}
_BEING_DONE = {
    "scheduled": "scheduled",
    "open": "to be picked",
    "on_hold": "on hold",
    "in_progress": "being picked and packed",
    "incomplete": "being packed",
}


def where_is(view: Mapping[str, object]) -> str:
    """One sentence: what is with a carrier, what is being prepared and where, what waits for stock and until
    when, what was canceled and returned."""
    name = f"Order {view['order_id']}"
    if view["order_status"] == "canceled":
        return f"{name} is canceled ({view['cancel_reason']})."
    if view["order_status"] == "draft":
        return f"{name} is a draft: it is not placed yet."
    parts = [*_grouped(view["lines"]), *_ended(view["lines"])]
    if not parts:
        return f"{name} is {view['order_status']}: it has nothing to ship."
    holds = [hold["reason"] for hold in view["holds"] if hold["released_at"] is None]
    held = f" It is held for {', '.join(dict.fromkeys(holds))}." if holds else ""
    return f"{name} is {view['order_status']}: {'; '.join(parts)}.{held}"


def _grouped(lines: Sequence[Mapping]) -> list[str]:
    """Units of all lines that are in the same place, in the order in which they were found."""
    units: dict[str, int] = {}
    for place in (place for line in lines for place in line["where"]):
        said = _say(place)
        units[said] = units.get(said, 0) + place["units"]
    return [f"{_units(quantity)} {said}" for said, quantity in units.items()]


def _say(place: Mapping[str, object]) -> str:
    if place["state"] == "shipped":
        carrier = f" by {place['carrier']}" if place["carrier"] else ""
        number = f" ({place['tracking_number']})" if place["tracking_number"] else ""
        return f"{_SAID[place['shipment_state']]}{carrier}{number}"
    if place["state"] == "allocated":
        return f"{_BEING_DONE[place['work_state']]} at {place['location_id']}"
    if place["state"] == "scheduled":
        return f"from {place['ships_not_before']:%Y-%m-%d} on"
    return "waiting for stock"


def _ended(lines: Sequence[Mapping]) -> list[str]:
    ended = []
    for what in ("canceled", "returned"):
        units = sum(line[what] for line in lines if line["line_type"] == "product")
        if units:
            ended.append(f"{_units(units)} {what}")
    return ended


def _units(quantity: int) -> str:
    return "1 unit" if quantity == 1 else f"{quantity} units"
