"""The alert page without a browser: worst money first, decisions with a name, the track record beside."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from oms_ops import decisions
from oms_ops.store import open_book
from tests.support import release_builder
from tests.support.small_shop import Rows
from warehouse import settings


def page(home: str) -> None:
    from dataclasses import dataclass

    from dashboards import link_state
    from dashboards.desk import Desk
    from dashboards.views import alerts
    from warehouse import releases, settings

    @dataclass(frozen=True)
    class LonePage(Desk):
        """The one page of its app: there is nowhere to link to."""

        def link(self, *_: object, **__: object) -> None:
            pass

    link_state.begin("restock")
    shop = settings.load(environ={"OMS_HOME": home})
    alerts.render(LonePage(shop, releases.current(shop)), None)


@pytest.fixture
def shop(tmp_path):
    found = settings.load(environ={"OMS_HOME": str(tmp_path)})
    release_builder.publish(found)
    release_builder.raise_alerts(found, rows=release_builder.small_shop())
    return found


def shown(shop) -> AppTest:
    app = AppTest.from_function(page, args=(str(shop.home),), default_timeout=60).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    said = [*app.caption, *app.markdown, *app.get("html"), *app.subheader]
    return " ".join(str(getattr(part, "value", "") or part.proto.body) for part in said)


def open_alerts(shop) -> list[dict]:
    with open_book(shop.order_book_url) as book:
        return sorted(decisions.episodes(book), key=lambda row: -row["margin_at_risk"])


def buttons(app: AppTest) -> list[str]:
    return [button.key.partition(".")[2] for button in app.button if button.key.startswith("acknowledge.")]


def test_the_most_money_at_risk_comes_first(shop):
    expected = [row["episode_id"] for row in open_alerts(shop)]
    found = buttons(shown(shop))
    assert found == expected[: len(found)]
    assert len(found) > 1


def test_a_decision_needs_a_name_and_is_kept_with_it(shop):
    app = shown(shop)
    first = buttons(app)[0]
    app.button(key=f"acknowledge.{first}").click().run()
    assert "Enter your name first" in app.warning[0].value
    app.text_input[0].input("Grace").run()
    app.button(key=f"acknowledge.{first}").click().run()
    with open_book(shop.order_book_url) as book:
        row = next(row for row in decisions.episodes(book) if row["episode_id"] == first)
    assert (row["state"], row["acknowledged_by"]) == ("acknowledged", "Grace")
    assert first not in buttons(app)


def test_the_track_record_stands_beside_and_says_what_it_is_of(shop):
    text = words(shown(shop))
    assert "26 Monday mornings from 6 Jun 2011 to 28 Nov 2011" in text
    assert "300 stock-outs" in text
    assert "Each rule raises 200 alerts" in text


def test_each_stock_pool_has_its_line_where_there_are_several(shop):
    assert "By stock pool" not in words(shown(shop))
    rows = release_builder.with_two_pools(release_builder.small_shop())
    release_builder.publish(shop, rows=rows, run_id="run-2")
    text = words(shown(shop))
    assert "300 stock-outs" in text
    assert re.search("By stock pool.*LEICESTER.*190.*41%.*LONDON.*110.*66%", text, re.DOTALL)


def test_without_a_score_it_says_how_to_get_one(tmp_path):
    found = settings.load(environ={"OMS_HOME": str(tmp_path)})
    rows = release_builder.small_shop()
    bare = Rows({name: made for name, made in rows.tables.items() if not name.startswith("alert_")})
    release_builder.publish(found, rows=bare)
    release_builder.raise_alerts(found, rows=rows)
    assert "Not scored yet" in words(shown(found))


def test_an_alert_without_a_purchase_does_not_say_to_buy_nothing(shop):
    with open_book(shop.order_book_url) as book:
        rows = decisions.episodes(book)
        now = max(row["updated_at"] for row in rows)
        bare = [row | {"suggested_quantity": 0, "order_by": None} for row in rows]
        decisions.sync_alerts(book, bare[:1] + rows[1:], now=now, run_id="again")
    found = words(shown(shop))
    assert "buy 0" not in found
    assert "buy " in found
