"""The planner's word on proposals: one with all that stands behind it, or many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl
import streamlit as st

from dashboards import buying, formats, markup
from dashboards.desk import Desk
from dashboards.saying import author, hint, say
from oms_ops.errors import OmsError
from oms_ops.service import StockService

CONSTRAINTS = {
    "none": "Nothing bound it: it is what the demand asks for.",
    "pack_size": "Rounded up to whole packs.",
    "min_order_quantity": "Raised to the supplier's minimum order.",
    "pallet_size": "Filled up to a whole pallet.",
    "price_break": "Raised to where a unit costs less.",
    "max_stock": "Lowered to what there is room for.",
    "shelf_life": "Lowered to what will sell while it keeps.",
    "budget": "The budget: what it leaves out would earn less for the money than what it buys.",
    "discontinued": "Lowered to what is expected to sell before the product is discontinued.",
}


def render(desk: Desk, chosen: pl.DataFrame, shown: pl.DataFrame) -> None:
    """Of the `chosen` rows; where none is, of all that are `shown` and open."""
    if chosen.is_empty():
        waiting = _open(shown)
        if waiting:
            with st.expander(
                f"Accept all that is shown and open: {formats.counted(len(waiting), 'proposal')}"
            ):
                _accept_many(desk, waiting, key="all")
        return
    rows = chosen.to_dicts()
    with st.container(border=True, key="proposal_desk"):
        if len(rows) == 1:
            _one(desk, rows[0])
            return
        waiting = _open(chosen)
        chosen_words = f"**{formats.counted(_products(rows), 'product')} chosen**"
        st.markdown(f"{chosen_words}, {len(waiting)} of {len(rows)} proposals not decided yet")
        if waiting:
            _accept_many(desk, waiting, key="many")
            _decline(desk, waiting, key="many")


def _open(rows: pl.DataFrame) -> list[dict]:
    return rows.filter(pl.col("decision") == buying.OPEN).to_dicts()


def _one(desk: Desk, row: dict) -> None:
    name = row["proposal_id"]
    left, right = st.columns([1.7, 1], gap="large")
    with left:
        st.html(_explained(desk, row))
        desk.link("inventory", "Its stock", icon=":material/inventory_2:", sku=row["sku"])
    with right:
        if row["decision"] != buying.OPEN:
            color = "mute" if row["decision"] == "declined" else "good"
            decided = markup.badge(row["decision"], kind=color)
            st.html(f"<p>{decided} {markup.text(row['decided'])}</p>")
            return
        st.number_input(
            "Units to buy", min_value=1, value=round(row["quantity"]), step=1, key=f"proposal.units.{name}"
        )
        st.text_input("Reason", key=f"proposal.reason.{name}", placeholder="needed to change or decline")
        first, second = st.columns(2)
        first.button(
            "Order", type="primary", icon=":material/check:", key=f"proposal.accept.{name}",
            on_click=accept, args=(desk, [row], f"proposal.units.{name}", f"proposal.reason.{name}"),
        )  # fmt: skip
        second.button(
            "Decline", icon=":material/close:", key=f"proposal.decline.{name}",
            on_click=decline, args=(desk, [row], f"proposal.reason.{name}"),
        )  # fmt: skip


def _accept_many(desk: Desk, rows: Sequence[Mapping], *, key: str) -> None:
    """What names no supplier cannot be ordered and is left out of it."""
    every, rows = rows, [row for row in rows if row["supplier_id"]]
    if without := len(every) - len(rows):
        st.caption(f"{formats.number(without)} without a supplier are left out: nobody to order them from.")
    if not rows:
        return
    cost = desk.money(sum(row["cost"] or 0 for row in rows))
    suppliers = len({row["supplier_id"] for row in rows})
    st.button(
        f"Order {formats.counted(_products(rows), 'product')} for {cost} from "
        f"{formats.counted(suppliers, 'supplier')}",
        type="primary", icon=":material/check:", key=f"proposal.accept.{key}", on_click=accept,
        args=(desk, rows),
    )  # fmt: skip
    st.caption(
        "One purchase order for each supplier and location, all or none; their units count as incoming from "
        "then on."
    )


def _products(rows: Sequence[Mapping]) -> int:
    return len({row["sku"] for row in rows})


def _decline(desk: Desk, rows: Sequence[Mapping], *, key: str) -> None:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.text_input("Reason", key=f"proposal.reason.{key}", placeholder="needed to decline")
    right.button(
        "Decline", icon=":material/close:", key=f"proposal.decline.{key}", on_click=decline,
        args=(desk, rows, f"proposal.reason.{key}"),
    )  # fmt: skip


def accept(
    desk: Desk, rows: Sequence[Mapping], units_key: str | None = None, reason_key: str | None = None
) -> None:
    """The callback of a button: purchase orders of these rows, or a sentence why not."""
    state = st.session_state
    units = state[units_key] if units_key else None
    reason = str(state[reason_key]) if reason_key else None
    proposals = buying.commands(rows, units=units, reason=reason)
    try:
        with desk.book() as book:
            answers = StockService(book, desk.settings).accept_proposals(
                proposals, by=author(), at=desk.now, key=_key("accept", rows, (units, reason))
            )
    except OmsError as error:
        say("error", f"Not ordered: {error}.{hint()}")
        return
    ordered = [answer for answer in answers if answer["ordered"]]
    known = sum(len(answer["known"]) for answer in answers)
    more = f" {known} had been decided before." if known else ""
    if not ordered:
        say("warning", f"Nothing was ordered.{more}")
        return
    count = sum(len(answer["ordered"]) for answer in ordered)
    names = ", ".join(str(answer["purchase_order_id"]) for answer in ordered[:3])
    names += f" and {len(ordered) - 3} more" if len(ordered) > 3 else ""
    say("success", f"Ordered {formats.counted(count, 'line')} on {names}.{more}")


def decline(desk: Desk, rows: Sequence[Mapping], reason_key: str) -> None:
    """The callback of a button; every row is declined for the same reason. One that cannot be does not keep
    the others.
    """
    reason = str(st.session_state[reason_key])
    try:
        with desk.book() as book:
            declined, refused = _declined(StockService(book, desk.settings), rows, reason, at=desk.now)
    except OmsError as error:
        declined, refused = [], [str(error)]
    what = declined[0] if len(declined) == 1 else f"{len(declined)} proposals"
    more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    if not declined:
        say("error", f"Not declined: {refused[0]}{more}.{hint()}")
    elif refused:
        say("warning", f"Declined {what}: {reason.strip()}. Not declined: {refused[0]}{more}.")
    else:
        say("success", f"Declined {what}: {reason.strip()}.")


def _declined(
    stock: StockService, rows: Sequence[Mapping], reason: str, *, at: datetime
) -> tuple[list[str], list[str]]:
    """Skus of those declined, and why the others were not."""
    declined, refused = [], []
    for row, proposal in zip(rows, buying.commands(rows), strict=True):
        key = _key("decline", [row], reason)
        try:
            stock.decline_proposal(proposal, reason=reason, by=author(), at=at, key=key)
            declined.append(row["sku"])
        except OmsError as error:
            refused.append(str(error))
    return declined, refused


def _key(action: str, rows: Sequence[Mapping], terms: object) -> str:
    """The same press again is the same command; with other terms it is another."""
    return f"{action} {sorted(str(row['proposal_id']) for row in rows)} {terms} {author()}"


def _explained(desk: Desk, row: Mapping) -> str:
    facts = [
        ("Demand until the order after next", _range(row)),
        (
            "Available",
            f"{formats.number(row['available'])} units, {formats.days(row['days_of_cover'])} of cover with "
            "what is due",
        ),
        ("On order", markup.text(row["incoming_dated"] or "nothing")),
        (f"At {markup.text(row['location_id'])} itself", _here(row)),
        ("Risk of running out before it arrives", formats.chance(row["stockout_probability"])),
        ("Cost of waiting until the next order", _waiting(desk, row)),
        ("What bound it", markup.text(CONSTRAINTS.get(row["binding_constraint"], row["binding_constraint"]))),
        ("Expected to earn", _earns(desk, row)),
    ]
    table = "".join(
        f"<tr><td class='muted' style='padding-right:1rem'>{name}</td><td>{value}</td></tr>"
        for name, value in facts
    )
    return (
        f"<p style='margin:0'><b>{markup.text(row['sku'])}</b> {markup.text(row['title'])}</p>"
        f"<p>{markup.text(row['explanation'])}</p><table>{table}</table>"
    )


def _here(row: Mapping) -> str:
    there, coming, wanted = (
        formats.number(row[f"location_{name}"]) for name in ("available", "incoming", "demand")
    )
    part = f"{formats.number(row['quantity'])} of {formats.number(row['pool_quantity'])} to buy"
    return f"{there} available, {coming} on their way, {wanted} of the demand; {part}"


def _range(row: Mapping) -> str:
    if row["expected_demand"] is None:
        return formats.NOTHING
    spans = [
        f"{share} % between {formats.number(row[low])} and {formats.number(row[high])}"
        for share, low, high in ((50, "demand_q25", "demand_q75"), (90, "demand_q05", "demand_q95"))
        if row[low] is not None
    ]
    return f"{formats.number(row['expected_demand'])} units expected; {'; '.join(spans)}"


def _waiting(desk: Desk, row: Mapping) -> str:
    if row["waiting_risk"] is None:
        return formats.NOTHING
    risk = f"{formats.chance(row['waiting_risk'])} risk of running short"
    cost = row["cost_of_waiting"]
    return risk if cost is None else f"{desk.money(cost)} of margin; {risk}"


def _earns(desk: Desk, row: Mapping) -> str:
    if row["expected_gain"] is None:
        return "not known: it has no cost or no margin"
    part = (
        f" ({formats.percent(row['return_on_money'], digits=0)} of its money)"
        if row["return_on_money"]
        else ""
    )
    return f"{desk.money(row['expected_gain'])}{part}"
