"""One product's stock: where it stands, what each channel may sell and why, when it could not be bought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import altair as alt
import polars as pl
import streamlit as st

from dashboards import ats_words, charts, formats, frame, link_state, markup
from dashboards.desk import Desk
from models import why
from warehouse import queries

WEEKS_BACK = 26
STATES = (
    "available", "committed", "reserved", "damaged", "safety_stock", "quality_control", "on_hand", "incoming",
)  # fmt: skip
PLANNED = {"expected_demand": "Demand", "suggested_quantity": "To buy"}


def render(desk: Desk, asked: str) -> None:
    st.button(
        "All products",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=link_state.put,
        args=("sku", None),
    )
    sku = asked.strip().upper()
    found = desk.ask(queries.product, sku)
    if found.is_empty():
        unknown(desk, asked, page="inventory")
        return
    product = found.row(0, named=True)
    st.title(f"{formats.plain(product['title'])}")
    st.html(_subtitle(desk, product))
    end_of(desk, product)
    rows = desk.ask(queries.stock_list, text=sku).filter(pl.col("sku") == sku)
    if rows.is_empty():
        st.info("No location has ever held this product.")
    else:
        st.html(markup.cards(_cards(desk, product, rows.row(0, named=True))))
    st.subheader("What each channel may sell, and why")
    _ats(desk, desk.ask(queries.ats, sku))
    st.subheader("Where it stands")
    planned = desk.ask(queries.stock_positions, sku=sku)
    st.html(_locations(desk, desk.ask(queries.stock_by_location, sku=sku), planned))
    if planned.height:
        st.caption("Demand: expected until the order after next could be there. To buy: proposed now.")
    st.subheader("When it could not be bought")
    _exposure(desk, sku)
    with st.container(horizontal=True):
        desk.link("forecast", "Its forecast", icon=":material/query_stats:", sku=sku)
        desk.link(
            "restock", "Its restock alerts and proposal", icon=":material/notifications_active:", sku=sku
        )


def end_of(desk: Desk, product: dict, weeks: Sequence[dict] = ()) -> None:
    """Says when the product ends, where it does."""
    today = desk.local_day(desk.as_of)
    if told := why.ended(product["discontinued_on"], today=today, weeks=weeks):
        st.warning(told, icon=":material/event_busy:")


def unknown(desk: Desk, asked: str, *, page: str) -> None:
    """A sku the release does not know: say so, and offer what resembles it."""
    st.title("No such product")
    st.error(f"This release knows no sku “{formats.plain(asked)}”.")
    near = desk.ask(queries.skus, text=asked, limit=10)
    if near.is_empty() and len(asked) > 3:
        near = desk.ask(queries.skus, text=asked[:4], limit=10)
    if near.is_empty():
        desk.link(page, "Search all products", icon=":material/search:")
        return
    st.markdown("Did you mean one of these?")
    for row in near.iter_rows(named=True):
        desk.link(page, f"{row['sku']} · {formats.plain(row['title'])}", sku=row["sku"])


def _subtitle(desk: Desk, product: dict) -> str:
    badge = (
        markup.badge(product["abc_class"]) if product["abc_class"] else markup.badge("not sold", kind="mute")
    )
    note = f" {markup.simulated('stock, cost and supplier')}" if frame.is_simulated(desk) else ""
    supplier = product["supplier_name"] or "no supplier known"
    return markup.muted(
        f"<b>{markup.text(product['sku'])}</b> · {badge} · {markup.text(supplier)} · "
        f"cost {desk.money(product['unit_cost'], cents=True)} · sells for "
        f"{desk.money(product['mean_price'], cents=True)} · packs of "
        f"{formats.number(product['pack_size'])}{note}"
    )


def _cards(desk: Desk, product: dict, stock: dict) -> list[markup.Card]:
    cover = formats.days(stock["days_of_cover"])
    if stock["covers_horizon"]:
        cover = f"{cover} or more"
    per_week = (stock["forecast_units"] or 0) / 13
    weekly = formats.number(per_week, digits=0 if per_week >= 100 else 1)
    rate = "no forecast" if stock["forecast_units"] is None else f"forecast {weekly} a week"
    return [
        markup.Card("Available", formats.number(stock["available"]), ("free to promise",)),
        markup.Card(
            "Best ATS",
            formats.number(stock["best_ats"]),
            (f"{stock['channels_out'] or 0} channels sold out",),
        ),
        markup.Card(
            "Days of cover",
            cover,
            (rate,),
            "how long the available units last by the forecast; incoming goods not counted",
        ),
        markup.Card("Incoming", formats.number(stock["incoming"]), ("on open purchase orders",)),
        markup.Card("Stock value", desk.money(stock["stock_value"]), ("on hand × unit cost",)),
    ]


def _ats(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.info("No channel lists this product.")
        return
    rows = sorted(found.iter_rows(named=True), key=lambda row: _place(desk, row["channel_id"]))
    names = [desk.channel_name(row["channel_id"]) for row in rows]
    said = (ats_words.sentence(row, channel=name) for row, name in zip(rows, names, strict=True))
    st.html(markup.lead("<br>".join(markup.text(sentence) for sentence in said)))
    columns = [
        markup.Column("Units"),
        *(markup.Column(name, is_number=True) for name in names),
        markup.Column("", wraps=True),
    ]
    lines = [
        [
            markup.text(term.what),
            *map(markup.text, term.amounts),
            f"<span class='muted'>{markup.text(term.why)}</span>",
        ]
        for term in ats_words.terms(rows, place=desk.location_name)
    ]
    shown = ["Available to sell", *(formats.number(row["ats"]) for row in rows), ""]
    st.html(markup.table(columns, lines, total=shown))
    st.caption(f"Computed as of {desk.time(found['computed_at'][0])}.")


def _place(desk: Desk, channel_id: str) -> tuple[int, str]:
    """Channels in the order of the settings; one the settings no longer name comes last."""
    known = desk.channel_ids
    return (known.index(channel_id) if channel_id in known else len(known), channel_id)


def _locations(desk: Desk, found: pl.DataFrame, planned: pl.DataFrame) -> str:
    """What stands at each location, what is expected to be asked of it and what to buy for it."""
    names = [*STATES, *PLANNED] if planned.height else list(STATES)
    plan = planned.select("location_id", *PLANNED)
    table = found.join(plan, on="location_id", how="full", coalesce=True).sort("location_id")
    columns = [
        markup.Column("Location"),
        *(markup.Column(PLANNED.get(name) or formats.words(name), is_number=True) for name in names),
    ]
    rows = [
        [markup.text(desk.location_name(row["location_id"])), *(formats.number(row[name]) for name in names)]
        for row in table.iter_rows(named=True)
    ]
    total = ["All", *(formats.number(table[name].sum()) for name in names)] if table.height else None
    return markup.table(columns, rows, total=total)


def _exposure(desk: Desk, sku: str) -> None:
    end = desk.local_day(desk.as_of) + timedelta(days=1)
    begin = end - timedelta(weeks=WEEKS_BACK)
    found = desk.ask(queries.sku_exposure, sku, date_from=begin, date_to=end)
    if found.is_empty():
        st.success(f"Every channel could sell it on every day of the last {WEEKS_BACK} weeks.")
        return
    rows = found.with_columns(
        pl.col("channel_id").map_elements(desk.channel_name, return_dtype=pl.String).alias("channel"),
        (1 - pl.col("exposure")).alias("lost"),
    )
    drawn = (
        alt.Chart(rows)
        .mark_rect()
        .encode(
            x=alt.X(
                "yearmonthdate(business_date):O",
                axis=alt.Axis(title=None, format="%-d %b", labelOverlap=True, labelAngle=0),
            ),
            y=alt.Y("channel:N", axis=alt.Axis(title=None, domain=False, ticks=False)),
            color=alt.Color(
                "lost:Q",
                scale=alt.Scale(domain=[0, 1], range=["#fbe9e0", "#b3372f"]),
                legend=alt.Legend(title="part of the day without stock", format=".0%", gradientLength=140),
            ),
            tooltip=[
                alt.Tooltip("business_date:T", title="Day", format="%-d %b %Y"),
                alt.Tooltip("channel:N", title="Channel"),
                alt.Tooltip("exposure:Q", title="Exposure", format=".0%"),
            ],
        )
    )
    charts.show(drawn, height=28 * rows["channel"].n_unique(), alt_text="Days without stock, by channel")
    lost = found.group_by("channel_id").agg((1 - pl.col("exposure")).sum().alias("lost")).sort("channel_id")
    parts = " · ".join(
        f"{desk.channel_name(row['channel_id'])} {row['lost']:.1f} days" for row in lost.iter_rows(named=True)
    )
    st.caption(f"Lost over the last {WEEKS_BACK} weeks: {parts}. Days not shown were open the whole day.")
