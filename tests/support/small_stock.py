"""Demand and stock of the small made-up shop, as rows of the mart tables, and all that is planned from them.

Forecasts are in small_forecast.py, what to buy and alert in small_purchases.py, checks in small_health.py.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from tests.support import small_forecast, small_health, small_purchases
from tests.support.small_shop import (
    AS_OF,
    CHANNELS,
    FIRST_WEEK,
    LAST_DAY,
    LOCATIONS,
    SUPPLIERS,
    Item,
    Rows,
    items,
)


def stock_and_plans(rows: Rows, *, seed: int = 5) -> None:
    rng = random.Random(seed)
    demand = _demand(rows)
    _parts(rows)
    catalog = items()
    for number, item in enumerate(catalog):
        weekly = demand.get(item.sku, {})
        rate = sum(weekly.get(FIRST_WEEK - timedelta(weeks=back), 0) for back in range(1, 14)) / 13
        cover_weeks = (0, 0.4, 1, 2, 5, 9, 16)[number % 7]
        _product(rows, item, number=number)
        available = _stock(rows, rng, item, units=round(rate * cover_weeks), rate=rate)
        _exposure(rows, rng, item, out=number % 7 < 2)
        demand_class = small_forecast.CLASSES[number % 4]
        small_forecast.forecast(rows, rng, item, weekly=weekly, rate=rate, demand_class=demand_class)
        means = [row["mean"] for row in rows.tables["forecast_weekly"] if row["sku"] == item.sku]
        small_forecast.explained(rows, item, mean=sum(means), weekly=weekly, out=number % 7 < 2)
        if available < rate * 2.5:
            small_purchases.restock(rows, rng, item, number=number, available=available, rate=rate)
    small_forecast.levels(rows, demand)
    small_forecast.accuracy_tables(rows)
    small_purchases.moves(rows, catalog)
    small_forecast.planners(rows)
    small_purchases.track_record(rows)
    small_purchases.curve(rows)
    small_health.health(rows)


def _demand(rows: Rows) -> dict[str, dict[date, float]]:
    days, weeks = defaultdict(lambda: [0.0, set(), 0.0]), defaultdict(lambda: defaultdict(float))
    for fact in rows.tables["sales_fact"]:
        if fact["fact_kind"] == "order" and fact["units"]:
            cell = days[fact["sku"], fact["business_date"]]
            cell[0] += fact["units"]
            cell[1].add(fact["order_id"])
            cell[2] += fact["gross_sales"]
            day = fact["business_date"]
            weeks[fact["sku"]][day - timedelta(days=day.weekday())] += fact["units"]
    for (sku, day), (units, orders, gross) in sorted(days.items()):
        rows.add(
            "demand_daily",
            sku=sku,
            business_date=day,
            units=units,
            orders=len(orders),
            gross_sales=round(gross, 4),
            exposure=1.0,
        )
    return weeks


def _parts(rows: Rows) -> None:
    """Demand by channel as the facts have it; every location ships its part of a day's, a day later."""
    days = defaultdict(lambda: [0.0, set(), 0.0, 0.0])
    for fact in rows.tables["sales_fact"]:
        if fact["units"] or fact["returned_units"]:
            cell = days[fact["sku"], fact["channel_id"], fact["business_date"]]
            cell[0] += fact["units"]
            cell[1] |= {fact["order_id"]} if fact["units"] else set()
            cell[2] += fact["gross_sales"]
            cell[3] += fact["returned_units"]
    shipped = defaultdict(float)
    for (sku, channel, day), (units, orders, gross, back) in sorted(days.items()):
        rows.add(
            "demand_part", sku=sku, dimension="channel", member=channel, business_date=day, units=units,
            orders=len(orders), gross_sales=round(gross, 4), returned_units=back,
        )  # fmt: skip
        shipped[sku, day + timedelta(days=1)] += units
    for (sku, day), units in sorted(shipped.items()):
        for location, share in LOCATIONS.items():
            if units and day <= LAST_DAY:
                rows.add(
                    "demand_part", sku=sku, dimension="location", member=location, business_date=day,
                    units=round(units * share, 3), orders=None, gross_sales=None, returned_units=0,
                )  # fmt: skip


def _product(rows: Rows, item: Item, *, number: int) -> None:
    rows.add(
        "product",
        sku=item.sku,
        title=item.title,
        product_kind="product",
        category="Bags" if "BAG" in item.title else "Decoration" if "HEART" in item.title else "Other",
        supplier_id=item.supplier_id,
        supplier_name=SUPPLIERS[item.supplier_id],
        unit_cost=round(item.price * 0.45, 4),
        pack_size=12,
        min_order_quantity=24,
        mean_price=item.price,
        abc_class="A" if number < 8 else "B" if number < 16 else "C",
        listed_at=datetime(2010, 1, 4, tzinfo=UTC),
        discontinued_at=None,
        discontinued_on=None,
    )


def _stock(rows: Rows, rng: random.Random, item: Item, *, units: int, rate: float) -> int:
    free = {}
    for location, part in LOCATIONS.items():
        available, committed = int(units * part), rng.choice((0, 0, 2, 6))
        damaged = rng.choice((0, 0, 0, 1))
        free[location] = available
        rows.add(
            "inventory",
            sku=item.sku,
            location_id=location,
            on_hand=available + committed + damaged,
            available=available,
            committed=committed,
            reserved=0,
            damaged=damaged,
            safety_stock=0,
            quality_control=0,
            incoming=round(rate * 2) if location == "LEICESTER" and units < rate else 0,
            stock_value=round((available + committed + damaged) * item.price * 0.45, 4),
        )
    for channel in CHANNELS:
        threshold, share = {"amazon": (2, 0.9), "woocommerce": (1, 0.9)}.get(channel, (0, 1.0))
        pool = sum(free.values()) - threshold
        ats = max(0, int(max(0, pool) * share))
        rows.add(
            "ats",
            channel_id=channel,
            sku=item.sku,
            ats=min(ats, 500) if channel == "amazon" else ats,
            free_by_location=json.dumps(free),
            unrouted_units=0,
            threshold=threshold,
            pool=pool,
            share=share,
            max_quantity=500 if channel == "amazon" else None,
            computed_at=AS_OF,
            note=None,
        )
    return sum(free.values())


def _exposure(rows: Rows, rng: random.Random, item: Item, *, out: bool) -> None:
    days = range(rng.randint(4, 16)) if out else ()
    for back in days:
        for channel in CHANNELS:
            rows.add(
                "availability_day",
                channel_id=channel,
                sku=item.sku,
                business_date=LAST_DAY - timedelta(days=back),
                exposure=round(rng.uniform(0, 0.7), 3),
            )
