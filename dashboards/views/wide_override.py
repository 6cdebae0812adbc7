"""The override of a category's or the whole shop's sum: drafted, previewed week by week, kept, revoked."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl
import streamlit as st

from dashboards import charts, formats, overrides
from dashboards.desk import Desk
from dashboards.saying import ask_author
from dashboards.views import override_form
from warehouse import queries

SHOP = "The whole shop"
NAME = "wide"


def render(desk: Desk) -> None:
    categories = desk.ask(queries.categories)
    left, right = st.columns([1, 1.8], gap="large")
    with left:
        chosen = st.selectbox("Of", [SHOP, *categories], key="override.target.wide")
        sums = desk.ask(queries.forecast_sums, category=None if chosen == SHOP else chosen)
        if sums.is_empty():
            st.info("Nothing of it is forecast.")
            return
        weekly = sums.group_by("week_start").agg(pl.col("mean").sum()).sort("week_start")
        target = {"scope": "shop"} if chosen == SHOP else {"scope": "category", "category": chosen}
        draft = override_form.fields(f"{NAME}.{chosen}", weekly, neutral=float(weekly["mean"].mean()))
        ask_author()
        st.button(
            "Save override", type="primary", icon=":material/save:", on_click=override_form.save,
            args=(desk, f"{NAME}.{chosen}", target, float(weekly["mean"].mean())),
        )  # fmt: skip
    with right:
        _preview(desk, sums, weekly, draft and draft | target)


def _preview(
    desk: Desk, sums: pl.DataFrame, weekly: pl.DataFrame, draft: Mapping[str, object] | None
) -> None:
    """The sum with and without the draft, by the run's own rule, and who moves most."""
    st.markdown("**Its forecast by week**")
    if draft is None:
        charts.show(_lines(weekly, None), height=240, alt_text="The sum of the forecast by week")
        st.caption("Change the value to see the effect here before anything is saved.")
        return
    categories = {sku: category for sku, category in sums.select("sku", "category").iter_rows() if category}
    after = overrides.with_overrides(sums, [draft], categories=categories, onto="mean")
    moved = after.group_by("week_start").agg(pl.col("mean").sum()).sort("week_start")
    charts.show(
        _lines(weekly, moved), height=240, alt_text="The sum of the forecast by week, with the override"
    )
    before, now = sums["mean"].sum(), after["mean"].sum()
    value = (pl.col("mean") * pl.col("mean_price").fill_null(0.0)).sum()
    money = after.select(value).item() - sums.select(value).item()
    st.caption(
        f"Preview: {formats.number(before)} → **{formats.number(now)}** units over {weekly.height} weeks "
        f"({formats.signed_percent(formats.change(now, before))}, {desk.money(money)}), spread over "
        f"{formats.number(sums['sku'].n_unique())} products by their shares. Nothing is saved yet."
    )


def _lines(weekly: pl.DataFrame, moved: pl.DataFrame | None) -> alt.TopLevelMixin:
    rows = [weekly.with_columns(series=pl.lit("Forecast"))]
    if moved is not None:
        rows.append(moved.with_columns(series=pl.lit("With override")))
    known = {"Forecast": charts.BRAND, "With override": charts.CORAL}
    names = list(known)[: len(rows)]
    return charts.lines(
        pl.concat(rows),
        x="week_start",
        y="mean",
        series="series",
        title="Units per week",
        format=",.0f",
        colors=charts.scale(names, known),
    )


def revoking(desk: Desk, standing: list[dict]) -> None:
    """A button for each override of a category or the shop; a product's is revoked on its own page."""
    for row in standing:
        name = row["override_id"]
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(f"{formats.plain(overrides.target(row))}: {formats.plain(overrides.described(row))}")
        right.button("Revoke", key=f"revoke.{name}", on_click=override_form.revoke, args=(desk, name))
