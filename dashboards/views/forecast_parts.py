"""One product's forecast by channel or by location, beside what each of them took in past weeks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import altair as alt
import polars as pl
import streamlit as st

from dashboards import charts, formats, link_state, markup
from dashboards.desk import Desk
from warehouse import queries

WEEKS_BACK = 26
DIMENSIONS = ("channel", "location")
TITLES = {"channel": "Units ordered per week", "location": "Units shipped per week"}


def render(desk: Desk, sku: str, first_week: date) -> None:
    """Where it is to sell or to ship from; nothing where the forecast has no parts."""
    found = desk.ask(queries.forecast_split, sku)
    if found.is_empty():
        return
    by = link_state.segments(
        "Parts", "by", DIMENSIONS, default="channel", labels="By {}".format, label_visibility="collapsed"
    )
    names = {"channel": desk.channel_name, "location": desk.location_name}[by]
    parts = _named(found.filter(pl.col("dimension") == by), names)
    sold = desk.ask(queries.demand_parts, sku, dimension=by)
    past = _named(weekly(sold, first_week=first_week), names)
    left, right = st.columns(2)
    with left:
        st.html(_table(parts))
    with right:
        if past.is_empty():
            st.caption(f"Nothing sold in the {WEEKS_BACK} weeks before.")
            return
        colors = desk.channel_colors() if by == "channel" else None
        shown = past["name"].unique().sort().to_list()
        charts.show(
            _areas(past, title=TITLES[by], colors=charts.scale(shown, colors)),
            height=200,
            alt_text=f"{TITLES[by]} of each {by} over the last {WEEKS_BACK} weeks",
        )


def weekly(sold: pl.DataFrame, *, first_week: date) -> pl.DataFrame:
    """member, week_start, units, returned_units of the last weeks before `first_week`, weeks without a sale
    included, of every member that sold in them.
    """
    since = first_week - timedelta(weeks=WEEKS_BACK)
    sums = (
        sold.filter(pl.col("business_date").is_between(since, first_week, closed="left"))
        .group_by("member", week_start=pl.col("business_date").dt.truncate("1w"))
        .agg(pl.col("units", "returned_units").sum())
    )
    members = sums.filter(pl.col("units") > 0).select("member").unique()
    weeks = pl.date_range(since, first_week, interval="1w", closed="left", eager=True).alias("week_start")
    every = members.join(weeks.to_frame(), how="cross")
    whole = every.join(sums, on=["member", "week_start"], how="left")
    return whole.with_columns(pl.col("units", "returned_units").fill_null(0.0)).sort("member", "week_start")


def _named(rows: pl.DataFrame, names: Callable[[str], str]) -> pl.DataFrame:
    told = pl.col("member").map_elements(lambda member: names(member).removesuffix(" warehouse"), pl.String)
    return rows.with_columns(name=told)


def _table(parts: pl.DataFrame) -> str:
    columns = [
        markup.Column("Part"),
        markup.Column("4 weeks", is_number=True),
        markup.Column("All weeks", is_number=True),
    ]
    whole = parts["all_weeks"].sum()
    rows = [
        [
            markup.text(row["name"]),
            formats.number(row["next_4_weeks"]),
            f"{formats.number(row['all_weeks'])} ({formats.percent(row['all_weeks'] / whole, digits=0)})",
        ]
        for row in parts.iter_rows(named=True)
    ]
    return markup.table(columns, rows)


def _areas(past: pl.DataFrame, *, title: str, colors: alt.Scale) -> alt.TopLevelMixin:
    return (
        alt.Chart(past)
        .mark_area(opacity=0.75, line={"strokeWidth": 1})
        .encode(
            x=charts.x_time("week_start"),
            y=charts.y_number("units", title=title, stack="zero"),
            color=alt.Color("name:N", scale=colors, legend=alt.Legend(columns=2)),
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("week_start:T", title="Week of", format="%-d %b %Y"),
                alt.Tooltip("units:Q", title="Units", format=",.0f"),
                alt.Tooltip("returned_units:Q", title="Returned", format=",.0f"),
            ],
        )
    )
