"""Sales of a period by channel and country, and the products that sold best."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import streamlit as st

from dashboards import charts, formats, grids
from dashboards.desk import Desk
from dashboards.periods import Period
from warehouse import queries


def render(desk: Desk, period: Period, *, channel: str | None, as_of: datetime | None) -> None:
    asked = {"date_from": period.first, "date_to": period.end, "channel": channel, "as_of": as_of}
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Sales by channel")
        _by_channel(desk, desk.ask(queries.sales_by_channel, **asked))
    with right:
        st.subheader("Sales by country")
        _by_country(desk, desk.ask(queries.sales_by_country, **asked))
    st.subheader("Best sellers")
    _best_sellers(desk, desk.ask(queries.top_products, **asked, limit=25))


def _by_channel(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.caption("No sales in this period.")
        return
    total = found["gross_sales"].sum() or 1
    rows = found.with_columns(
        pl.col("channel_id").map_elements(desk.channel_name, return_dtype=pl.String).alias("channel")
    )
    names = list(desk.channel_colors())
    charts.show(
        charts.bars(
            rows,
            name="channel",
            value="gross_sales",
            title=f"Gross sales, {desk.currency}",
            format=",.0f",
            colors=charts.scale(names, desk.channel_colors()),
        ),
        height=32 * rows.height,
        alt_text="Gross sales by channel",
    )
    parts = " · ".join(
        f"{row['channel']} {formats.percent(row['gross_sales'] / total, digits=0)}"
        for row in rows.iter_rows(named=True)
    )
    st.caption(f"Share of gross sales: {parts}")


def _by_country(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.caption("No sales in this period.")
        return
    total = found["gross_sales"].sum() or 1
    first = found.row(0, named=True)
    share = formats.percent(first["gross_sales"] / total)
    others = found.slice(1, 8)
    if others.is_empty():
        st.caption(f"All of it in {first['country']}: {desk.money(first['gross_sales'])}.")
        return
    st.caption(
        f"{first['country']}: {desk.money(first['gross_sales'])}, {share} of gross sales. The next ones:"
    )
    charts.show(
        charts.bars(
            others, name="country", value="gross_sales", title=f"Gross sales, {desk.currency}", format=",.0f"
        ),
        height=25 * others.height,
        alt_text="Gross sales by country, the largest left out",
    )


def _best_sellers(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.caption("No product was sold in this period.")
        return
    chosen = grids.clicked(
        found,
        found.select("sku", "title", "gross_sales", "units", "orders", "returns", "abc_class"),
        key="best_sellers",
        most=10,
        columns={
            "sku": grids.sku(),
            "title": grids.title(),
            "gross_sales": st.column_config.ProgressColumn(
                "Gross sales",
                format=f"{formats.symbol(desk.currency)}%,.0f",
                min_value=0,
                max_value=float(found["gross_sales"].max()),
            ),
            "units": grids.count("Units"),
            "orders": grids.count("Orders"),
            "returns": grids.money("Returns", desk.currency),
            "abc_class": grids.abc(),
        },
    )
    st.caption("Click a row to see the product's stock.")
    if chosen:
        desk.open("inventory", sku=chosen["sku"])
