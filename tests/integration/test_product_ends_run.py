"""A product ends between two runs of the main job: forecast, proposals, alerts and excess follow at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oms_ops.commands.proposals import Proposal
from oms_ops.service import StockService
from oms_ops.store import open_book
from tests.support.daily_shop import DAYS, FIRST, NOW, SKUS, Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("ends"))


def test_what_ends_is_expected_bought_and_alerted_no_more_from_the_next_run_on(shop):
    shop.run(day=0)
    usual = shop.expected()
    assert min(usual.values()) > 100
    assert set(shop.bought()) == shop.open_alerts() == set(SKUS)

    noted = shop.run(day=1, GOES="2011-12-05", GOING="2011-12-29")
    assert noted["forecast"] == "made anew"  # though the forecast of the day before is young
    said, bought = shop.expected(), shop.bought()
    assert said["GOES"] == 0
    assert 0 < said["GOING"] < usual["GOING"] / 3
    assert said["STAYS"] == pytest.approx(usual["STAYS"], rel=0.3)
    assert "GOES" not in bought
    assert 0 < bought["GOING"] < bought["STAYS"]
    assert shop.open_alerts() == {"STAYS", "GOING"}
    assert shop.found("SELECT state, explanation FROM alert WHERE sku = 'GOES'") == [
        ("resolved", "Discontinued on 2011-12-05: it is not bought any more and may run out.")
    ]
    kinds = dict(shop.found("SELECT sku, kind FROM excess_stock"))
    assert kinds == {"GOES": "discontinued"}
    causes = "SELECT sku, end_change < -50, abs(new_sales) < 30 FROM forecast_change ORDER BY sku"
    assert shop.found(causes) == [("GOES", True, True), ("GOING", True, True), ("STAYS", False, True)]

    noted = shop.run(day=2)
    assert noted["forecast"] == "kept from 2011-12-06"

    noted = shop.run(day=3, GOING="2011-12-29")
    assert noted["forecast"] == "made anew"
    assert shop.expected()["GOES"] > 100
    assert "GOES" in shop.bought()
    assert shop.open_alerts() == set(SKUS)


def test_what_is_proposed_anew_on_the_day_of_a_decision_is_another_proposal(shop):
    shop.run(day=4)
    asked = "SELECT proposal_id, quantity::INTEGER FROM proposal WHERE location_id = 'LEICESTER' "
    asked += "AND sku <> 'GOING' ORDER BY sku"
    proposed = dict(shop.found(asked))
    goes, stays = (
        Proposal(name, name.partition("@")[0], "SUP01", "LEICESTER", units, 6, 14.0, "a few to try")
        for name, units in proposed.items()
    )
    with open_book(shop.settings.order_book_url) as book:
        stock = StockService(book, shop.settings)
        at = NOW + timedelta(days=4)
        stock.accept_proposals([goes], by="ana", at=at, key="accept")
        stock.decline_proposal(stays, reason="not now", by="ana", at=at, key="decline")
    shop.run(day=4.25)
    again = dict(shop.found(asked))
    assert list(again) == [f"{goes.proposal_id}#2", stays.proposal_id]
    assert again[f"{goes.proposal_id}#2"] == goes.proposed_units - 6
    with open_book(shop.settings.order_book_url) as book:
        stock = StockService(book, shop.settings)
        (answer,) = stock.accept_proposals(
            [replace(goes, proposal_id=f"{goes.proposal_id}#2")], by="ana", at=at, key="again"
        )
    assert answer["ordered"] == [f"{goes.proposal_id}#2"]


def test_what_is_sold_after_the_end_stays_in_the_sales_and_leaves_demand(tmp_path):
    shop = Shop(tmp_path)
    end = FIRST + timedelta(days=70)
    shop.run(day=1, GOES=f"{end}")
    units = "SELECT sum(units) FROM {} WHERE sku = 'GOES'"
    assert shop.found(units.format("sales_fact")) == [(2 * DAYS,)]
    assert shop.found(units.format("demand_daily")) == [(2 * DAYS,)]
    assert shop.found(units.format("demand_history")) == [(2 * 70,)]
    assert shop.found(units.format("demand_history").replace("GOES", "STAYS")) == [(2 * DAYS,)]
    weeks = "SELECT sum(units) FROM level_history WHERE dimension = '{}' AND member = '{}'"
    both = [(2 * (70 + 2 * DAYS),)]
    assert shop.found(weeks.format("shop", "all")) == both
    assert shop.found(weeks.format("channel", "shopify")) == both
    scored = f"SELECT count(*) FROM backtest_forecast WHERE sku = 'GOES' AND week_start + 7 > DATE '{end}'"
    assert shop.found(scored) == [(0,)]
