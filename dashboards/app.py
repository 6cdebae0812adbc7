"""The dashboards' front door: finds the current release, lays out the pages, says which release they show.

Run from the checkout: `streamlit run dashboards/app.py`. What a page shows is in `views/`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import streamlit as st

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
if str(ROOT) not in sys.path:  # Streamlit puts this folder on the path, not the checkout
    sys.path.insert(0, str(ROOT))

from dashboards import frame, link_state  # noqa: E402
from dashboards.desk import Desk  # noqa: E402
from dashboards.views import forecast_review, health, inventory, orders, overview, restock  # noqa: E402
from oms_ops.errors import OmsError  # noqa: E402

PAGES = (
    ("overview", "Overview", ":material/monitoring:", overview.render),
    ("orders", "Orders", ":material/receipt_long:", orders.render),
    ("inventory", "Inventory", ":material/inventory_2:", inventory.render),
    ("forecast", "Forecast review", ":material/query_stats:", forecast_review.render),
    ("restock", "Restock alerts", ":material/notifications_active:", restock.render),
    ("health", "Data health", ":material/health_and_safety:", health.render),
)


def main() -> None:
    st.set_page_config(page_title="OMS analytics", page_icon=str(HERE / "icon.png"), layout="wide")
    st.logo(str(HERE / "logo.svg"), size="large")
    st.html(HERE / "style.css")
    pages: dict[str, object] = {}
    for name, title, icon, render in PAGES:
        pages[name] = st.Page(
            _page(name, render, pages), title=title, icon=icon, url_path=name, default=name == "overview"
        )
    chosen = st.navigation(list(pages.values()))
    chosen.run()


def _page(name: str, render: Callable[[Desk], None], pages: dict[str, object]) -> Callable[[], None]:
    def run() -> None:
        link_state.begin(name)
        desk = frame.desk(pages)
        if desk is None:
            return
        try:
            render(desk)
        except (duckdb.IOException, duckdb.CatalogException) as error:
            frame.broken(str(error), name=desk.release.name)
        except OmsError as error:
            frame.no_book(str(error))
        frame.foot(desk)

    return run


main()
