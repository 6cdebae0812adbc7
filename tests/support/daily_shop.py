"""A small shop whose main job is run day by day: two units of three products sell every day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

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

    def __init__(self, home, *, left: dict[str, int] | None = None, **settings: object) -> None:
        """`left`: units of each product that are there after the last sale, by location."""
        forecast = Forecast(backtest_origins=1, refresh_days=60)
        self.settings = settings_for(home, forecast=forecast, **settings)
        self.inbox = Intake(self.settings)
        self.inbox.put("erp/products/2011-07-31.csv", products("2011-07-31T00:00:00Z"))
        suppliers = (
            "supplier_no,supplier_name,lead_time_days,exported_at\nSUP01,One,14,2011-07-31T00:00:00Z\n"
        )
        self.inbox.put("erp/suppliers/2011-07-31.csv", suppliers)
        there = {"LEICESTER": 8} | (left or {})
        there["LEICESTER"] += 2 * DAYS
        counts = (
            f"C{sku}{place},{sku},{place},{units},2011-07-31T08:00:00Z"
            for place, units in there.items()
            for sku in SKUS
        )
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
