"""What more stock would bring: service against stock value by order rule, and where the shop stands."""

from __future__ import annotations

import altair as alt
import polars as pl
import streamlit as st

from dashboards import charts, formats, frame, link_state, markup
from dashboards.desk import Desk
from warehouse import queries

LINE, STATED, AS_WAS = "one service level for all", "this shop's policy", "as it was"


def render(desk: Desk) -> None:
    known = desk.ask(queries.policy_curve)
    pools = [name for name in known["stock_pool"].unique(maintain_order=True) if name]
    pool = _chosen(pools) if pools else ""
    found = known.filter(pl.col("stock_pool") == pool)
    if found.is_empty():
        st.info(
            "Nothing to replay yet: half a year of sales before the window is needed, and products with a "
            "cost and a price."
        )
        return
    first = found.row(0, named=True)
    st.caption(
        f"{formats.number(first['products'])} products over {first['weeks']} weeks from "
        f"{formats.day(first['first_week'])}, ordered every Monday by each rule with the forecast that "
        "Monday would have had; what met an empty shelf was lost."
    )
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        charts.show(_chart(found), height=340, key="service_curve", alt_text=_in_words(desk, found))
        st.caption(
            "Up: more of what was asked for was sold at once. Right: more money on the shelf. A point below "
            "the line buys less service for its stock than one service level for all would."
        )
    with right:
        st.html(_told(desk, found))
        if frame.is_simulated(desk):
            told = f"{markup.simulated('stock and costs')} As it was: bought by somebody who knew the sales."
            st.html(markup.muted(told))
    st.html(_table(desk, found))
    if pools and not pool:
        st.markdown("**By stock pool**")
        st.html(_of_pools(desk, known.filter(pl.col("stock_pool") != "")))
    st.caption(
        "`oms curve --weeks 13` replays another window. The service levels and the policy are under "
        "`[replenishment]` in oms.toml."
    )


def _chosen(pools: list[str]) -> str:
    """Empty for all of them together."""
    narrow, _rest = st.columns([1, 2.5])
    with narrow:
        return link_state.select(
            "Stock pool", "pool", ["", *pools], default="", labels=lambda pool: pool or "All together"
        )


def _chart(found: pl.DataFrame) -> alt.TopLevelMixin:
    named = found.filter(pl.col("fill_rate").is_not_null()).with_columns(
        of=pl.when(pl.col("is_chosen"))
        .then(pl.lit(STATED))
        .when(pl.col("kind") == "service_level")
        .then(pl.lit(LINE))
        .when(pl.col("kind") == "today")
        .then(pl.lit(AS_WAS))
        .otherwise(pl.col("rule"))
    )
    x = alt.X("stock_value:Q", axis=alt.Axis(title="Stock value", format="~s"), scale=alt.Scale(zero=True))
    y = alt.Y("fill_rate:Q", axis=alt.Axis(title="Filled at once", format=".0%"), scale=alt.Scale(zero=False))
    tip = [
        alt.Tooltip("rule:N", title="Rule"),
        alt.Tooltip("fill_rate:Q", title="Filled", format=".1%"),
        alt.Tooltip("stock_value:Q", title="Stock", format=",.0f"),
        alt.Tooltip("lost_margin:Q", title="Lost margin", format=",.0f"),
    ]
    line = named.filter(pl.col("of") == LINE)
    others = [name for name in named["of"].unique(maintain_order=True) if name != LINE]
    colors = {STATED: charts.CORAL, AS_WAS: charts.INK}
    base = alt.Chart(line).encode(x=x, y=y, tooltip=tip)
    drawn = base.mark_line(color=charts.BRAND, strokeWidth=2) + base.mark_circle(color=charts.BRAND, size=40)
    points = alt.Chart(named.filter(pl.col("of") != LINE)).mark_point(size=130, filled=True)
    return drawn + points.encode(
        x=x,
        y=y,
        tooltip=tip,
        color=alt.Color("of:N", scale=charts.scale(others, colors), sort=others),
        shape=alt.Shape("of:N", sort=others),
    )


