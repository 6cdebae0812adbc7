"""Restock alerts: what will run out and what it costs, acknowledged or snoozed here; and what to buy, as a table and CSV.

Alerts are read from the order book, so that a decision shows at once; the proposals from the release.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import streamlit as st

from dashboards import formats, frame, grids, link_state, markup
from dashboards.desk import Desk
from oms_ops import decisions
from oms_ops.errors import OmsError
from warehouse import queries

VIEWS = {"alerts": "Alerts", "proposals": "Purchase proposals"}
SEVERITIES = ("all", "critical", "high", "medium", "low")
STATES = {
    "open": "Needing a look",
    "acknowledged": "Acknowledged",
    "snoozed": "Snoozed",
    "resolved": "Resolved",
}
RULES = {"stockout_risk": "May run out", "out_of_stock": "Out of stock"}
SNOOZE_DAYS = (1, 3, 7, 14)
PER_PAGE = 8


def render(desk: Desk) -> None:
    st.title("Restock alerts")
    view = link_state.segments(
        "View", "view", list(VIEWS), default="alerts", labels=VIEWS.__getitem__, label_visibility="collapsed"
    )
    sku = link_state.param("sku")
    if sku:
        st.button(
            f"Only {formats.plain(sku)} is shown. Show all products",
            icon=":material/close:",
            on_click=link_state.put,
            args=("sku", None),
        )
    {"alerts": _alerts, "proposals": _proposals}[view](desk, sku.strip().upper() if sku else None)


# Alerts


def _alerts(desk: Desk, sku: str | None) -> None:
    with desk.book() as book:
        found = decisions.episodes(book)
    found = [row for row in found if sku in (None, row["sku"])]
    if not found:
        _no_alerts(desk, sku)
        return
    by_state = {state: [row for row in found if _state(row, desk.now) == state] for state in STATES}
    st.html(markup.cards(_cards(desk, by_state)))
    state = link_state.segments(
        "State",
        "state",
        list(STATES),
        default="open",
        labels=lambda name: f"{STATES[name]} ({len(by_state[name])})",
    )
    with st.container(key="filters_alerts"):
        left, right, _ = st.columns([1, 1, 1.4], vertical_alignment="bottom")
    with left:
        severity = link_state.select("Severity", "severity", SEVERITIES, default="all", labels=formats.words)
    with right:
        author = _author()
    _say_done()
    shown = [row for row in by_state[state] if severity in ("all", row["severity"])]
    shown.sort(key=_urgency)
    if not shown:
        st.info("No alert here. Choose another state or severity above.")
        return
    titles = dict(desk.ask(queries.skus).select("sku", "title").iter_rows())
    for row in _page(shown):
        _alert(desk, row, title=titles.get(row["sku"], row["sku"]), author=author)


def _state(row: dict, now: datetime) -> str:
    """Raised, or snoozed until an instant gone by: somebody has to look."""
    if row["state"] == "snoozed" and row["snoozed_until"] and row["snoozed_until"] <= now:
        return "open"
    return "open" if row["state"] == "raised" else row["state"]


def _urgency(row: dict) -> tuple:
    return (SEVERITIES.index(row["severity"]), -float(row["margin_at_risk"]), row["sku"])


def _no_alerts(desk: Desk, sku: str | None) -> None:
    if sku:
        st.success(f"No restock alert for {formats.plain(sku)}.")
        desk.link("inventory", "Its stock", icon=":material/inventory_2:", sku=sku)
        return
    st.success(
        "No restock alert so far. They are raised by `make run`, and every hour by Dagster's alert schedule."
    )


def _cards(desk: Desk, by_state: dict[str, list[dict]]) -> list[markup.Card]:
    needing = by_state["open"]
    grave = [row for row in needing if row["severity"] in ("critical", "high")]
    risk = sum(
        float(row["margin_at_risk"])
        for state in ("open", "acknowledged", "snoozed")
        for row in by_state[state]
    )
    gone = sum(row["rule"] == "out_of_stock" for row in needing)
    return [
        markup.Card(
            "Needing a look",
            formats.number(len(needing)),
            (f"{formats.number(len(grave))} critical or high",),
        ),
        markup.Card("Already sold out", formats.number(gone), ("of those needing a look",)),
        markup.Card(
            "Margin at risk",
            desk.money(risk),
            ("all open alerts",),
            "expected margin lost before the earliest arrival, if nothing is done",
        ),
        markup.Card("Acknowledged", formats.number(len(by_state["acknowledged"])), ("somebody is acting",)),
        markup.Card("Snoozed", formats.number(len(by_state["snoozed"])), ("quiet until later or worse",)),
    ]


def _author() -> str:
    name = st.text_input(
        "Your name",
        value=st.session_state.get("author", ""),
        key="author_input",
        placeholder="needed to decide",
    )
    st.session_state["author"] = name
    return name.strip()


def _page(rows: list[dict]) -> list[dict]:
    pages = -(-len(rows) // PER_PAGE)
    if pages == 1:
        return rows
    numbers = [str(number) for number in range(1, pages + 1)]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with right:
        number = int(
            link_state.select("Page", "page", numbers, default="1", labels=lambda n: f"{n} of {pages}")
        )
    first = (number - 1) * PER_PAGE
    left.caption(f"{first + 1}–{min(first + PER_PAGE, len(rows))} of {len(rows)}, gravest first")
    return rows[first : first + PER_PAGE]


def _alert(desk: Desk, row: dict, *, title: str, author: str) -> None:
    with st.container(border=True, key=f"alert_{row['episode_id']}", gap="small"):
        st.html(_told(desk, row, title=title))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if row["state"] == "resolved":
                st.caption(f"Resolved on {desk.time(row['resolved_at'])}", width="content")
            else:
                _decide(desk, row, author=author)
            desk.link("inventory", "Its stock", icon=":material/inventory_2:", sku=row["sku"])


def _told(desk: Desk, row: dict, *, title: str) -> str:
    facts = [
        f"{formats.number(float(row['available']))} available",
        f"{formats.days(row['days_of_cover'])} of cover",
        f"{formats.percent(row['stockout_probability'], digits=0)} risk of running out",
        f"<b>{desk.money(float(row['margin_at_risk']))}</b> margin at risk",
        f"buy {formats.number(float(row['suggested_quantity']))} by {formats.day(row['order_by'])}",
    ]
    state = markup.badge(row["state"])
    if row["state"] == "acknowledged":
        state += f" <span class='muted'>by {markup.text(row['acknowledged_by'])}</span>"
    if row["state"] == "snoozed":
        state += f" <span class='muted'>until {desk.time(row['snoozed_until'])}</span>"
    return (
        f"<p style='margin:0 0 .2rem'>{markup.badge(row['severity'])} {markup.badge(RULES[row['rule']], kind='mute')} "
        f"<b>{markup.text(row['sku'])}</b> {markup.text(title)}</p>"
        f"<p style='margin:0 0 .25rem'>{markup.text(row['explanation'])}</p>"
        f"<p class='muted'>{' · '.join(facts)}</p>"
        f"<p class='muted'>{state} · {markup.text(desk.location_name(row['location_id']))} · "
        f"raised {desk.time(row['raised_at'])}</p>"
    )


def _decide(desk: Desk, row: dict, *, author: str) -> None:
    episode_id = row["episode_id"]
    if row["state"] != "acknowledged":
        st.button(
            "Acknowledge",
            key=f"acknowledge.{episode_id}",
            icon=":material/check:",
            on_click=_acknowledge,
            args=(desk, episode_id, author),
            help="You have seen it and act. It stays open until stock is back, and tells again only if it worsens.",
        )
    with st.popover("Snooze", icon=":material/snooze:", key=f"snooze.{episode_id}"):
        days = st.segmented_control(
            "For how many days", SNOOZE_DAYS, default=3, required=True, key=f"days.{episode_id}"
        )
        until = desk.now + timedelta(days=days)
        st.caption(
            f"Quiet until {desk.time(until)}, unless it worsens; the next run after that reminds. "
            "The stock and the proposal stay as they are."
        )
        st.button(
            "Snooze it",
            key=f"snooze_now.{episode_id}",
            type="primary",
            on_click=_snooze,
            args=(desk, episode_id, until, author),
        )


def _acknowledge(desk: Desk, episode_id: str, author: str) -> None:
    def act(book) -> None:
        decisions.acknowledge(book, episode_id, by=author, now=desk.now)

    _do(
        desk,
        act,
        author,
        f"Alert {episode_id} acknowledged. It stays open until stock is back or it worsens.",
    )


def _snooze(desk: Desk, episode_id: str, until: datetime, author: str) -> None:
    def act(book) -> None:
        decisions.snooze(book, episode_id, until=until, by=author, now=desk.now)

    _do(desk, act, author, f"Alert {episode_id} is quiet until {desk.time(until)}, unless it worsens.")


def _do(desk: Desk, act, author: str, done: str) -> None:
    if not author:
        st.session_state["said"] = ("warning", "Enter your name first: a decision is kept with who made it.")
        return
    try:
        with desk.book() as book:
            act(book)
    except OmsError as error:
        st.session_state["said"] = ("error", f"Nothing changed: {error}.")
        return
    st.session_state["said"] = ("success", done)


def _say_done() -> None:
    kind, text = st.session_state.pop("said", (None, None))
    if kind:
        getattr(st, kind)(formats.plain(text))


# Proposals


def _proposals(desk: Desk, sku: str | None) -> None:
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
            file_name=f"purchase-proposals-{desk.local_day(desk.as_of)}{'' if supplier == 'all' else '-' + supplier}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    if frame.is_simulated(desk):
        st.html(
            markup.muted(
                f"{markup.simulated('costs, suppliers and lead times')} Suppliers, costs and lead times are simulated."
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
