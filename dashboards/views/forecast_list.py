"""The list of forecasts to look at: filters in the URL, the worst first, and who comes before and after a
sku.
"""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import filters, formats, grids, link_state
from dashboards.desk import Desk
from oms_ops import decisions
from warehouse import queries

SORTS = {
    "error": "Costliest errors first",
    "value": "Biggest value first",
    "change": "Biggest change first",
    "lost": "Most lost sales first",
    "wape": "Worst WAPE first",
    "bias": "Most biased first",
}
CLASSES = ("all", "smooth", "intermittent", "erratic", "lumpy", "new", "dormant")
ABC = ("all", "A", "B", "C")
PARAMS = {"class": "demand_class", "abc": "abc_class", "category": "category", "supplier": "supplier_id",
          "channel": "channel", "planner": "author", "q": "text"}  # fmt: skip
LIMIT = 500


def asked(desk: Desk) -> pl.DataFrame:
    """The list as the URL asks for it."""
    given = {name: link_state.param(param) for param, name in PARAMS.items()}
    sort = link_state.param("sort")
    also = _overruled_by(desk, given["author"]) if given["author"] else ()
    order = sort if sort in SORTS else "error"
    return desk.ask(queries.forecast_review, sort=order, also=also, limit=LIMIT, **given)


def _overruled_by(desk: Desk, author: str) -> tuple[str, ...]:
    """Skus that planner overruled since the release, so that the filter shows today's work."""
    with desk.book() as book:
        standing = decisions.active_overrides(book, as_of=desk.now)
    return tuple(sorted({row["sku"] for row in standing if row["author"] == author and row["sku"]}))


def planners(desk: Desk) -> list[str]:
    with desk.book() as book:
        standing = decisions.active_overrides(book, as_of=desk.now)
    return sorted({*desk.ask(queries.override_authors), *(row["author"] for row in standing)})


def chosen(desk: Desk) -> pl.DataFrame:
    """Draw the filters; the list they ask for."""
    suppliers = desk.ask(queries.suppliers)
    names = dict(zip(suppliers["supplier_id"], suppliers["supplier_name"], strict=True))
    with st.container(key="filters_forecast"):
        first = st.columns([1.5, 1.1, 0.7, 1.5], vertical_alignment="bottom")
        second = st.columns([1.3, 1.4, 1.1, 1.5], vertical_alignment="bottom")
    with first[0]:
        link_state.select("Order", "sort", list(SORTS), default="error", labels=SORTS.__getitem__)
    with first[1]:
        link_state.select("Demand class", "class", CLASSES, default="all", labels=formats.words)
    with first[2]:
        link_state.select("ABC", "abc", ABC, default="all", labels=_or_all)
    with first[3]:
        link_state.text("Sku or title", "q")
    with second[0]:
        categories = ["all", *desk.ask(queries.categories)]
        link_state.select("Category", "category", categories, default="all", labels=_or_all)
    with second[1]:
        known = ["all", *names]
        link_state.select("Supplier", "supplier", known, default="all", labels=lambda n: names.get(n, "All"))
    with second[2]:
        filters.channel(desk)
    with second[3]:
        authors = ["all", *planners(desk)]
        help = "products whose forecast this planner has overruled"
        link_state.select("Planner", "planner", authors, default="all", labels=_or_all, help=help)
    return asked(desk)


def _or_all(name: str) -> str:
    return "All" if name == "all" else name


def draw(desk: Desk, found: pl.DataFrame) -> None:
    if found.is_empty():
        st.info("No forecast matches these filters.")
        return
    row = grids.clicked(found, _shown(found), key="forecasts", most=12, columns=_columns(desk))
    error, value = found["error_value"].sum(), found["forecast_value"].sum()
    more = f" The first {LIMIT} are shown; filter for others." if found.height == LIMIT else ""
    st.caption(
        f"{formats.number(found.height)} products; {desk.money(error)} of past error and "
        f"{desk.money(value)} of "
        f"forecast among them. Click a row to review or override its forecast.{more}"
    )
    if row:
        link_state.put("sku", row["sku"])
        st.rerun()


def _shown(found: pl.DataFrame) -> pl.DataFrame:
    return found.select(
        "sku", "title", "error_value", "wape", "naive_wape", "bias", "forecast_units", "forecast_value",
        "change_value", "lost_value", "demand_class", "abc_class", "category", "model_name", "supplier_name",
        "overridden_weeks",
    ).with_columns(
        grids.hundredfold("wape", "naive_wape", "bias"),
        pl.col("demand_class", "model_name").map_elements(formats.words, return_dtype=pl.String),
    )  # fmt: skip


def _columns(desk: Desk) -> dict:
    return {
        "sku": grids.sku(),
        "title": grids.title(),
        "error_value": grids.money(
            "Error in money", desk.currency, help="absolute backtest error in units × mean price"
        ),
        "wape": grids.percent("WAPE"),
        "naive_wape": grids.percent("Naive WAPE", "of the seasonal naive"),
        "bias": grids.percent("Bias", "above 0: forecast too high"),
        "forecast_units": grids.count("Forecast", "units expected over the forecast's weeks"),
        "forecast_value": grids.money("Value", desk.currency, help="of these units, at the mean price"),
        "change_value": grids.money(
            "Change", desk.currency, help="since the last forecast, at the mean price"
        ),
        "lost_value": grids.money(
            "Lost sales", desk.currency, help="expected demand stock-outs hid in the last 13 weeks"
        ),
        "demand_class": "Demand class",
        "abc_class": grids.abc(),
        "category": "Category",
        "model_name": "Model",
        "supplier_name": "Supplier",
        "overridden_weeks": grids.count("Overridden", "weeks whose forecast a planner has set"),
    }


def steps(desk: Desk, sku: str) -> None:
    """Back to the list, and on to its neighbors in the list as filtered and ordered."""
    skus = asked(desk)["sku"].to_list()
    place = skus.index(sku) if sku in skus else None
    with st.container(horizontal=True, vertical_alignment="center"):
        _go("All forecasts", None, icon=":material/arrow_back:")
        if place is not None:
            before = skus[place - 1] if place else None
            after = skus[place + 1] if place + 1 < len(skus) else None
            _go("Previous", before, icon=":material/chevron_left:", disabled=before is None)
            _go("Next", after, icon=":material/chevron_right:", disabled=after is None)
            st.caption(f"{place + 1} of {len(skus)} in the list as filtered")


def _go(label: str, sku: str | None, *, icon: str, disabled: bool = False) -> None:
    st.button(
        label, icon=icon, type="tertiary", on_click=link_state.put, args=("sku", sku), disabled=disabled
    )
