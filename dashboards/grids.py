"""Streamlit's data grids, set up alike: as high as their rows, number formats, a click that leads on."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import formats

ROW = 32.8  # 2.1875 rem at the theme's font size


def height(rows: int, *, most: int = 15) -> int:
    """Pixels for a header and the rows, without an empty one below; more than `most` rows scroll."""
    return round(ROW * (min(max(rows, 1), most) + (1 if rows <= most else 1.5)) + 2)


def count(label: str, help: str | None = None):
    return st.column_config.NumberColumn(label, format="%,.0f", help=help)


def money(label: str, currency: str, *, help: str | None = None, cents: bool = False):
    return st.column_config.NumberColumn(
        label, format=f"{formats.symbol(currency)}%,.{2 if cents else 0}f", help=help
    )


def percent(label: str, help: str | None = None):
    """For a column already multiplied by 100 (`hundredfold`): the grid's own percent varies in decimals."""
    return st.column_config.NumberColumn(label, format="%.1f%%", help=help)


def points(label: str, help: str | None = None):
    """A change of a ratio, multiplied by 100 likewise, in percentage points."""
    return st.column_config.NumberColumn(label, format="%.1f pt", help=help)


def hundredfold(*names: str) -> pl.Expr:
    return pl.col(*names) * 100


def sku():
    return st.column_config.TextColumn("Sku", width=80)


def title():
    return st.column_config.TextColumn("Product", width=265)


def abc():
    return st.column_config.TextColumn("ABC", width=55)


def decided() -> dict:
    """Columns of why something was proposed and what was decided on it."""
    return {
        "decision": "Decision",
        "decided": st.column_config.TextColumn("Decided as", width="medium"),
        "explanation": st.column_config.TextColumn("Why", width="large"),
    }


def clicked(
    frame: pl.DataFrame, shown: pl.DataFrame, *, key: str, most: int = 15, columns: dict
) -> dict | None:
    """Draw `shown`; the row of `frame` at the same place once a cell of it is clicked."""
    cells = _drawn(shown, key=key, most=most, columns=columns, mode="single-cell").cells
    return frame.row(cells[0][0], named=True) if cells else None


def ticked(
    frame: pl.DataFrame, shown: pl.DataFrame, *, key: str, most: int = 15, columns: dict
) -> pl.DataFrame:
    """Draw `shown`; the rows of `frame` at the same places as those ticked."""
    rows = _drawn(shown, key=key, most=most, columns=columns, mode="multi-row").rows
    return frame[[place for place in rows if place < frame.height]]


def _drawn(shown: pl.DataFrame, *, key: str, most: int, columns: dict, mode: str):
    return st.dataframe(
        shown,
        hide_index=True,
        height=height(shown.height, most=most),
        on_select="rerun",
        selection_mode=mode,
        key=key,
        placeholder="",
        column_config=columns,
    ).selection
