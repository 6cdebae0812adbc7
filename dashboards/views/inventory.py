"""Inventory: stock, its value and how long it lasts, stock-outs; at `?sku=`, one product's stock and ATS."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import filters, formats, frame, grids, link_state, markup
from dashboards.desk import Desk
from dashboards.views import sku_stock, stockouts
from warehouse import queries

VIEWS = {"stock": "Stock", "stockouts": "Stock-outs"}
CLASSES = ("all", "A", "B", "C")


def render(desk: Desk) -> None:
    chosen = link_state.param("sku")
    if chosen:
        sku_stock.render(desk, chosen)
        return
    st.title("Inventory")
    _headline(desk)
    view = link_state.segments(
        "View", "view", list(VIEWS), default="stock", labels=VIEWS.__getitem__, label_visibility="collapsed"
    )
    {"stock": _stock, "stockouts": stockouts.render}[view](desk)


def _headline(desk: Desk) -> None:
    places = desk.ask(queries.stock_by_location)
    if places.is_empty():
        st.info("The release holds no stock yet.")
        return
    if frame.is_simulated(desk):
        st.html(
            markup.muted(
                f"{markup.simulated('stock')} Stock, costs and locations are simulated from the real demand."
            )
        )
    classes = desk.ask(queries.stock_by_class)
    total = {
        name: places[name].sum() for name in ("on_hand", "available", "committed", "incoming", "stock_value")
    }
    on_hand = formats.number(total["on_hand"])
    st.html(
        markup.cards(
            [
                markup.Card(
                    "Stock value", desk.money(total["stock_value"]), ("at cost",), "on hand × unit cost"
                ),
                markup.Card("On hand", on_hand, ("units",), "everything that stands in the locations"),
                markup.Card("Available", formats.number(total["available"]), ("units free to promise",)),
                markup.Card(
                    "Committed", formats.number(total["committed"]), ("units claimed by open orders",)
                ),
                markup.Card(
                    "Incoming", formats.number(total["incoming"]), ("units on open purchase orders",)
                ),
                _out_card(classes),
            ],
            size="six",
        )
    )


def _out_card(classes: pl.DataFrame) -> markup.Card:
    sold = classes.filter(pl.col("abc_class") != "not sold")
    of_class_a = classes.filter(pl.col("abc_class") == "A")["skus_out_of_stock"].sum()
    return markup.Card(
        "Out of stock",
        formats.number(sold["skus_out_of_stock"].sum()),
        (
            f"of {formats.number(sold['skus'].sum())} products that sell",
            f"{formats.number(of_class_a)} of class A",
        ),
        "products sold in the last 365 days with nothing available in any location",
    )


def _stock(desk: Desk) -> None:
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        st.subheader("By location")
        st.html(_locations(desk, desk.ask(queries.stock_by_location)))
    with right:
        st.subheader("By ABC class")
        st.html(_classes(desk, desk.ask(queries.stock_by_class)))
    st.subheader("Products")
    with st.container(key="filters_stock"):
        columns = st.columns([2, 1, 1.2, 1.1], vertical_alignment="bottom")
    with columns[0]:
        text = link_state.text("Sku or title", "q", placeholder="e.g. 85123A or lunch bag")
    with columns[1]:
        abc = link_state.select(
            "ABC class",
            "abc",
            list(CLASSES),
            default="all",
            labels=lambda name: "All" if name == "all" else name,
        )
    with columns[2]:
        channel = filters.channel(desk)
    with columns[3]:
        only_out = link_state.toggle(
            "Only sold out", "out", help="Products that some channel cannot sell now"
        )
    found = desk.ask(
        queries.stock_list,
        text=text,
        channel=channel,
        abc_class=None if abc == "all" else abc,
        only_out=only_out,
        limit=500,
    )
    _products(desk, found)


def _locations(desk: Desk, found: pl.DataFrame) -> str:
    names = ("on_hand", "available", "committed", "incoming")
    columns = [
        markup.Column("Location"),
        *(markup.Column(formats.words(name), is_number=True) for name in names),
        markup.Column("Value", is_number=True),
    ]
    rows = [
        [
            markup.text(desk.location_name(row["location_id"])),
            *(formats.number(row[name]) for name in names),
            desk.money(row["stock_value"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    total = [
        "All",
        *(formats.number(found[name].sum()) for name in names),
        desk.money(found["stock_value"].sum()),
    ]
    return markup.table(columns, rows, total=total)


def _classes(desk: Desk, found: pl.DataFrame) -> str:
    columns = [
        markup.Column("Class"),
        markup.Column("Products", is_number=True),
        markup.Column("Out of stock", is_number=True),
        markup.Column("Value", is_number=True),
    ]
    return markup.table(
        columns,
        [
            [
                markup.badge(row["abc_class"]),
                formats.number(row["skus"]),
                formats.number(row["skus_out_of_stock"]),
                desk.money(row["stock_value"]),
            ]
            for row in found.iter_rows(named=True)
        ],
    )


def _products(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.info("No product matches these filters.")
        return
    chosen = grids.clicked(
        found,
        found.select(
            "sku",
            "title",
            "abc_class",
            "available",
            "best_ats",
            "days_of_cover",
            "incoming",
            "committed",
            "on_hand",
            "stock_value",
            "forecast_units",
        ),  # fmt: skip
        key="stock_list",
        columns={
            "sku": grids.sku(),
            "title": grids.title(),
            "abc_class": grids.abc(),
            "available": grids.count("Available", "free to promise, over all locations"),
            "best_ats": grids.count("ATS", "available to sell in the best channel, or the chosen one"),
            "days_of_cover": grids.count(
                "Days of cover",
                "how long the available units last by the forecast, 91 at most; incoming goods not counted",
            ),
            "incoming": grids.count("Incoming", "on open purchase orders"),
            "committed": grids.count("Committed", "claimed by open orders"),
            "on_hand": grids.count("On hand", "everything that stands there"),
            "stock_value": grids.money("Value", desk.currency, help="on hand × unit cost"),
            "forecast_units": grids.count("13 weeks", "units expected over the forecast's 13 weeks"),
        },
    )
    more = (
        " The 500 of greatest value are shown; narrow the search for others." if found.height == 500 else ""
    )
    st.caption(
        f"{formats.number(found.height)} products, greatest stock value first. Click a row for its ATS.{more}"
    )
    if chosen:
        link_state.put("sku", chosen["sku"])
        st.rerun()
