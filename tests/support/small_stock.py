"""Stock, demand, forecasts and restocking of the small made-up shop, as rows of the mart tables."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from tests.support.small_shop import AS_OF, CHANNELS, LAST_DAY, SUPPLIERS, Item, Rows, items

LOCATIONS = {"LEICESTER": 0.6, "LONDON": 0.25, "GLASGOW": 0.15}
FIRST_WEEK = date(2011, 12, 12)
MODELS = {
    "gradient_boosting": 0.55,
    "exponential_smoothing": 0.62,
    "moving_average": 0.7,
    "seasonal_naive": 0.85,
}
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")


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
        demand_class = CLASSES[number % 4]
        _forecast(rows, rng, item, weekly=weekly, rate=rate, demand_class=demand_class)
        means = [row["mean"] for row in rows.tables["forecast_weekly"] if row["sku"] == item.sku]
        _explained(rows, item, mean=sum(means), weekly=weekly, out=number % 7 < 2)
        if available < rate * 2.5:
            _restock(rows, rng, item, number=number, available=available, rate=rate)
    _levels(rows, demand)
    _accuracy_tables(rows)
    _moves(rows, catalog)
    _planners(rows)
    _track_record(rows)
    _curve(rows)
    _health(rows)


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


def _forecast(
    rows: Rows, rng: random.Random, item: Item, *, weekly: dict[date, float], rate: float, demand_class: str
) -> None:
    for ahead in range(13):
        mean = max(0.2, rate * (0.7 + 0.25 * rng.random()) * (0.85 if ahead < 3 else 0.7))
        rows.add(
            "forecast_weekly",
            sku=item.sku,
            week_start=FIRST_WEEK + timedelta(weeks=ahead),
            model_name="gradient_boosting" if demand_class in ("smooth", "erratic") else "moving_average",
            demand_class=demand_class,
            mean=mean,
            model_mean=mean,
            q05=mean * 0.3,
            q25=mean * 0.7,
            q50=mean * 0.95,
            q75=mean * 1.3,
            q95=mean * 1.9,
            override_id=None,
            planner_mean=None,
            override_weight=None,
            made_as_of=AS_OF,
            data_version="small",
            code_version="test",
            seed=5,
        )
        for dimension, shares in (("channel", CHANNELS), ("location", LOCATIONS)):
            for member, share in shares.items():
                rows.add(
                    "forecast_split", sku=item.sku, week_start=FIRST_WEEK + timedelta(weeks=ahead),
                    dimension=dimension, member=member, mean=mean * share,
                )  # fmt: skip
        for day in range(7 if ahead < 4 else 0):
            rows.add(
                "forecast_daily",
                sku=item.sku,
                business_date=FIRST_WEEK + timedelta(weeks=ahead, days=day),
                mean=mean / 7,
                q05=0.0,
                q50=mean / 7.5,
                q95=mean / 3,
            )
    for origin in range(4, 0, -1):
        cutoff = FIRST_WEEK - timedelta(weeks=4 * origin, days=1)
        for ahead in range(4):
            week = cutoff + timedelta(days=1 + 7 * ahead)
            actual = weekly.get(week, 0.0)
            rows.add(
                "backtest_forecast",
                sku=item.sku,
                cutoff_date=cutoff,
                week_start=week,
                mean=max(0.0, actual * rng.uniform(0.5, 1.4) + 1),
                naive=weekly.get(week - timedelta(weeks=52), 0.0),
                actual=actual,
                exposure=1.0,
            )
    _sku_accuracy(rows, rng, item, weekly=weekly, demand_class=demand_class)


def _sku_accuracy(
    rows: Rows, rng: random.Random, item: Item, *, weekly: dict[date, float], demand_class: str
) -> None:
    champion = "gradient_boosting" if demand_class in ("smooth", "erratic") else "moving_average"
    actual = sum(weekly.get(FIRST_WEEK - timedelta(weeks=back), 0.0) for back in range(1, 17))
    for model, wape in MODELS.items():
        rows.add(
            "forecast_accuracy",
            sku=item.sku,
            model_name=model,
            demand_class=demand_class,
            is_champion=model == champion,
            wape=round(wape * rng.uniform(0.5, 1.7), 4) if actual else None,
            bias=round(rng.uniform(-0.4, 0.5), 4) if actual else None,
            actual_units=actual,
        )


def _restock(rows: Rows, rng: random.Random, item: Item, *, number: int, available: int, rate: float) -> None:
    needed = max(24, 12 * round(rate * 5 / 12))
    cover = None if rate == 0 else round(available / rate * 7, 1)
    risk = round(min(0.99, max(0.05, 1 - available / (rate * 3 + 1))), 3)
    order_by = LAST_DAY + timedelta(days=1 + number % 5)
    because = (
        f"{available} available and nothing due in time against {rate * 3:.0f} expected over 21 days: "
        f"buy {needed} by {order_by:%d %b}."
    )
    rows.add(
        "proposal",
        proposal_id=f"{item.sku}@LEICESTER@2011-12-10",
        sku=item.sku,
        supplier_id=item.supplier_id,
        location_id="LEICESTER",
        quantity=needed,
        unit_cost=round(item.price * 0.45, 4),
        cost=round(needed * item.price * 0.45, 4),
        available=available,
        incoming_in_time=0,
        backordered=0,
        lead_time_days=14.0,
        lead_time_p90_days=19.0,
        review_days=7,
        expected_demand=rate * 3,
        demand_q50=rate * 2.9,
        demand_q90=rate * 4.4,
        service_level=0.95,
        reorder_point=rate * 4,
        order_up_to=rate * 6,
        stockout_probability=risk,
        days_of_cover=cover,
        order_by=order_by,
        binding_constraint="pack_size" if needed > 24 else "min_order_quantity",
        demand_q05=rate * 1.5,
        demand_q25=rate * 2.4,
        demand_q75=rate * 3.5,
        demand_q95=rate * 4.9,
        incoming_dated="",
        waiting_risk=min(0.99, risk + 0.1),
        cost_of_waiting=round(rate * risk * item.price * 0.55, 2),
        explanation=because,
        stock_pool="LEICESTER",
        pool_quantity=needed,
        location_available=available,
        location_incoming=0,
        location_demand=rate * 3,
    )
    rows.add(
        "stock_position",
        sku=item.sku,
        location_id="LEICESTER",
        stock_pool="LEICESTER",
        takes_purchases=True,
        demand_share=1.0,
        expected_demand=rate * 3,
        available=available,
        incoming_in_time=0,
        suggested_quantity=needed,
        lot=12,
        least=24,
        is_divided=True,
    )
    _steps(rows, item, needed=needed, rate=rate)
    rows.add(
        "alert",
        episode_id=f"stockout_risk:{item.sku}:LEICESTER:1",
        rule="out_of_stock" if available == 0 else "stockout_risk",
        sku=item.sku,
        location_id="LEICESTER",
        state="raised",
        severity=("critical", "high", "medium", "low")[number % 4],
        stockout_probability=risk,
        margin_at_risk=round(rate * 3 * risk * item.price * 0.55, 2),
        available=available,
        days_of_cover=cover,
        suggested_quantity=needed,
        order_by=order_by,
        raised_at=AS_OF - timedelta(days=number % 6),
        updated_at=AS_OF,
        resolved_at=None,
        snoozed_until=None,
        acknowledged_by=None,
        explanation=because,
    )


def _moves(rows: Rows, catalog: list[Item]) -> None:
    """Two from London, one from Glasgow: what a marketplace will lack at Leicester."""
    origins = (("LONDON", 12.0), ("LONDON", 5.0), ("GLASGOW", 8.0))
    for item, (origin, quantity) in zip(catalog, origins, strict=False):
        rows.add(
            "transfer_proposal",
            sku=item.sku,
            from_location_id=origin,
            to_location_id="LEICESTER",
            quantity=quantity,
            channels="amazon",
            missing_units=quantity + 0.4,
            left_at_origin=20.0,
            saved_margin=round(quantity * item.price * 0.55, 2),
            explanation=f"Move {quantity:.0f} from {origin} to LEICESTER: amazon will lack them.",
        )


def _levels(rows: Rows, demand: dict[str, dict[date, float]]) -> None:
    """Sums of the forecast and of what was sold; channels and locations have the same part of every sku."""
    category = {row["sku"]: row["category"] for row in rows.tables["product"]}
    ahead, sold = (defaultdict(lambda: defaultdict(float)) for _ in range(2))
    for row in rows.tables["forecast_weekly"]:
        for member, part in _members(category[row["sku"]]):
            ahead[member][row["week_start"]] += part * row["mean"]
    full = [week for weeks in demand.values() for week in weeks if week < FIRST_WEEK - timedelta(weeks=1)]
    every = [min(full) + timedelta(weeks=n) for n in range((max(full) - min(full)).days // 7 + 1)]
    for sku, weeks in demand.items():
        for member, part in _members(category[sku]):
            for week in every:
                sold[member][week] += part * weeks.get(week, 0.0)
    for (dimension, member), weeks in sorted(ahead.items()):
        for week, mean in sorted(weeks.items()):
            rows.add(
                "forecast_level", dimension=dimension, member=member, week_start=week, mean=mean,
                expected=1.1 * mean, q05=0.6 * mean, q25=0.95 * mean, q50=1.1 * mean, q75=1.3 * mean,
                q95=1.8 * mean,
            )  # fmt: skip
    for (dimension, member), weeks in sorted(sold.items()):
        for week, units in sorted(weeks.items()):
            rows.add(
                "level_history", dimension=dimension, member=member, week_start=week, units=units,
                demand=units,
            )  # fmt: skip


def _members(category: str) -> list[tuple[tuple[str, str], float]]:
    parts = [(("shop", "all"), 1.0), (("category", category), 1.0)]
    parts += [(("channel", channel), part) for channel, part in CHANNELS.items()]
    return parts + [(("location", location), part) for location, part in LOCATIONS.items()]


def _track_record(rows: Rows) -> None:
    found = {
        "forecast": (0.72, 0.5, 0.29, 8.8),
        "days_of_cover": (0.66, 0.46, 0.16, 3.8),
        "min_max": (0.61, 0.41, 0.26, 9.8),
    }
    for rule, (precision, recall, in_time, days) in found.items():
        rows.add(
            "alert_score",
            stock="played",
            stock_pool="",
            rule=rule,
            first_morning=date(2011, 6, 6),
            last_morning=date(2011, 11, 28),
            mornings=26,
            sayings=1000,
            alerts=200,
            right=round(200 * precision),
            stockouts=300,
            warned=round(300 * recall),
            warned_in_time=round(300 * in_time),
            precision=precision,
            recall=recall,
            recall_in_time=in_time,
            days_warned=days,
            raise_at=0.5,
            scored_as_of=AS_OF,
        )
    for decile in range(10):
        rows.add(
            "alert_calibration",
            stock="played",
            decile=decile,
            said_from=decile / 10,
            said_to=(decile + 1) / 10,
            cases=100 - 10 * decile,
            said=decile / 10 + 0.05,
            came_true=decile / 10 + 0.04,
            scored_as_of=AS_OF,
        )


def _curve(rows: Rows) -> None:
    about = {"stock_pool": "", "products": 12, "first_week": date(2011, 6, 6), "weeks": 26}
    for level, fill, stock in ((0.5, 0.61, 158_000.0), (0.9, 0.91, 921_000.0), (0.98, 0.97, 2_699_000.0)):
        rows.add(
            "policy_curve", rule=f"service level {level:.0%}", kind="service_level", service_level=level,
            is_chosen=False, fill_rate=fill, stock_value=stock, holding_cost=stock / 10,
            lost_margin=1_800_000 * (1 - fill), orders=9000, units_ordered=1e6, **about,
        )  # fmt: skip
    rows.add(
        "policy_curve", rule="service level by class", kind="by_class", service_level=None, is_chosen=True,
        fill_rate=0.953, stock_value=2_049_000.0, holding_cost=204_900.0, lost_margin=74_000.0, orders=8800,
        units_ordered=1e6, **about,
    )  # fmt: skip
    rows.add(
        "policy_curve", rule="as it was", kind="today", service_level=None, is_chosen=False, fill_rate=0.99,
        stock_value=837_000.0, holding_cost=None, lost_margin=None, orders=None, units_ordered=None, **about,
    )  # fmt: skip


def _steps(rows: Rows, item: Item, *, needed: int, rate: float) -> None:
    """The least order, then packs of twelve; each pack is expected to sell half as well as the one before."""
    gain, worth = 0.0, 12 * item.price * 0.55
    for step_no, quantity in enumerate(range(24, needed + 1, 12), start=1):
        gain += worth * min(1.0, rate / 12) / step_no
        rows.add(
            "purchase_step",
            sku=item.sku,
            location_id="LEICESTER",
            step_no=step_no,
            supplier_id=item.supplier_id,
            quantity=quantity,
            cost=round(quantity * item.price * 0.45, 4),
            expected_gain=round(gain, 4),
            lead_time_days=14.0,
        )


def _accuracy_tables(rows: Rows) -> None:
    for demand_class in CLASSES:
        champion = "gradient_boosting" if demand_class in ("smooth", "erratic") else "moving_average"
        rows.add(
            "champion",
            demand_class=demand_class,
            model_name=champion,
            series=8 if demand_class in ("smooth", "erratic") else 7,
            wape=MODELS[champion],
            naive_wape=MODELS["seasonal_naive"],
            moving_average_wape=MODELS["moving_average"],
            since=FIRST_WEEK - timedelta(weeks=9),
            before=champion,
            challenger="exponential_smoothing",
            gain=0.004,
            t_value=0.8,
            wins=3,
            origins=5,
            reason="the next is better by 0.4%, less than 1%",
        )
    _metrics(rows)
    for origin in range(4, 0, -1):
        for demand_class in ("all", *CLASSES):
            for model, wape in MODELS.items():
                rows.add(
                    "backtest",
                    cutoff_date=FIRST_WEEK - timedelta(weeks=4 * origin, days=1),
                    demand_class=demand_class,
                    model_name=model,
                    series=30 if demand_class == "all" else 8,
                    actual_units=1000.0,
                    wape=wape,
                    bias=0.05,
                    rmsse=wape * 1.4,
                    pinball=wape * 0.3,
                    coverage_90=0.88,
                )


def _metrics(rows: Rows) -> None:
    chain = (*MODELS, "champion")
    ordered = sorted(chain, key=lambda name: -MODELS.get(name, 0.5))
    for level, segments in (("sku", ("all", *CLASSES)), ("category", ("all", "Bags")), ("total", ("all",))):
        for segment in segments:
            for horizon, factor in (("all", 1.0), ("1", 0.8), ("2-4", 1.1)):
                before = None
                for step_no, model in enumerate(ordered, start=1):
                    wape = round(MODELS.get(model, 0.5) * factor, 4)
                    rows.add(
                        "forecast_metric",
                        level=level,
                        segment=segment,
                        horizon=horizon,
                        step_no=step_no,
                        model_name=model,
                        series=30,
                        actual_units=4000.0,
                        wape=wape,
                        bias=-0.05,
                        rmsse=wape * 1.4,
                        pinball=wape * 0.3,
                        coverage_50=0.52,
                        coverage_90=0.88,
                        value_added=None if before is None else round(before - wape, 4),
                    )
                    before = wape


def _explained(rows: Rows, item: Item, *, mean: float, weekly: dict[date, float], out: bool) -> None:
    """Drivers that add up to 13 weeks of `mean`, a change since last week, and the history as it was
    learned.
    """
    total = round(mean, 4)
    moves = (("sold", 1, total * 1.2), ("trend", 5, -total * 0.3), ("season", 6, total * 0.1))
    for driver, number, units in moves:
        rows.add("forecast_driver", sku=item.sku, driver=driver, driver_no=number, units=units)
    rows.add(
        "forecast_change",
        sku=item.sku,
        made_before=AS_OF - timedelta(days=7),
        weeks=12,
        before_units=total * 0.8,
        new_sales=total * 0.1,
        model_change=0.0,
        override_change=0.0,
        after_units=total * 0.9,
        model_before="moving_average",
        model_now="moving_average",
        class_before="lumpy",
        class_now="lumpy",
        is_new_code=False,
        expected_since=30.0,
        sold_since=41.0,
    )
    for week, units in sorted(weekly.items()):
        is_out = out and week >= FIRST_WEEK - timedelta(weeks=2)
        rows.add(
            "demand_history",
            sku=item.sku,
            week_start=week,
            units=units,
            exposure=0.4 if is_out else 1.0,
            is_censored=is_out,
            is_bulk=False,
            demand=units,
            lost_units=6.0 if is_out else None,
            lost_q10=2.0 if is_out else None,
            lost_q90=14.0 if is_out else None,
        )


def _planners(rows: Rows) -> None:
    """Two past overrides: ana's went the right way, ben's the wrong one; the last week is still open."""
    for number, (author, code, factor) in enumerate(
        (("ana", "promotion", 1.5), ("ben", "price", 0.5)), start=1
    ):
        sku = items()[number - 1].sku
        for back in (3, 2, 1, 0):
            is_scored = back > 0
            before, planned, actual = 40.0, 40.0 * factor, 60.0
            gain = abs(before - actual) - abs(planned - actual)
            rows.add(
                "override_value",
                override_id=f"O-{number}",
                sku=sku,
                week_start=FIRST_WEEK - timedelta(weeks=back),
                before=before,
                planned=planned,
                weight=1.0,
                after=planned,
                scope="sku",
                action="factor",
                value=factor,
                author=author,
                reason_code=code,
                reason="seen in the trade paper",
                model_name="moving_average",
                made_as_of=AS_OF - timedelta(weeks=back, days=1),
                actual=actual if is_scored else None,
                exposure=1.0 if is_scored else None,
                is_scored=is_scored,
                error_before=abs(before - actual) if is_scored else None,
                error_planned=abs(planned - actual) if is_scored else None,
                error_after=abs(planned - actual) if is_scored else None,
                value_added=gain if is_scored else None,
                value_added_money=gain * items()[number - 1].price if is_scored else None,
            )


def _health(rows: Rows) -> None:
    reasons = (
        (
            "shopify",
            "orders",
            "invalid_json",
            "Line 17 breaks off after 212 characters; a whole JSON object is needed.",
        ),
        ("amazon", "orders", "unknown_currency", "Currency 'XYZ' on order 304-11; GBP is accepted."),
        (
            "wholesale",
            "sales_orders",
            "negative_price",
            "unit_price -2.50 on line 3 of W-1009; prices are 0 or more.",
        ),
        (
            "wholesale",
            "sales_orders",
            "negative_price",
            "unit_price -1.00 on line 1 of W-1010; prices are 0 or more.",
        ),
    )
    for number, (channel, kind, code, reason) in enumerate(reasons, start=1):
        rows.add(
            "quarantine",
            quarantine_id=number,
            channel_id=channel,
            kind=kind,
            external_id=f"doc-{number}",
            path=f"{channel}/{kind}/2011-12-0{number}.jsonl",
            line_no=number * 17,
            reason_code=code,
            reason=reason,
            sent_at=AS_OF - timedelta(days=number),
            status="open" if number < 4 else "resolved",
        )
    for name, passed, blocking in (
        ("marts.order_fact: key (order_id) is unique", True, True),
        ("marts.sales_fact: key (fact_id, line_id) is unique", True, True),
        ("I1 on hand is the sum of its parts", True, True),
        ("newest order is younger than three days", True, False),
        ("quarantine holds less than 1 % of documents", False, False),
    ):
        rows.add(
            "check_result",
            check_name=name,
            subject=name.split(":")[0],
            is_blocking=blocking,
            passed=passed,
            violations=0 if passed else 3,
            detail="as declared" if passed else "3 documents wait in quarantine",
        )
    for number, (stage, rows_in, rows_out, seconds) in enumerate(
        (
            ("land", 4100, 4096, 1.2),
            ("interpret", 4096, 9120, 2.8),
            ("apply", 9120, 21044, 3.9),
            ("marts", None, 61200, 1.7),
            ("forecast", 30, 390, 4.1),
            ("publish", 61200, 61200, 0.9),
        ),
        start=1,
    ):
        rows.add(
            "stage_report",
            stage_no=number,
            stage=stage,
            rows_in=rows_in,
            rows_out=rows_out,
            quarantined=4 if stage == "interpret" else 0,
            seconds=seconds,
            note="",
        )
