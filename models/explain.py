"""Sentences that say where a proposed quantity or a position comes from, term by term."""

from __future__ import annotations

from datetime import date

import polars as pl

from oms_ops.wording import chance

LONG_DAYS = 182
BOUND = {
    "pallet_size": ", filled up to a whole pallet",
    "max_stock": ", lowered to what there is room for",
    "shelf_life": ", lowered to what will sell while it keeps",
    "discontinued": ", lowered to what is expected to sell before it is discontinued",
}


def proposals(positions: pl.DataFrame, *, is_least_cost: bool = False) -> list[str]:
    """One sentence per row of the positions worth buying for, under the policy they were found with."""
    why = _least_cost if is_least_cost else _service
    return [_proposal(row, why(row)) for row in positions.iter_rows(named=True)]


def positions(found: pl.DataFrame) -> list[str]:
    """One sentence per row: what is there, what comes, what is expected to be asked for."""
    return [_position(row) for row in found.iter_rows(named=True)]


def _proposal(row: dict, why: str) -> str:
    owed = f" less {_units(row['backordered'])} owed" if row["backordered"] else ""
    have = (
        f"{_units(row['available'])} available{owed} plus {_units(row['incoming_in_time'])} arriving in time"
    )
    then = row["position_at_review"]
    left = f"about {_units(then)}" if then >= 0 else f"about {_units(-then)} short"
    return (
        f"Buy {_units(row['suggested_quantity'])}: {have}, {left} by the next review in "
        f"{row['review_days']} days{why}{_raised(row)}. "
        f"{_range(row)}; {_coming_dated(row)}. {_waiting(row)}{_lasts(row)}{_ends(row)}"
    )


def _lasts(row: dict) -> str:
    """Where the order lasts far beyond the one after next, as a minimum or a price break may make it."""
    days = row["lead_time_days"] + row["review_days"]
    pace = row["expected_demand"] / days
    held = row["position"] + row["suggested_quantity"]
    if pace <= 0 or row["suggested_quantity"] <= 0 or held / pace < max(LONG_DAYS, 2 * days):
        return ""
    return f" With it there is enough for about {_units(round(held / pace))} days at the pace expected now."


def _service(row: dict) -> str:
    service, lead = _level(row["service_level"]), f"{row['lead_time_days']:.0f} days of delivery"
    return (
        f", at or below the reorder point of {_units(row['reorder_point'])} (enough for {lead} in {service} "
        f"of cases); {_units(row['order_up_to'])} would last until the order after that arrives"
    )


def _least_cost(row: dict) -> str:
    return (
        f"; what is lost in margin and spent on keeping stock is least with {_units(row['order_up_to'])} in "
        f"stock and on order, no shortage after it arrives in {_level(row['service_level'])} of cases"
    )


def parts(found: pl.DataFrame) -> list[str]:
    """What each row's location has to do with its pool's order; empty where it receives all of it."""
    return [_part(row) for row in found.iter_rows(named=True)]


def _part(row: dict) -> str:
    if row["quantity"] >= row["pool_quantity"] and row["location_id"] == row["stock_pool"]:
        return ""
    here = row["location_available"]
    stock = f"{_units(here)} in stock" if here >= 0 else f"{_units(-here)} owed"
    return (
        f"{_units(row['quantity'])} for {row['location_id']} ({stock}, "
        f"{_units(row['location_incoming'])} on the way, {_units(row['location_demand'])} expected to be "
        f"asked for): its part of an order of {_units(row['pool_quantity'])}. "
    )


def _range(row: dict) -> str:
    return (
        f"Until then {_units(row['expected_demand'])} are expected to be asked for, "
        f"{_units(row['demand_q25'])} to {_units(row['demand_q75'])} in half of cases and "
        f"{_units(row['demand_q05'])} to {_units(row['demand_q95'])} in nine of ten"
    )


def _coming_dated(row: dict) -> str:
    return f"on order: {row['incoming_dated']}" if row["incoming_dated"] else "nothing is on order"


def _waiting(row: dict) -> str:
    cost = (
        f"waiting costs {row['cost_of_waiting']:,.2f} of margin"
        if row["unit_margin"] > 0
        else "no margin is known to be lost: price or cost is missing, or the price is not above the cost"
    )
    return (
        f"Ordered only at the next review, it would run out before that arrives in "
        f"{chance(row['waiting_risk'])} of cases, and {cost}."
    )


def _raised(row: dict) -> str:
    if row["binding_constraint"] == "pack_size":
        return f", rounded up to packs of {_units(row['pack_size'])}"
    if row["binding_constraint"] == "min_order_quantity":
        return f", raised to the supplier's minimum of {_units(row['min_order_quantity'])}"
    if row["binding_constraint"] == "price_break":
        return f", raised to where a unit costs {row['unit_cost']:,.2f}"
    return BOUND.get(row["binding_constraint"], "")


def _position(row: dict) -> str:
    days = f"{row['lead_time_days']:.0f} days of a delivery and {row['review_days']} of review"
    return (
        f"{_units(row['available'])} available{_coming(row['next_arrival'])}, "
        f"{_units(row['expected_demand'])} expected to be asked for in the {days}: "
        f"{chance(row['stockout_probability'])} chance to run out before an order placed now arrives."
        f"{_ends(row)}"
    )


def _ends(row: dict) -> str:
    """Nothing where no end is announced."""
    return f" Discontinued from {row['ends_on']} on." if row.get("ends_on") else ""


def risks(found: pl.DataFrame, *, today: date) -> list[str]:
    """One sentence per row of `risk.RISK` with stockout_probability: what is there, what is due and when."""
    return [_risk(row, today) for row in found.iter_rows(named=True)]


def _risk(row: dict, today: date) -> str:
    days = f"{row['lead_time_days']:.0f} days (nine in ten within {row['lead_time_p90_days']:.0f})"
    lead, why = f"{days} a delivery takes", ""
    if row.get("is_supplier_closed"):
        lead, why = "year to come", _closed(row["supplier_id"])
    return (
        f"{_free(row['available'])}, {_due(row, today)}; {_units(row['expected_demand'])} expected to "
        f"be asked for in the {lead}.{why}{_chance(row)}{_ends(row)}"
    )


def _free(available: float) -> str:
    return f"{_units(available)} free" if available >= 0 else f"none free and {_units(-available)} owed"


def _closed(supplier_id: str | None) -> str:
    return (
        f" Nothing can be ordered: {supplier_id} takes no orders or delivers none within a year, as "
        "[[purchase_terms]] have it; correct its closed days, or buy elsewhere."
    )


def _chance(row: dict) -> str:
    """Nothing where the shelf is empty already."""
    if row["available"] <= 0:
        return ""
    half = f" Half of the possible courses are out by {row['out_by']}." if row["out_by"] else ""
    return (
        f"{half} {chance(row['stockout_probability'])} chance to run out before an order placed now arrives."
    )


def _due(row: dict, today: date) -> str:
    if not row["on_order"]:
        return "nothing on order"
    if row["next_due"] is None:
        return f"{_units(row['on_order'])} on order without a date"
    late = (today - row["next_due"]).days
    days = "1 day" if late == 1 else f"{late} days"
    when = f"was due {row['next_due']} and is {days} late" if late > 0 else f"due {row['next_due']}"
    return f"{_units(row['on_order'])} on order, the first {when}"


def _coming(arrival: date | None) -> str:
    return f", next delivery {arrival}" if arrival else ", nothing on order"


def _level(service: float) -> str:
    return f"{service:.1%}".replace(".0%", "%")


def _units(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 9.95 or value == int(value) else f"{value:,.1f}"
