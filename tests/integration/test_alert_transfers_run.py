"""A transfer between stock pools is cover in an alert once it is under way, and only for where it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from oms_ops.service import StockService
from oms_ops.store import open_book
from pipelines import alert_scoring
from tests.support.daily_shop import NOW, SKUS, Shop
from warehouse import settings
from warehouse.connection import reader


def test_goods_on_their_way_from_another_pool_resolve_the_alert(tmp_path):
    places = settings.load(environ={"OMS_HOME": str(tmp_path)}).locations
    apart = tuple(
        replace(place, stock_pool="far") if place.location_id == "LONDON" else place for place in places
    )
    shop = Shop(tmp_path, left={"LONDON": 400}, locations=apart)
    shop.run(day=0)
    assert shop.open_alerts() == set(SKUS)

    at = NOW + timedelta(hours=1)
    with open_book(shop.settings.order_book_url) as book:
        stock = StockService(book, shop.settings)
        stock.draft_transfer(
            "T-1", origin_id="LONDON", destination_id="LEICESTER", units={"STAYS": 300}, at=at, key="draft",
            expected_at=at + timedelta(days=2),
        )  # fmt: skip
        stock.ready_transfer("T-1", at=at, key="ready")
        stock.ship_transfer("T-1", at=at, key="ship")
    shop.run(day=1)
    assert shop.open_alerts() == {"GOES", "GOING"}
    with reader(shop.settings) as con:
        moving = con.execute(alert_scoring.MOVING, {"as_of": NOW + timedelta(days=1)}).fetchall()
    assert moving == [("STAYS", "LEICESTER", at, 300.0)]
