"""Stock that ties up money: beyond half a year of demand, no longer sold, discontinued; and what to do."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import formats, frame, grids, link_state, markup
from dashboards.desk import Desk
from warehouse import queries

NONE = {
    "all": "No stock lies beyond half a year of expected demand or a product's end.",
    "excess": "No stock lies beyond half a year of expected demand.",
    "dead": "No stock has stopped selling.",
    "discontinued": "No stock of a discontinued product is left over.",
}
KINDS = {
    "all": "All",
    "excess": "More than half a year",
    "dead": "No longer sells",
    "discontinued": "Discontinued",
}


def render(desk: Desk) -> None:
    kind = link_state.segments("Kind", "kind", list(KINDS), default="all", labels=KINDS.__getitem__)
    found = desk.ask(queries.excess_stock, kind=None if kind == "all" else kind)
    if found.is_empty():
        st.success(NONE[kind])
        return
    st.html(markup.cards(_totals(desk, found)))
    if frame.is_simulated(desk):
        st.html(markup.muted(f"{markup.simulated('these figures')} Stock and costs are simulated."))
    chosen = grids.clicked(
        found,
        found.select(
            "sku", "title", "kind", "available", "on_order", "weekly_demand", "weeks_of_stock", "last_sold",
            "excess_units", "excess_value", "action", "supplier_name", "abc_class",
        ).with_columns(pl.col("kind").map_elements(formats.words, return_dtype=pl.String)),
        key="excess",
        columns={
            "sku": grids.sku(),
            "title": grids.title(),
            "kind": "Kind",
            "available": grids.count("Available"),
            "on_order": grids.count("On order"),
            "weekly_demand": st.column_config.NumberColumn("Asked a week", format="%.1f"),
            "weeks_of_stock": grids.count("Weeks", "that the stock lasts at the forecast's pace"),
            "last_sold": st.column_config.DateColumn("Last sold", format="D MMM YYYY"),
            "excess_units": grids.count("Too many", "beyond 26 weeks of demand, or what the end leaves"),
            "excess_value": grids.money("Tied up", desk.currency),
            "action": st.column_config.TextColumn("What to do", width="large"),
            "supplier_name": "Supplier",
            "abc_class": grids.abc(),
        },
    )  # fmt: skip
    st.caption("Dearest first. Click a row for the product's stock.")
    if chosen:
        desk.open("inventory", sku=chosen["sku"])


def _totals(desk: Desk, found: pl.DataFrame) -> list[markup.Card]:
    dead, ending = (found.filter(pl.col("kind") == kind) for kind in ("dead", "discontinued"))
    coming = found.filter(pl.col("on_order") > 0)
    return [
        markup.Card(
            "Products",
            formats.number(found.height),
            (f"{formats.number(dead.height)} no longer sell, {formats.number(ending.height)} discontinued",),
        ),
        markup.Card("Tied up", desk.money(found["excess_value"].sum()), ("not needed, at cost",)),
        markup.Card("Keeping it", desk.money(found["annual_holding"].sum()), ("a year",)),
        markup.Card(
            "Still coming",
            formats.number(coming["on_order"].sum()),
            (f"units of {formats.number(coming.height)} of them: cancel or postpone first",),
        ),
    ]
