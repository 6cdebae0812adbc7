"""Transfers before buying, on the proposals page without a browser: ticked, then drafted or declined."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from oms_ops.service import StockService
from oms_ops.store import open_book
from tests.support import release_builder
from tests.support.small_shop import AS_OF, items
from warehouse import settings

HEART, STAND, BAG = (item.sku for item in items()[:3])  # 12 and 5 from London, 8 from Glasgow
DAY = "TR-20111210-LONDON-LEICESTER"


def page(home: str, chosen: tuple[str, ...]) -> None:
    from dataclasses import dataclass
    from datetime import timedelta

    import streamlit as st

    from dashboards import link_state
    from dashboards.desk import Desk
    from dashboards.views import proposals, transfer_desk
    from warehouse import releases, settings

    @dataclass(frozen=True)
    class LonePage(Desk):
        """The one page of its app, at nine in the morning of the release's day."""

        now = property(lambda self: self.as_of + timedelta(hours=9))

        def link(self, *_: object, **__: object) -> None:
            pass

    draw = transfer_desk._table

    def ticked(desk, rows):
        """As if these rows had been ticked, which the test runner cannot."""
        draw(desk, rows)
        return rows.filter(rows["sku"].is_in(chosen))

    link_state.begin("restock")
    shop = settings.load(environ={"OMS_HOME": home})
    transfer_desk._table = ticked
    try:
        proposals.render(LonePage(shop, releases.current(shop)), None)
    finally:
        transfer_desk._table = draw
    st.caption("drawn")


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("home")
    release_builder.publish(settings.load(environ={"OMS_HOME": str(home)}))
    return home


@pytest.fixture
def shop(published, tmp_path) -> settings.Settings:
    """The release, and a book in which twelve of each stand ready."""
    copytree(published, tmp_path, dirs_exist_ok=True)
    found = settings.load(environ={"OMS_HOME": str(tmp_path)})
    with stock_of(found) as stock:
        for sku, place in ((HEART, "LONDON"), (STAND, "LONDON"), (BAG, "GLASGOW")):
            stock.receive(sku, place, quantity=12, at=AS_OF, key=f"{sku} came")
    return found


@contextmanager
def stock_of(shop) -> Iterator[StockService]:
    with open_book(shop.order_book_url) as book:
        yield StockService(book, shop)


def shown(shop, *chosen: str, author: str = "ana") -> AppTest:
    app = AppTest.from_function(page, args=(str(shop.home), chosen), default_timeout=60).run()
    app.text_input(key="author_input").set_value(author).run()
    assert not app.exception
    return app


def pressed(app: AppTest, name: str) -> AppTest:
    app.button(key=f"transfer.{name}").click().run()
    assert not app.exception
    return app


def offered(app: AppTest) -> list[str]:
    return [found.label for found in app.button if found.key == "transfer.accept"]


def told(app: AppTest) -> str:
    return " ".join(part.value for part in (*app.toast, *app.error, *app.warning)).replace("\\", "")


def rows(app: AppTest) -> dict[str, dict]:
    frame = next(found.value for found in app.dataframe if "under_way" in found.value.columns)
    return {row["sku"]: row for row in pl.from_pandas(frame).iter_rows(named=True)}


def drafts(shop) -> dict[str, dict[str, int]]:
    with stock_of(shop) as stock:
        return {
            row["transfer_id"]: {line["sku"]: line["quantity"] for line in row["lines"]}
            for row in stock.standing_transfers(states=("draft",))
        }


def test_nothing_is_offered_until_a_row_is_ticked(shop):
    app = shown(shop)
    assert offered(app) == []
    assert {row["decision"] for row in rows(app).values()} == {"Open"}


def test_they_are_shown_also_where_no_purchase_is(shop):
    app = shown(shop)
    app.selectbox(key="restock.decision").set_value("declined").run()
    assert "Nothing here yet." in [part.value for part in app.success]
    assert set(rows(app)) == {HEART, STAND, BAG}


def test_ticked_rows_become_one_draft_a_pair_and_are_shown_as_decided_and_not_offered_again(shop):
    app = shown(shop, HEART, STAND, BAG)
    assert offered(app) == ["Move 25 units on 2 transfers"]
    assert f"Drafted 25 units on TR-20111210-GLASGOW-LEICESTER, {DAY}." in told(pressed(app, "accept"))
    assert drafts(shop) == {"TR-20111210-GLASGOW-LEICESTER": {BAG: 8}, DAY: {HEART: 12, STAND: 5}}
    row = rows(app)[HEART]
    assert (row["decision"], row["decided"]) == ("Accepted", f"12 units on {DAY} (ana)")
    assert row["under_way"] == f"12 on {DAY} (draft)"
    assert offered(app) == []


def test_pressed_in_two_tabs_it_moves_once(shop):
    first, second = shown(shop, HEART, author="ana"), shown(shop, HEART, STAND, author="ben")
    pressed(first, "accept")
    assert f"Drafted 5 units on {DAY}. 1 had been decided before." in told(pressed(second, "accept"))
    assert drafts(shop) == {DAY: {HEART: 12, STAND: 5}}


def test_without_a_name_or_the_units_nothing_moves_and_the_page_says_why(shop):
    app = pressed(shown(shop, HEART, BAG, author=""), "accept")
    assert "Not moved: " in told(app)
    assert "Enter your name above first." in told(app)
    with stock_of(shop) as stock:
        stock.adjust(HEART, "LONDON", quantity=-2, reason="broken", at=AS_OF, key="broken")
    app = pressed(shown(shop, HEART, BAG), "accept")
    assert f"Not moved: out of stock: {HEART} (at LONDON): 12 wanted, 10 available." in told(app)
    assert offered(app) == ["Move 20 units on 2 transfers"]
    assert drafts(shop) == {}


def test_declining_needs_a_reason_and_then_shows_it(shop):
    app = pressed(shown(shop, BAG), "decline")
    assert "Not declined: declining transfers needs a reason." in told(app)
    app.text_input(key="transfer.reason").set_value("the van is full").run()
    pressed(app, "decline")
    row = rows(app)[BAG]
    assert (row["decision"], row["decided"], row["under_way"]) == ("Declined", "the van is full (ana)", None)
    assert offered(app) == []


def test_a_transfer_on_its_way_is_shown_beside_the_proposal(shop):
    with stock_of(shop) as stock:
        ways = {"origin_id": "LONDON", "destination_id": "LEICESTER", "units": {HEART: 9, STAND: 1}}
        stock.draft_transfer("T1", **ways, at=AS_OF, key="1")
        stock.ready_transfer("T1", at=AS_OF, key="2")
        stock.ship_transfer("T1", units={HEART: 3}, at=AS_OF, key="3")
    found = rows(shown(shop))
    assert [found[sku]["under_way"] for sku in (HEART, STAND, BAG)] == ["3 on T1 (in transit)", None, None]
