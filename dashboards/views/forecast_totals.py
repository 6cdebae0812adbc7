"""Totals: what is expected of the whole shop, a category, channel or location, week by week, with ranges, and
how far off that was at past origins.
"""

from __future__ import annotations

import altair as alt
import polars as pl
import streamlit as st

from dashboards import charts, formats, frame, grids, link_state, markup
from dashboards.desk import Desk
from dashboards.views import totals_record
from warehouse import queries

DIMENSIONS = {"shop": "Whole shop", "category": "Category", "channel": "Channel", "location": "Location"}
HISTORY_WEEKS = 65
EXPECTED, SUMMED = "Expected", "Sum of product forecasts"


def render(desk: Desk) -> None:
    left, right, _ = st.columns([1, 1.4, 2.2], vertical_alignment="bottom")
    with left:
        dimension = link_state.select(
            "Total of", "of", list(DIMENSIONS), default="shop", labels=DIMENSIONS.__getitem__
        )
    totals = desk.ask(queries.level_totals, dimension=dimension)
    if totals.is_empty():
        st.info("Nothing is added up there yet. The next run does it where there are sales to divide by.")
        return
    members = totals["member"].to_list()
    member = members[0]
    if dimension != "shop":
        with right:
            member = link_state.select(
                DIMENSIONS[dimension], "member", members, default=members[0],
                labels=lambda name: _named(desk, dimension, name),
            )  # fmt: skip
    ahead = desk.ask(queries.forecast_levels, dimension=dimension)
    one = ahead.filter(pl.col("member") == member)
    _told(desk, dimension, totals.row(by_predicate=pl.col("member") == member, named=True), one)
    totals_record.in_words(desk, dimension, member)
    past = desk.ask(queries.level_history, dimension=dimension, member=member, weeks=HISTORY_WEEKS)
    st.subheader(f"{_named(desk, dimension, member)}: {_left(dimension)} and expected")
    _chart(past, one, left=_left(dimension).capitalize())
    st.caption(_what(dimension))
    if dimension == "shop":
        _weeks(desk, one, ahead, dimension)
    else:
        left, right = st.columns([1, 1.05], gap="medium")
        with left:
            _weeks(desk, one, ahead, dimension)
        with right:
            st.subheader(f"By {dimension}")
            st.html(_members(desk, dimension, totals, member))
            st.caption("Expected over four and over all weeks; sum of products' forecasts; a year before.")
    totals_record.table(desk, dimension, named=lambda name: _named(desk, dimension, name))


def _named(desk: Desk, dimension: str, member: str) -> str:
    names = {"channel": desk.channel_name, "location": desk.location_name}
    return DIMENSIONS["shop"] if dimension == "shop" else names.get(dimension, str)(member)


def _left(dimension: str) -> str:
    """What units of the past were: a location's are counted when they leave it."""
    return "shipped" if dimension == "location" else "sold"


def _told(desk: Desk, dimension: str, row: dict, ahead: pl.DataFrame) -> None:
    ratio = formats.change(row["all_expected"], row["all_mean"])
    weeks, counted = ahead.height, f"units {_left(dimension)}"
    sums = f"{formats.number(row['next_4_mean'])} by the products' own forecasts"
    cards = [
        markup.Card("Next 4 weeks", formats.number(row["next_4_expected"]), ("units expected", sums)),
        markup.Card(
            f"Next {weeks} weeks",
            formats.number(row["all_expected"]),
            ("units expected", f"{formats.number(row['all_mean'])} by the products' own forecasts"),
        ),
        markup.Card(
            "Expected against the sum", formats.signed_percent(ratio), ("of the products' own forecasts",),
            "by what such sums were off by at past origins, and by the year before",
        ),
        markup.Card("Same weeks last year", formats.number(row["year_before_units"]), (counted,)),
        markup.Card("Last 13 weeks", formats.number(row["last_13_units"]), (counted,)),
    ]  # fmt: skip
    st.html(markup.cards(cards))
    if dimension == "location" and frame.is_simulated(desk):
        st.html(markup.muted(f"{markup.simulated('locations')} Locations and shipments are simulated."))


