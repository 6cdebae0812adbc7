"""Stock-outs: the rate by day, and the products that were missing most."""

from __future__ import annotations

import altair as alt
import polars as pl
import streamlit as st

from dashboards import charts, filters, formats, grids, link_state
from dashboards.desk import Desk
from dashboards.markup import lead
from warehouse import queries


def render(desk: Desk) -> None:
    bounds = desk.ask(queries.bounds)
    if bounds is None:
        st.info("The release holds no sales yet.")
        return
    period, channel = filters.period_and_channel(desk, bounds=bounds)
    dates = {"date_from": period.first, "date_to": period.end, "channel": channel}
    daily = desk.ask(queries.stockout_daily, **dates)
    listed = daily["listed"].max() or 0
    if not listed:
        st.info("No product with recent demand is listed in this channel.")
        return
    rate = daily["days_lost"].sum() / (listed * daily.height)
    st.html(
        lead(
            f"Stock-out rate <b>{formats.percent(rate, digits=2)}</b>: over "
            f"{formats.span(period.first, period.last)}, "
            f"{formats.number(daily['days_lost'].sum())} of {formats.number(listed * daily.height)} "
            "listed product-channel-days could not be sold on."
        )
    )
    charts.show(_rate_chart(daily), height=200, alt_text="Stock-out rate by day")
    st.caption(
        "Exposure is the part of a day on which a channel showed at least one unit; the rate is the sum of "
        "1 − exposure over listed product-channel-days. Listed: the product has an ATS in the channel and "
        "sold in the 13 weeks before the period's end."
    )
    st.subheader("What was missing most")
    _worst(desk, desk.ask(queries.stockout_skus, **dates, limit=200))


def _rate_chart(daily: pl.DataFrame):
    return (
        alt.Chart(daily)
        .mark_area(color=charts.CORAL, opacity=0.35, line={"color": charts.CORAL, "strokeWidth": 1.8})
        .encode(
            x=charts.x_time("business_date"),
            y=charts.y_number("stockout_rate", title="Stock-out rate", format=".1%"),
            tooltip=[
                alt.Tooltip("business_date:T", title="Day", format="%-d %b %Y"),
                alt.Tooltip("stockout_rate:Q", title="Stock-out rate", format=".2%"),
                alt.Tooltip("skus_affected:Q", title="Products × channels affected", format=",.0f"),
            ],
        )
    )


def _worst(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.success("Nothing was out of stock in this period.")
        return
    chosen = grids.clicked(
        found,
        found.select(
            "sku",
            "title",
            "abc_class",
            "channel_days_lost",
            "days_affected",
            "channels_affected",
            "gross_sales_per_day",
            "last_day",
        ),  # fmt: skip
        key="stockouts",
        most=12,
        columns={
            "sku": grids.sku(),
            "title": grids.title(),
            "abc_class": grids.abc(),
            "channel_days_lost": st.column_config.NumberColumn(
                "Channel-days lost", format="%.1f", help="sum of 1 − exposure over channels and days"
            ),
            "days_affected": grids.count("Days", "days on which some channel was affected"),
            "channels_affected": grids.count("Channels", "channels affected"),
            "gross_sales_per_day": grids.money(
                "Sales per day", desk.currency, cents=True, help="mean of the last 13 weeks"
            ),
            "last_day": st.column_config.DateColumn("Last day", format="D MMM YYYY"),
        },
    )
    st.caption("Ordered by days lost × sales per day. Click a row for the product.")
    if chosen:
        link_state.put("sku", chosen["sku"])
        st.rerun()
