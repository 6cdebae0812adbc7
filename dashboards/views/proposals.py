"""Purchase proposals of the release: by supplier, with totals, as a table and as CSV."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import formats, frame, grids, link_state, markup
from dashboards.desk import Desk
from warehouse import queries


def render(desk: Desk, sku: str | None) -> None:
    suppliers = desk.ask(queries.suppliers)
    names = dict(zip(suppliers["supplier_id"], suppliers["supplier_name"], strict=True))
    left, right, _ = st.columns([1.4, 1, 1.6], vertical_alignment="bottom")
    with left:
        supplier = link_state.select(
            "Supplier",
            "supplier",
            ["all", *names],
            default="all",
            labels=lambda name: names.get(name, "All suppliers"),
        )
    found = desk.ask(queries.proposals, supplier_id=None if supplier == "all" else supplier, sku=sku)
    if found.is_empty():
        st.success("Nothing is worth buying now.")
        return
    with right:
        st.download_button(
            "Export CSV",
            data=found.write_csv(),
            file_name=f"purchase-proposals-{desk.local_day(desk.as_of)}-{supplier}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    if frame.is_simulated(desk):
        st.html(
            markup.muted(
                f"{markup.simulated('these figures')} Suppliers, costs and lead times are simulated."
            )
        )
    st.html(markup.cards(_totals(desk, found)))
    _table(desk, found)
    with st.expander("Totals by supplier"):
        st.html(_by_supplier(desk, found))


def _totals(desk: Desk, found: pl.DataFrame) -> list[markup.Card]:
    today = desk.local_day(desk.as_of)
    due = found.filter(pl.col("order_by") <= today)
    return [
        markup.Card(
            "Proposals", formats.number(found.height), (f"{found['supplier_id'].n_unique()} suppliers",)
        ),
        markup.Card("Units", formats.number(found["quantity"].sum()), ("rounded to packs",)),
        markup.Card("Cost", desk.money(found["cost"].sum()), ("of all that is shown",)),
        markup.Card(
            "Due now",
            formats.number(due.height),
            (f"{desk.money(due['cost'].sum())} to order today",),
            "the latest date to order without an expected shortage has come",
        ),
    ]


def _table(desk: Desk, found: pl.DataFrame) -> None:
    chosen = grids.clicked(
        found,
        found.select(
            "sku",
            "title",
            "quantity",
            "cost",
            "order_by",
            "stockout_probability",
            "available",
            "incoming_in_time",
            "days_of_cover",
            "expected_demand",
            "reorder_point",
            "order_up_to",
            "lead_time_days",
            "supplier_name",
            "abc_class",
            "binding_constraint",
            "explanation",
        ).with_columns(
            grids.hundredfold("stockout_probability"),
            pl.col("binding_constraint").map_elements(formats.words, return_dtype=pl.String),
        ),  # fmt: skip
        key="proposals",
        columns={
            "sku": grids.sku(),
            "title": grids.title(),
            "quantity": grids.count("Buy"),
            "cost": grids.money("Cost", desk.currency, cents=True),
            "order_by": st.column_config.DateColumn("Order by", format="D MMM YYYY"),
            "stockout_probability": grids.percent(
                "Risk", "of running out before an order placed now arrives"
            ),
            "available": grids.count("Available"),
            "incoming_in_time": grids.count("Due in time", "on purchase orders that arrive in time"),
            "days_of_cover": grids.count("Cover", "days the available and dated incoming units last"),
            "expected_demand": grids.count("Demand", "expected over lead time and review"),
            "reorder_point": grids.count("Reorder point"),
            "order_up_to": grids.count("Order up to"),
            "lead_time_days": grids.count("Lead time", "days, mean of past receipts"),
            "supplier_name": "Supplier",
            "abc_class": grids.abc(),
            "binding_constraint": "Rounded by",
            "explanation": st.column_config.TextColumn("Why", width="large"),
        },
    )
    st.caption("Most urgent first. Click a row for the product's stock.")
    if chosen:
        desk.open("inventory", sku=chosen["sku"])


def _by_supplier(desk: Desk, found: pl.DataFrame) -> str:
    totals = (
        found.group_by("supplier_id", "supplier_name")
        .agg(
            pl.len().alias("proposals"),
            pl.col("quantity").sum(),
            pl.col("cost").sum(),
            pl.col("order_by").min(),
        )
        .sort("cost", descending=True, nulls_last=True)
    )
    columns = [
        markup.Column("Supplier"),
        markup.Column("Products", is_number=True),
        markup.Column("Units", is_number=True),
        markup.Column("Cost", is_number=True),
        markup.Column("First to order by"),
    ]
    rows = [
        [
            markup.text(row["supplier_name"] or "unknown"),
            formats.number(row["proposals"]),
            formats.number(row["quantity"]),
            desk.money(row["cost"]),
            formats.day(row["order_by"]),
        ]
        for row in totals.iter_rows(named=True)
    ]
    total = [
        "All",
        formats.number(found.height),
        formats.number(found["quantity"].sum()),
        desk.money(found["cost"].sum()),
        formats.day(found["order_by"].min()),
    ]
    return markup.table(columns, rows, total=total)
