"""How far totals were off at past origins: one's in words, all in a table, the shop's as a card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import formats, grids, markup
from dashboards.desk import Desk
from warehouse import queries

LATER = "How far totals were off at past origins is known after the next run."
TOO_FEW = "How far totals were off is not known yet: it takes two past origins of the backtest."
WHOLES = {
    "shop": "Whole shop", "category": "Each category", "channel": "Each channel", "location": "Each location"
}  # fmt: skip
RATIOS = (
    "expected_wape", "expected_bias", "sum_wape", "sum_bias", "naive_wape", "better", "coverage_50",
    "coverage_90",
)  # fmt: skip


def in_words(desk: Desk, dimension: str, member: str) -> None:
    """What one member's total was off by, beside the plain sum and the year before."""
    found = desk.ask(queries.level_accuracy, dimension=dimension)
    if found is None:
        st.caption(LATER)
        return
    rows = found.filter(~pl.col("is_whole"), pl.col("member") == member)
    if rows.is_empty():
        st.caption(TOO_FEW)
        return
    st.markdown(_sentence(rows.row(0, named=True)))


def _sentence(row: dict) -> str:
    first, last = row["first_week"], row["last_week"] + timedelta(days=6)
    about = f"{row['weeks']} weeks forecast, between {formats.day(first)} and {formats.day(last)}"
    if row["expected_wape"] is None:
        return f"Nothing came at {_origins(row['origins'])} ({about}): no share of it can be told."
    floor = (
        f"last year's weeks by {_off(row, 'naive')}"
        if row["naive_wape"] is not None
        else "last year's weeks are not known"
    )
    return (
        f"**Over {_origins(row['origins'])}** ({about}), *expected* was off by "
        f"**{_off(row, 'expected')}**, the plain sum by {_off(row, 'sum')}, {floor}. "
        f"{formats.percent(row['coverage_50'], digits=0)} of the weeks lay within the 50% range, "
        f"{formats.percent(row['coverage_90'], digits=0)} within the 90% range.{_nearer(row)}"
    )


def _nearer(row: dict) -> str:
    """What was nearer than expected, if anything."""
    ours, others = row["expected_wape"], {"the plain sum": "sum_wape", "last year's weeks": "naive_wape"}
    found = [name for name, key in others.items() if row[key] is not None and round(ours - row[key], 3) > 0]
    return f" Here {' and '.join(found)} came nearer." if found else ""


def _off(row: dict, name: str) -> str:
    return f"{formats.percent(row[f'{name}_wape'])} (bias {formats.signed_percent(row[f'{name}_bias'])})"


def _origins(count: int) -> str:
    return "one past origin" if count == 1 else f"{count} past origins"


def table(desk: Desk, dimension: str, *, named: Callable[[str], str]) -> None:
    """Every member's record, or, of the shop, every dimension's."""
    found = desk.ask(queries.level_accuracy, dimension=None if dimension == "shop" else dimension)
    if found is None or found.is_empty():
        return
    is_shop = dimension == "shop"
    st.subheader("How far off at past origins")
    rows = found.filter(pl.col("is_whole") == is_shop)
    names = [
        WHOLES[row["dimension"]] if is_shop else named(row["member"]) for row in rows.iter_rows(named=True)
    ]
    better = pl.col("naive_wape") - pl.col("expected_wape")
    shown = rows.with_columns(pl.Series("name", names), better=better).select(
        "name", grids.hundredfold(*RATIOS), "origins", "weeks"
    )
    st.dataframe(
        shown,
        hide_index=True,
        height=grids.height(shown.height),
        key="forecast.totals_record",
        column_config=_columns("Total" if is_shop else dimension.capitalize()),
    )
    st.caption(_caveat(found, is_shop=is_shop))


def _columns(title: str) -> dict:
    too_high = "above 0: too high"
    return {
        "name": title,
        "expected_wape": grids.percent("Expected off by", "WAPE: sum of absolute errors / sum of demand"),
        "expected_bias": grids.percent("Bias", f"of what was expected; {too_high}"),
        "sum_wape": grids.percent("Sum off by", "WAPE of the plain sum of the products' forecasts"),
        "sum_bias": grids.percent("Sum's bias", too_high),
        "naive_wape": grids.percent("Last year off by", "WAPE of the same weeks a year before, as they were"),
        "better": grids.points("Gained on it", "WAPE of last year's weeks less that of expected"),
        "coverage_50": grids.percent("In 50% range", "share of weeks"),
        "coverage_90": grids.percent("In 90% range", "share of weeks"),
        "origins": grids.count("Origins"),
        "weeks": grids.count("Weeks"),
    }


def _caveat(found: pl.DataFrame, *, is_shop: bool) -> str:
    origins, whole = found["origins"].max(), found.filter("is_whole").row(0, named=True)
    together = (
        f" All together, each scored for itself: expected off by {_off(whole, 'expected')}, the plain sum by "
        f"{_off(whole, 'sum')}."
    )
    return (
        "Each origin is corrected by the others alone, later ones too, which flatters. The weeks of "
        f"{origins} origins overlap and miss alike: they are {origins} cases.{'' if is_shop else together}"
    )


def of_shop(desk: Desk) -> dict | None:
    """The record of the shop's total; None where it is not scored."""
    found = desk.ask(queries.level_accuracy, dimension="shop")
    if found is None or found.is_empty() or found["expected_wape"][0] is None:
        return None
    return found.row(0, named=True)


def card(row: dict) -> markup.Card:
    gap = None if row["naive_wape"] is None else row["expected_wape"] - row["naive_wape"]
    against = markup.delta(gap, versus="last year's weeks", good_when_up=False, in_points=True)
    return markup.Card(
        "WAPE of the shop's total", formats.percent(row["expected_wape"]),
        (against, f"as expected; plain sum: {formats.percent(row['sum_wape'])}"),
        f"what would have been expected of the whole shop, week by week, at {_origins(row['origins'])}, "
        "against all demand that came; see Totals",
    )  # fmt: skip
