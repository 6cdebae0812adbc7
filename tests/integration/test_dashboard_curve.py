"""Service against stock without a browser: one curve for the shop, one for each of several stock pools."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.support import release_builder
from tests.support.small_shop import Rows
from warehouse import settings


def page(home: str) -> None:
    from dashboards import link_state
    from dashboards.desk import Desk
    from dashboards.views import service_curve
    from warehouse import releases, settings

    link_state.begin("restock")
    shop = settings.load(environ={"OMS_HOME": home})
    service_curve.render(Desk(shop, releases.current(shop)))


def shown(home, rows: Rows) -> AppTest:
    found = settings.load(environ={"OMS_HOME": str(home)})
    release_builder.publish(found, rows=rows)
    app = AppTest.from_function(page, args=(str(home),), default_timeout=60).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    said = [*app.caption, *app.markdown, *app.get("html")]
    return " ".join(str(getattr(part, "value", "") or part.proto.body) for part in said)


@pytest.fixture
def two_pools() -> Rows:
    return release_builder.with_two_pools(release_builder.small_shop())


def test_a_shop_of_one_pool_is_asked_for_none(tmp_path):
    app = shown(tmp_path, release_builder.small_shop())
    assert not app.selectbox
    assert "95.3%" in words(app)
    assert "By stock pool" not in words(app)


def test_all_pools_together_come_first_with_a_line_for_each(tmp_path, two_pools):
    app = shown(tmp_path, two_pools)
    assert app.selectbox[0].options == ["All together", "LEICESTER", "LONDON"]
    assert "95.3%" in words(app)
    assert re.search(r"By stock pool.*LEICESTER.*97\.0%.*LONDON.*88\.0%", words(app), re.DOTALL)


def test_one_pool_is_shown_alone(tmp_path, two_pools):
    app = shown(tmp_path, two_pools)
    app.selectbox[0].set_value("LONDON").run()
    assert not app.exception
    text = words(app)
    assert "88.0%" in text
    assert "95.3%" not in text
    assert "97.0%" not in text
    assert "By stock pool" not in text