def _what(dimension: str) -> str:
    by = " Counted in the week it was shipped: how demand was served." if dimension == "location" else ""
    return (
        "Half of the outcomes are expected in the dark band, nine of ten in the light one. Expected: halfway "
        "between the sum of all product forecasts, corrected by most of what such sums were off by lately, "
        "and the same weeks a year earlier, grown as the shop has since." + by
    )


def _chart(history: pl.DataFrame, ahead: pl.DataFrame, *, left: str) -> None:
    x, y = charts.x_time("week_start"), charts.y_number("units", title="Units per week")
    colors = {left: charts.INK, EXPECTED: charts.BRAND, SUMMED: charts.CORAL}
    color = alt.Color("series:N", scale=charts.scale(list(colors), colors), sort=list(colors))
    band = alt.Chart(ahead).encode(x=x)
    wide = band.mark_area(color=charts.BRAND, opacity=0.13).encode(
        y=alt.Y("q05:Q", title="Units per week"), y2="q95:Q"
    )
    narrow = band.mark_area(color=charts.BRAND, opacity=0.22).encode(y="q25:Q", y2="q75:Q")
    when = alt.Tooltip("week_start:T", title="Week of", format="%-d %b %Y")
    ends = [
        alt.Tooltip(f"{name}:Q", title=told, format=",.0f") for name, told in (("q05", "5%"), ("q95", "95%"))
    ]

    def line(rows: pl.DataFrame, name: str, tips: list, **style: object) -> alt.Chart:
        drawn = alt.Chart(rows.with_columns(series=pl.lit(name))).mark_line(**style)
        tip = [when, alt.Tooltip("units:Q", title=name, format=",.0f"), *tips]
        return drawn.encode(x=x, y=y, color=color, tooltip=tip)

    spread = ["q05", "q95"]
    sold = line(
        history.select("week_start", "units"), left, [], strokeWidth=1.6, point=alt.OverlayMarkDef(size=14)
    )
    summed = line(ahead.select("week_start", units="mean"), SUMMED, [], strokeWidth=1.6, strokeDash=[5, 3])
    expected = line(ahead.select("week_start", *spread, units="expected"), EXPECTED, ends, strokeWidth=2.2)
    charts.show(
        alt.layer(wide, narrow, sold, summed, expected),
        height=320,
        alt_text=f"Units {left.lower()} by week, and those expected with their 50% and 90% ranges",
    )


def _weeks(desk: Desk, one: pl.DataFrame, ahead: pl.DataFrame, dimension: str) -> None:
    st.subheader("Week by week")
    shown = one.select("week_start", "expected", "mean", "q05", "q25", "q75", "q95")
    st.dataframe(
        shown,
        hide_index=True,
        height=grids.height(shown.height),
        key="forecast.totals",
        column_config={
            "week_start": st.column_config.DateColumn("Week of", format="D MMM YYYY"),
            "expected": grids.count("Expected", "the sum, corrected by its record and the year before"),
            "mean": grids.count("Sum", "of the products' forecasts, overrides and all"),
            "q05": grids.count("5%"),
            "q25": grids.count("25%"),
            "q75": grids.count("75%"),
            "q95": grids.count("95%"),
        },
    )
    st.download_button(
        "Export CSV",
        data=ahead.write_csv(float_precision=2),
        file_name=f"forecast-totals-{dimension}-{desk.local_day(desk.as_of)}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="every one of them, all weeks",
    )


def _members(desk: Desk, dimension: str, totals: pl.DataFrame, chosen: str) -> str:
    numbers = ("4 weeks", "All weeks", "Sum", "Year before")
    columns = [markup.Column(DIMENSIONS[dimension]), *(markup.Column(n, is_number=True) for n in numbers)]
    keys = ("next_4_expected", "all_expected", "all_mean", "year_before_units")
    rows = []
    for row in totals.iter_rows(named=True):
        name = _named(desk, dimension, row["member"]).removesuffix(" warehouse")
        link = markup.link("forecast", name, view="totals", of=dimension, member=row["member"])
        first = f"<b>{markup.text(name)}</b>" if row["member"] == chosen else link
        rows.append([first, *(formats.number(row[key]) for key in keys)])
    whole = ["All together", *(formats.number(totals[key].sum()) for key in keys)]
    return markup.table(columns, rows, total=whole)
