"""Purchase proposals: what to buy, within a budget or all of it, why, and the planner's word on each."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl
import streamlit as st

from dashboards import buying, charts, formats, frame, grids, link_state, markup
from dashboards.desk import Desk
from dashboards.saying import ask_author, said
from dashboards.views import proposal_desk, transfer_desk
from oms_ops.service import StockService
from warehouse import queries

CLASSES = ("all", "A", "B", "C")
STATES = {"all": "All", "open": "Open", "accepted": "Accepted", "changed": "Changed", "declined": "Declined"}
SHOWN = (
    "sku", "title", "location_id", "quantity", "cost", "expected_gain", "return_on_money", "order_by",
    "stockout_probability", "available", "incoming_in_time", "days_of_cover", "expected_demand",
    "supplier_name", "abc_class", "binding_constraint", "decision", "decided", "explanation",
)  # fmt: skip


def render(desk: Desk, sku: str | None) -> None:
    names = dict(desk.ask(queries.suppliers).select("supplier_id", "supplier_name").iter_rows())
    supplier, abc, state, budget = _filters(names)
    said()
    whole = desk.ask(queries.proposals, supplier_id=supplier, sku=sku)
    least = buying.minimums(desk.settings.purchase_terms)
    found = (
        None if budget is None
        else desk.ask(buying.basket, budget=budget, supplier_id=supplier, minimums=least)
    )  # fmt: skip
    rows = _rows(desk, whole, found, names, supplier=supplier, sku=sku)
    if abc != "all":
        rows = rows.filter(pl.col("abc_class") == abc)
    rows = _with_decisions(desk, rows)
    _withheld(desk, supplier)
    if state != "all":
        rows = rows.filter(pl.col("decision") == state)
    if rows.is_empty():
        _nothing(desk, found, budget, is_open=state in ("all", "open"))
        transfer_desk.render(desk)
        return
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        st.html(markup.cards(_totals(desk, rows, found, budget)))
        if found is not None:
            st.html(markup.lead(_left_out(desk, found, budget)))
            _never_in_a_basket(desk, whole, supplier)
        if frame.is_simulated(desk):
            st.html(
                markup.muted(
                    f"{markup.simulated('these figures')} Suppliers, costs and lead times are simulated."
                )
            )
    with right:
        _curve(desk, supplier, budget)
    chosen = _table(desk, rows, name=supplier or "all")
    proposal_desk.render(desk, chosen, rows)
    transfer_desk.render(desk)
    with st.expander("Totals by supplier, and how late they are"):
        st.html(_by_supplier(desk, rows, dict(least)))


def _filters(names: Mapping[str, str]) -> tuple[str | None, str, str, float | None]:
    columns = st.columns([1.5, 0.7, 0.9, 1, 1.2], vertical_alignment="bottom")
    with columns[0]:
        supplier = link_state.select(
            "Supplier",
            "supplier",
            ["all", *names],
            default="all",
            labels=lambda name: names.get(name, "All suppliers"),
        )
    with columns[1]:
        abc = link_state.select("Class", "class", CLASSES, default="all", labels=formats.words)
    with columns[2]:
        state = link_state.select(
            "Decision", "decision", list(STATES), default="all", labels=STATES.__getitem__
        )
    with columns[3]:
        budget = link_state.amount(
            "Budget", "budget", step=1000.0, placeholder="no limit",
            help="What the money is best spent on: steps by the margin each is expected to earn per unit of "
            "money. Empty: what each product's service level asks for.",
        )  # fmt: skip
    with columns[4]:
        ask_author(placeholder="needed to decide")
    return None if supplier == "all" else supplier, abc, state, budget


def _rows(
    desk: Desk,
    whole: pl.DataFrame,
    found: buying.Basket | None,
    names: Mapping[str, str],
    *,
    supplier: str | None,
    sku: str | None,
) -> pl.DataFrame:
    if found is None:
        return buying.with_gain(whole, desk.ask(queries.purchase_steps, supplier_id=supplier))
    rows = buying.under_budget(
        whole,
        found,
        desk.ask(queries.skus),
        desk.ask(queries.stock_positions),
        names,
    )
    return rows if sku is None else rows.filter(pl.col("sku") == sku)


def _withheld(desk: Desk, supplier: str | None) -> None:
    """What is wanted of suppliers that are closed for a year, and what to do about it."""
    rows = desk.ask(queries.withheld_purchases, supplier_id=supplier)
    if rows.is_empty():
        return
    names, products = ", ".join(rows["supplier_name"].unique().sort()), rows["sku"].n_unique()
    st.warning(
        f"Wanted but not to be had: {formats.counted(products, 'product')}, as {names} takes no orders or "
        "delivers none within a year, as the closed days in `[[purchase_terms]]` have it. Correct them, or "
        "buy elsewhere."
    )
    with st.expander("Which products"):
        columns = [markup.Column(name) for name in ("Product", "Title", "Supplier", "For")]
        told = [
            [markup.text(row[name]) for name in ("sku", "title", "supplier_name", "location_id")]
            + [formats.number(row["quantity"])]
            for row in rows.iter_rows(named=True)
        ]
        st.html(markup.table([*columns, markup.Column("Wanted", is_number=True)], told))


def _with_decisions(desk: Desk, rows: pl.DataFrame) -> pl.DataFrame:
    with desk.book() as book:
        decided = StockService(book, desk.settings).decided_proposals(rows["proposal_id"].to_list())
    return buying.with_decisions(rows, decided)


def _totals(
    desk: Desk, rows: pl.DataFrame, found: buying.Basket | None, budget: float | None
) -> list[markup.Card]:
    today = desk.local_day(desk.as_of)
    due = rows.filter(pl.col("order_by") <= today)
    spent, gain = rows["cost"].sum(), rows["expected_gain"].sum()
    cost_note = "of all that is shown" if budget is None else f"of {desk.money(budget)}"
    gain_note = "until the next order could be there"
    if found is not None:
        gain_note = f"of {desk.money(found.all_gain)} with {desk.money(found.all_cost)}"
    return [
        markup.Card(
            "To buy",
            formats.number(rows["sku"].n_unique()),
            (f"{rows['supplier_id'].n_unique()} suppliers", f"{rows['location_id'].n_unique()} locations"),
        ),
        markup.Card("Cost", desk.money(spent), (cost_note,)),
        markup.Card(
            "Expected to earn", desk.money(gain), (gain_note,),
            "margin on what it is expected to sell before a later order could serve it, less holding",
        ),
        markup.Card(
            "Due now",
            formats.number(due.height),
            (f"{desk.money(due['cost'].sum())} to order today",),
            "the latest date to order without an expected shortage has come",
        ),
        markup.Card(
            "Decided",
            formats.number(rows.filter(pl.col("decision") != buying.OPEN).height),
            (f"of {formats.number(rows.height)}",),
        ),
    ]  # fmt: skip


def _nothing(desk: Desk, found: buying.Basket | None, budget: float | None, *, is_open: bool) -> None:
    if found is not None and found.rows.is_empty() and found.forgone is not None:
        st.info("The budget is too small for anything that pays.")
        st.html(markup.lead(_left_out(desk, found, budget)))
        return
    st.success("Nothing is worth buying now." if is_open else "Nothing here yet.")


def _never_in_a_basket(desk: Desk, whole: pl.DataFrame, supplier: str | None) -> None:
    steps = desk.ask(queries.purchase_steps, supplier_id=supplier)
    offered = steps.select("sku", stock_pool="location_id").unique()
    without = whole.join(offered, on=["sku", "stock_pool"], how="anti")["sku"].n_unique()
    if without:
        st.caption(
            "In no basket, though service levels ask for them: "
            f"{formats.counted(without, 'product')} without a cost, a margin or a supplier, or not worth the "
            "minimum order."
        )


def _left_out(desk: Desk, found: buying.Basket, budget: float | None) -> str:
    left = found.forgone
    if left is None:
        return "Everything that pays is in the basket."
    return (
        f"Next best, left out: {formats.number(left.units)} more of <b>{markup.text(left.sku)}</b> for "
        f"{desk.money(left.cost)} would earn {desk.money(left.gain)}, "
        f"{formats.percent(left.per_money, digits=0)} of its money."
    )


def _curve(desk: Desk, supplier: str | None, budget: float | None) -> None:
    drawn = desk.ask(buying.curve, supplier_id=supplier)
    if drawn.height < 2:
        return
    step = max(1, drawn.height // 300)
    thin = pl.concat([drawn.gather_every(step), drawn.tail(1)])
    chart = alt.Chart(thin).mark_line(color=charts.BRAND, strokeWidth=2).encode(
        x=alt.X("spent:Q", axis=alt.Axis(title="Money spent", format="~s")),
        y=charts.y_number("earned", title="Expected to earn", format="~s"),
        tooltip=[
            alt.Tooltip("spent:Q", title="Spent", format=",.0f"),
            alt.Tooltip("earned:Q", title="Earns", format=",.0f"),
        ],
    )  # fmt: skip
    if budget is not None:
        at = pl.DataFrame({"spent": [min(budget, drawn["spent"][-1])]})
        chart += alt.Chart(at).mark_rule(color=charts.CORAL, strokeWidth=2).encode(x="spent:Q")
    charts.show(chart, height=190, alt_text="Expected earnings of the best basket by money spent")
    st.caption("What the best basket of every size earns. Enter a budget to see it.")


def _table(desk: Desk, rows: pl.DataFrame, *, name: str) -> pl.DataFrame:
    """Draws the rows; those ticked."""
    shown = rows.select(SHOWN).with_columns(
        grids.hundredfold("stockout_probability", "return_on_money"),
        pl.col("binding_constraint", "decision").map_elements(formats.words, return_dtype=pl.String),
    )
    chosen = grids.ticked(
        rows,
        shown,
        key="proposals",
        columns={
            "sku": grids.sku(),
            "title": grids.title(),
            "location_id": st.column_config.TextColumn("For", help="the location that receives it"),
            "quantity": grids.count("Buy"),
            "cost": grids.money("Cost", desk.currency, cents=True),
            "expected_gain": grids.money(
                "Earns", desk.currency, help="expected, until a later order is there"
            ),
            "return_on_money": grids.percent("Return", "expected earnings over cost"),
            "order_by": st.column_config.DateColumn("Order by", format="D MMM YYYY"),
            "stockout_probability": grids.percent(
                "Risk", "of running out before an order placed now arrives"
            ),
            "available": grids.count("Available"),
            "incoming_in_time": grids.count("Due in time", "on purchase orders that arrive in time"),
            "days_of_cover": grids.count("Cover", "days the available and dated incoming units last"),
            "expected_demand": grids.count("Demand", "expected over lead time and review"),
            "supplier_name": "Supplier",
            "abc_class": grids.abc(),
            "binding_constraint": "Rounded by",
            **grids.decided(),
        },
    )
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption("Tick rows to accept, change or decline them.")
    with right:
        st.download_button(
            "Export CSV",
            data=rows.write_csv(),
            file_name=f"purchase-proposals-{desk.local_day(desk.as_of)}-{name}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    return chosen


def _by_supplier(desk: Desk, found: pl.DataFrame, least: Mapping[str, float]) -> str:
    record = {row["supplier_id"]: row for row in desk.ask(queries.supplier_record).iter_rows(named=True)}
    totals = (
        found.group_by("supplier_id", "supplier_name")
        .agg(
            pl.len().alias("proposals"),
            pl.col("quantity").sum(),
            pl.col("cost").sum(),
            pl.col("expected_gain").sum(),
            pl.col("order_by").min(),
        )
        .sort("cost", descending=True, nulls_last=True)
    )
    columns = [
        markup.Column("Supplier"),
        markup.Column("Products", is_number=True),
        markup.Column("Units", is_number=True),
        markup.Column("Cost", is_number=True),
        markup.Column("Expected to earn", is_number=True),
        markup.Column("First to order by"),
        markup.Column("Takes, days", is_number=True),
        markup.Column("Late", is_number=True),
        markup.Column("Overdue now", is_number=True),
    ]
    rows = [
        [
            markup.text(row["supplier_name"] or "unknown"),
            formats.number(row["proposals"]),
            formats.number(row["quantity"]),
            _cost(desk, row, least),
            desk.money(row["expected_gain"]),
            formats.day(row["order_by"]),
            *_record(record.get(row["supplier_id"])),
        ]
        for row in totals.iter_rows(named=True)
    ]
    total = [
        "All",
        formats.number(found.height),
        formats.number(found["quantity"].sum()),
        desk.money(found["cost"].sum()),
        desk.money(found["expected_gain"].sum()),
        formats.day(found["order_by"].min()),
        "",
        "",
        formats.number(sum(row["overdue_lines"] for row in record.values())),
    ]
    return markup.table(columns, rows, total=total)


def _cost(desk: Desk, row: Mapping, least: Mapping[str, float]) -> str:
    """Marked where it falls short of the supplier's minimum."""
    cost, minimum = desk.money(row["cost"]), least.get(row["supplier_id"], 0.0)
    if (row["cost"] or 0.0) >= minimum:
        return cost
    return f"{cost} {markup.badge(f'least {desk.money(minimum)}', kind='warn')}"


def _record(row: Mapping | None) -> list[str]:
    """Mean days from order to receipt beside those quoted, share that came late and by how much, overdue."""
    if row is None:
        return [formats.NOTHING] * 3
    took, late = formats.NOTHING, formats.NOTHING
    if row["receipts"]:
        took = f"{formats.number(row['mean_lead_days'])} ({row['quoted_lead_time_days']} quoted)"
        by = f", by {formats.number(row['mean_days_late'], digits=1)} d" if row["mean_days_late"] else ""
        late = f"{formats.percent(row['late_share'], digits=0)}{by}"
    return [took, late, formats.number(row["overdue_lines"])]