def _one(found: pl.DataFrame, condition: pl.Expr) -> dict | None:
    rows = found.filter(condition)
    return rows.row(0, named=True) if rows.height else None


def _in_words(desk: Desk, found: pl.DataFrame) -> str:
    parts = [
        f"{row['rule']} fills {formats.percent(row['fill_rate'])} with {desk.money(row['stock_value'])}"
        for row in found.filter(pl.col("fill_rate").is_not_null()).iter_rows(named=True)
    ]
    return "; ".join(parts)


def _told(desk: Desk, found: pl.DataFrame) -> str:
    """The shop's policy, where it stands today, and the rule that would have cost least."""
    chosen = _one(found, pl.col("is_chosen"))
    today = _one(found, pl.col("kind") == "today")
    costed = found.filter(pl.col("lost_margin").is_not_null()).with_columns(
        cost=pl.col("holding_cost") + pl.col("lost_margin")
    )
    cards = []
    if chosen:
        cost = desk.money(chosen["holding_cost"] + chosen["lost_margin"])
        cards.append(
            markup.Card(
                f"Policy: {chosen['rule']}",
                formats.percent(chosen["fill_rate"]),
                (f"with {desk.money(chosen['stock_value'])} of stock", f"{cost} of holding and lost margin"),
            )
        )
    if today:
        cards.append(
            markup.Card(
                "As it was",
                formats.percent(today["fill_rate"]),
                (f"{desk.money(today['stock_value'])} on the shelf now",),
                "what was sold over what would have been asked for, by the estimate of lost sales",
            )
        )
    if costed.height:
        best = costed.sort("cost").row(0, named=True)
        cards.append(
            markup.Card(
                f"Cheapest: {best['rule']}",
                desk.money(best["cost"]),
                ("of holding and lost margin", f"filled {formats.percent(best['fill_rate'])}"),
            )
        )
    return markup.cards(cards, size="wide")


def _table(desk: Desk, found: pl.DataFrame) -> str:
    columns = [
        markup.Column("Order rule"),
        markup.Column("Filled at once", is_number=True),
        markup.Column("Stock value", is_number=True),
        markup.Column("Holding", is_number=True),
        markup.Column("Lost margin", is_number=True),
        markup.Column("Both", is_number=True),
        markup.Column("Orders", is_number=True),
    ]
    rows = []
    for row in found.iter_rows(named=True):
        both = None if row["lost_margin"] is None else row["holding_cost"] + row["lost_margin"]
        mark = f" {markup.badge('this shop', kind='info')}" if row["is_chosen"] else ""
        rows.append(
            [
                markup.text(row["rule"]) + mark,
                formats.percent(row["fill_rate"]),
                desk.money(row["stock_value"]),
                desk.money(row["holding_cost"]),
                desk.money(row["lost_margin"]),
                desk.money(both),
                formats.number(row["orders"]),
            ]
        )
    return markup.table(columns, rows)


def _of_pools(desk: Desk, found: pl.DataFrame) -> str:
    """The shop's policy in each stock pool, and how it stands there."""
    columns = [
        markup.Column("Stock pool"),
        markup.Column("Policy: filled at once", is_number=True),
        markup.Column("Stock value", is_number=True),
        markup.Column("Lost margin", is_number=True),
        markup.Column("As it was: filled", is_number=True),
        markup.Column("Stock value now", is_number=True),
    ]
    chosen = found.filter("is_chosen")
    was = found.filter(pl.col("kind") == "today").select(
        "stock_pool", was_filled="fill_rate", was_held="stock_value"
    )
    rows = [
        [
            markup.text(row["stock_pool"]),
            formats.percent(row["fill_rate"]),
            desk.money(row["stock_value"]),
            desk.money(row["lost_margin"]),
            formats.percent(row["was_filled"]),
            desk.money(row["was_held"]),
        ]
        for row in chosen.join(was, on="stock_pool", maintain_order="left").iter_rows(named=True)
    ]
    return markup.table(columns, rows)
