"""A product ends between two runs of the main job: forecast, proposals, alerts and excess follow at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines import runner
from pipelines.job import STAGES
from pipelines.run import Run
from tests.support.home import settings_for
from tests.support.intake import PRODUCT_HEADER, Intake, shopify_order
from warehouse import releases
from warehouse.settings import Forecast

SKUS = ("STAYS", "GOES", "GOING")
FIRST = date(2011, 8, 1)
DAYS = 126
NOW = datetime(2011, 12, 5, tzinfo=UTC)
HEADER = PRODUCT_HEADER.replace("listed_at,", "listed_at,discontinued_at,")


def products(sent_at: str, **ends: str) -> str:
    rows = (
        f"{sku},Thing {sku},product,SUP01,1.5,6,12,2011-07-01T00:00:00Z,{ends.get(sku, '')},{sent_at}"
        for sku in SKUS
    )
    return "\n".join([HEADER, *rows]) + "\n"


def orders() -> list[dict]:
    """Two of each every day."""
    found = []
    for number in range(DAYS):
        at = f"{FIRST + timedelta(days=number)}T10:00:00+00:00"
        items = [
            {"id": 10 * number + place, "sku": sku, "title": sku, "quantity": 2, "price": "9.00"}
            for place, sku in enumerate(SKUS, start=1)
        ]
        order = shopify_order(number + 1, sent_at=at, created_at=at, line_items=items)
        found.append(order | {"shipping_lines": []})
    return found


class Shop:
    """A home that is run day by day; `found` asks its current release."""

    def __init__(self, home) -> None:
        forecast = Forecast(backtest_origins=1, refresh_days=60)
        self.settings = settings_for(home, forecast=forecast)
        self.inbox = Intake(self.settings)
        self.inbox.put("erp/products/2011-07-31.csv", products("2011-07-31T00:00:00Z"))
        suppliers = (
            "supplier_no,supplier_name,lead_time_days,exported_at\nSUP01,One,14,2011-07-31T00:00:00Z\n"
        )
        self.inbox.put("erp/suppliers/2011-07-31.csv", suppliers)
        counts = (f"C{sku},{sku},LEICESTER,{2 * DAYS + 8},2011-07-31T08:00:00Z" for sku in SKUS)
        header = "count_no,item_code,location,quantity,counted_at"
        self.inbox.put("wms/stock_counts/2011-07-31.csv", "\n".join([header, *counts]) + "\n")
        self.inbox.put("shopify/orders/2011-08-01.jsonl", orders())

    def run(self, *, day: int, **ends: str) -> dict[str, str]:
        """A run so many days after the first, with the catalogue as exported then; what each stage noted."""
        as_of = NOW + timedelta(days=day)
        if ends:
            sent = f"{as_of - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
            text = products(sent, **ends)
            self.inbox.put(f"erp/products/{as_of:%Y-%m-%d}.csv", text)
        run = Run(self.settings, as_of=as_of, run_id=f"day-{day}", code_version="c1", say=lambda _: None)
        for stage in STAGES:
            runner.run_stage(run, stage)
            assert run.failure is None, run.failure
        assert [check for check in run.checks if check.is_blocking and not check.passed] == []
        return {report.stage: report.outcome.note for report in run.reports}

    def found(self, query: str) -> list[tuple]:
        with releases.current(self.settings).connect() as con:
            return con.execute(query).fetchall()

    def expected(self) -> dict[str, float]:
        return dict(self.found("SELECT sku, sum(mean) FROM forecast_weekly GROUP BY sku"))

    def bought(self) -> dict[str, float]:
        return {sku: float(units) for sku, units in self.found("SELECT sku, quantity FROM proposal")}

    def open_alerts(self) -> set[str]:
        return {sku for (sku,) in self.found("SELECT sku FROM alert WHERE state <> 'resolved'")}


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
