"""How far alerts can be trusted: what was said on past mornings and what came true, beside plain rules."""

from __future__ import annotations

import altair as alt
import polars as pl
import streamlit as st

from dashboards import charts, formats, markup
from dashboards.desk import Desk
from warehouse import queries

RULES = {"forecast": "These alerts", "days_of_cover": "Days of cover", "min_max": "Min-max"}
STOCKS = {
    "played": "on real demand, with stock bought by a plain rule without hindsight",
    "recorded": "on stock as recorded",
}
LEAST_CASES = 20


def render(desk: Desk) -> None:
    st.subheader("Track record", anchor=False)
    stock = "recorded" if desk.settings.alerts.learn_from == "recorded" else "played"
    known = desk.ask(queries.alert_scores, stock=stock)
    scores = known.filter(pl.col("stock_pool") == "")
    if scores.is_empty():
        st.caption(
            "Not scored yet. `oms alerts score` walks half a year of Mondays again; after the next run "
            "it stands here how many alerts came true. Dagster does so every week."
        )
        return
    first = scores.row(0, named=True)
    st.caption(
        f"{first['mornings']} Monday mornings from {formats.day(first['first_morning'])} to "
        f"{formats.day(first['last_morning'])}, walked again with what was known then, {STOCKS[stock]}: "
        f"{formats.number(first['stockouts'])} stock-outs."
    )
    calibration = desk.ask(queries.alert_calibration, stock=stock)
    st.markdown("**What was said, and what came true**")
    charts.show(_chart(calibration), height=230, key="track_record", alt_text=_in_words(calibration))
    st.html(_table(scores))
    st.caption(
        f"Each rule raises {formats.number(first['alerts'])} alerts. *Right*: the stock-out came. *Warned*: "
        "share of stock-outs an alert came before; at least a week before; by how many days (median)."
    )
    of_pools = known.filter(pl.col("stock_pool") != "", pl.col("rule") == "forecast")
    if of_pools.height:
        st.markdown("**By stock pool**")
        st.html(_of_pools(of_pools))


def _chart(calibration: pl.DataFrame) -> alt.TopLevelMixin:
    known = calibration.with_columns(
        of=pl.lit("what was said"), is_thin=pl.col("cases") < LEAST_CASES, zero=pl.lit(0.0)
    )
    share = alt.Scale(domain=[0, 1])
    tip = [
        alt.Tooltip("said:Q", title="Said", format=".0%"),
        alt.Tooltip("came_true:Q", title="Came true", format=".0%"),
        alt.Tooltip("cases:Q", title="Cases", format=",.0f"),
    ]
    line = pl.DataFrame({"said": [0.0, 1.0], "came_true": [0.0, 1.0]})
    x = alt.X("said:Q", scale=share, axis=alt.Axis(title="said", format=".0%"))
    y = alt.Y("came_true:Q", scale=share, axis=alt.Axis(title="came true", format=".0%"))
    perfect = alt.Chart(line).mark_line(color=charts.FAINT, strokeDash=[4, 3]).encode(x=x, y=y)
    said = alt.Chart(known).encode(x=x, y=y, tooltip=tip)
    points = said.mark_circle(size=70, color=charts.BRAND, opacity=1).encode(
        opacity=alt.condition("datum.is_thin", alt.value(0.35), alt.value(1.0))
    )
    return perfect + said.mark_line(color=charts.BRAND, strokeWidth=1.5) + points


def _in_words(calibration: pl.DataFrame) -> str:
    return "; ".join(
        f"of {row['cases']:,} that said {row['said_from']:.0%} to {row['said_to']:.0%}, "
        f"{row['came_true']:.0%} came true"
        for row in calibration.iter_rows(named=True)
    )


def _of_pools(scores: pl.DataFrame) -> str:
    titles = ("Stock-outs", "Right", "Warned")
    columns = [markup.Column("Stock pool"), *(markup.Column(title, is_number=True) for title in titles)]
    rows = [
        [
            markup.text(row["stock_pool"]),
            formats.number(row["stockouts"]),
            formats.percent(row["precision"], digits=0),
            formats.percent(row["recall"], digits=0),
        ]
        for row in scores.iter_rows(named=True)
    ]
    return markup.table(columns, rows)


def _table(scores: pl.DataFrame) -> str:
    titles = ("Right", "Warned", "a week before", "Days")
    columns = [markup.Column("Rule"), *(markup.Column(title, is_number=True) for title in titles)]
    rows = [
        [
            markup.text(RULES[row["rule"]]),
            formats.percent(row["precision"], digits=0),
            formats.percent(row["recall"], digits=0),
            formats.percent(row["recall_in_time"], digits=0),
            formats.number(row["days_warned"]),
        ]
        for row in scores.iter_rows(named=True)
    ]
    return markup.table(columns, rows)
