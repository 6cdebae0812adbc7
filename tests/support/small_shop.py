"""A small made-up shop as rows of the mart tables: 30 skus, four channels, a year and a half of orders.

Sales, orders and their events stand here; stock, forecasts and restocking in `small_stock.py`. The same seed
makes the same rows.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

AS_OF = datetime(2011, 12, 10, tzinfo=UTC)
FIRST_DAY = date(2010, 6, 1)
LAST_DAY = date(2011, 12, 9)
FIRST_WEEK = date(2011, 12, 12)
LOCATIONS = {"LEICESTER": 0.6, "LONDON": 0.25, "GLASGOW": 0.15}
CHANNELS = {"shopify": 0.45, "wholesale": 0.25, "amazon": 0.2, "woocommerce": 0.1}
COUNTRIES = {"shopify": "United Kingdom", "amazon": "United Kingdom", "wholesale": "United Kingdom"}
ABROAD = ("Germany", "France", "EIRE", "Netherlands", "Spain", "Belgium")
TITLES = """\
WHITE HANGING HEART T-LIGHT HOLDER
REGENCY CAKESTAND 3 TIER
JUMBO BAG RED RETROSPOT
PARTY BUNTING
ASSORTED COLOUR BIRD ORNAMENT
LUNCH BAG BLACK SKULL
PACK OF 72 RETROSPOT CAKE CASES
SET OF 3 CAKE TINS PANTRY DESIGN
NATURAL SLATE HEART CHALKBOARD
HEART OF WICKER SMALL
JAM MAKING SET WITH JARS
SPOTTY BUNTING
WOODEN PICTURE FRAME WHITE FINISH
RABBIT NIGHT LIGHT
PAPER CHAIN KIT 50'S CHRISTMAS
VICTORIAN GLASS HANGING T-LIGHT
ALARM CLOCK BAKELIKE GREEN
RECIPE BOX PANTRY YELLOW DESIGN
DOORMAT KEEP CALM AND COME IN
WOOD BLACK BOARD ANT WHITE FINISH
HAND WARMER UNION JACK
ZINC METAL HEART DECORATION
GARDENERS KNEELING PAD KEEP CALM
RED RETROSPOT CHARLOTTE BAG
60 TEATIME FAIRY CAKE CASES
SET OF 4 PANTRY JELLY MOULDS
ROSES REGENCY TEACUP AND SAUCER
VINTAGE SNAP CARDS
CHOCOLATE HOT WATER BOTTLE
LOVE BUILDING BLOCK WORD
""".splitlines()
SUPPLIERS = {"SUP-01": "Northern Homeware", "SUP-02": "Canton Trading", "SUP-03": "Loire Ceramics"}


@dataclass(frozen=True)
class Item:
    sku: str
    title: str
    price: float
    weight: float
    supplier_id: str


@dataclass
class Rows:
    """Rows by mart table."""

    tables: dict[str, list[dict]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, **row: object) -> None:
        self.tables[table].append(row)


def items() -> list[Item]:
    rng = random.Random(3)
    suppliers = sorted(SUPPLIERS)
    return [
        Item(
            sku=f"{20001 + 37 * number}{'A' if number % 7 == 3 else ''}",
            title=title,
            price=round(rng.choice((0.85, 1.25, 1.65, 2.55, 2.95, 4.25, 7.95, 12.75)), 2),
            weight=1 / (1 + number * 0.35),
            supplier_id=suppliers[number % 3],
        )
        for number, title in enumerate(TITLES)
    ]


def sales(rows: Rows, *, seed: int = 11) -> None:
    """Orders of every working day, their lines, events, facts, refunds and service."""
    rng = random.Random(seed)
    catalog, seen, number = items(), set(), 500_000
    days = (FIRST_DAY + timedelta(days=offset) for offset in range((LAST_DAY - FIRST_DAY).days + 1))
    for day in days:
        if day.weekday() == 5:
            continue
        season = 1.8 if day.month in (10, 11) else 1.3 if day.month == 12 else 1.0
        for _ in range(round(season * rng.uniform(3, 8))):
            number += 1
            _order(rows, rng, catalog, number=number, day=day, seen=seen)
    _daily(rows)


def _order(rows: Rows, rng: random.Random, catalog: list[Item], *, number: int, day: date, seen: set) -> None:
    channel = rng.choices(list(CHANNELS), weights=list(CHANNELS.values()))[0]
    placed = datetime(day.year, day.month, day.day, rng.randint(8, 18), rng.randint(0, 59), tzinfo=UTC)
    customer = None if rng.random() < 0.1 else str(12_300 + rng.randint(0, 900))
    country = COUNTRIES.get(channel) if rng.random() < 0.9 else None
    country = country or rng.choice(ABROAD)
    factor = 10 if channel == "wholesale" else 1
    chosen = rng.choices(catalog, weights=[item.weight for item in catalog], k=rng.randint(1, 5))
    lines = [(item, rng.choice((1, 2, 4, 6, 12)) * factor) for item in dict.fromkeys(chosen)]
    order_id = f"{channel}:{number}"
    gross = round(sum(item.price * quantity for item, quantity in lines), 4)
    units = sum(quantity for _, quantity in lines)
    shipping = 0 if channel == "wholesale" else rng.choice((0, 3.95, 6.5))
    fate = rng.random()
    story = _story(rng, placed=placed, fate=fate, units=units, gross=gross)
    facts = {"channel_id": channel, "order_id": order_id, "customer_id": customer, "country": country}
    for line_no, (item, quantity) in enumerate(lines, start=1):
        amount = round(item.price * quantity, 4)
        rows.add(
            "order_line_fact",
            order_id=order_id,
            line_id=str(line_no),
            line_no=line_no,
            sku=item.sku,
            title=item.title,
            line_type="product",
            quantity=quantity,
            unit_price=item.price,
            amount=amount,
        )
        _fact(
            rows,
            facts,
            fact_id=order_id,
            line_id=str(line_no),
            kind="order",
            sku=item.sku,
            at=placed,
            units=quantity,
            gross_sales=amount,
        )
    if shipping:
        _fact(
            rows,
            facts,
            fact_id=order_id,
            line_id="ship",
            kind="order",
            sku="POST",
            at=placed,
            shipping=shipping,
        )
    if story["returned"]:
        item, quantity = lines[0]
        _fact(
            rows,
            facts,
            fact_id=f"{order_id}:refund",
            line_id="1",
            kind="refund",
            sku=item.sku,
            at=story["returned"],
            returned_units=quantity,
            returns=round(item.price * quantity, 4),
        )
    rows.add(
        "order_fact",
        order_id=order_id,
        external_id=str(number),
        order_number=f"#{number}",
        channel_id=channel,
        customer_id=customer,
        country=country,
        currency="GBP",
        placed_at=placed,
        business_date=day,
        recorded_at=placed,
        is_new_customer=None if customer is None else customer not in seen,
        line_count=len(lines),
        units=units,
        gross_sales=gross,
        shipping=shipping,
        refunded=round(lines[0][0].price * lines[0][1], 4) if story["returned"] else 0,
        units_returned=lines[0][1] if story["returned"] else 0,
        **story["state"],
    )
    if customer:
        seen.add(customer)
    for kind, at, detail in story["events"]:
        rows.add(
            "order_event",
            event_seq=len(rows.tables["order_event"]) + 1,
            order_id=order_id,
            event_kind=kind,
            occurred_at=at,
            recorded_at=at,
            detail=json.dumps(detail),
        )


def _story(rng: random.Random, *, placed: datetime, fate: float, units: int, gross: float) -> dict:
    """What became of an order: its events and where it stands at `AS_OF`."""
    shipped = placed + timedelta(hours=rng.uniform(4, 60))
    delivered = shipped + timedelta(hours=rng.uniform(20, 110))
    place = rng.choices(("LEICESTER", "LONDON", "GLASGOW"), weights=(7, 2, 1))[0]
    ship_by, deliver_by = placed + timedelta(days=2), placed + timedelta(days=5)
    events = [
        ("placed", placed, {"lines": 1, "total": gross}),
        ("paid", placed + timedelta(minutes=2), {"amount": gross, "kind": "sale"}),
    ]
    canceled, is_returned = fate < 0.03, 0.03 <= fate < 0.08
    is_shipped = not canceled and shipped < AS_OF
    is_delivered = is_shipped and delivered < AS_OF
    if canceled:
        events.append(("canceled", placed + timedelta(hours=3), {"reason": "customer", "units": units}))
    else:
        claimed = {"units": units, "locations": {place: units}}
        events.append(("allocated", placed + timedelta(minutes=5), claimed))
    if is_shipped:
        detail = {"shipment_id": f"S{placed:%y%m%d%H%M}", "units": units, "locations": {place: units}}
        events.append(("shipped", shipped, detail))
    if is_delivered:
        events.append(("delivered", delivered, {"shipment_id": f"S{placed:%y%m%d%H%M}"}))
    returned = delivered + timedelta(days=6) if is_returned and is_delivered else None
    if returned is not None and returned >= AS_OF:
        returned = None
    if returned:
        back = {"units": 1, "location": "LEICESTER", "disposition": "restocked"}
        events.append(("returned", returned, back))
    past_promise = deliver_by < AS_OF
    on_time = (
        None if canceled else (delivered <= deliver_by if is_delivered else (False if past_promise else None))
    )
    in_full = None if canceled or on_time is None else is_shipped and shipped <= ship_by
    state = {
        "order_status": "canceled" if canceled else "closed" if is_delivered else "open",
        "payment_status": "refunded" if canceled else "partially_refunded" if returned else "paid",
        "fulfillment_status": "fulfilled" if is_shipped else "unfulfilled",
        "cancel_reason": rng.choice(("customer", "customer", "inventory")) if canceled else None,
        "location_count": 0 if canceled else 1,
        "units_canceled": units if canceled else 0,
        "units_shipped": units if is_shipped else 0,
        "units_backordered_at_placement": units if rng.random() < 0.03 else 0,
        "promised_ship_by": ship_by,
        "promised_deliver_by": deliver_by,
        "first_shipped_at": shipped if is_shipped else None,
        "last_shipped_at": shipped if is_shipped else None,
        "delivered_at": delivered if is_delivered else None,
        "is_on_time": on_time,
        "is_in_full": in_full,
    }
    return {"events": events, "returned": returned, "state": state}


def _fact(
    rows: Rows,
    facts: dict,
    *,
    fact_id: str,
    line_id: str,
    kind: str,
    sku: str,
    at: datetime,
    **amounts: float,
) -> None:
    zero = dict.fromkeys(
        (
            "units",
            "gross_sales",
            "discounts",
            "returns",
            "returned_units",
            "shipping",
            "gift_card_sales",
            "adjustments",
        ),
        0,
    )
    rows.add(
        "sales_fact",
        fact_id=fact_id,
        line_id=line_id,
        fact_kind=kind,
        sku=sku,
        business_date=at.date(),
        recorded_at=at,
        **facts,
        **(zero | amounts),
    )


def _daily(rows: Rows) -> None:
    """kpi_daily, service_daily and dwell, added up from the orders."""
    kpi, due, dwell = (
        defaultdict(lambda: defaultdict(float)),
        defaultdict(lambda: defaultdict(float)),
        defaultdict(list),
    )
    for fact in rows.tables["sales_fact"]:
        cell = kpi[fact["business_date"], fact["channel_id"]]
        for name in (
            "gross_sales",
            "discounts",
            "returns",
            "shipping",
            "gift_card_sales",
            "adjustments",
            "units",
            "returned_units",
        ):
            cell[name] += fact[name]
    customers = defaultdict(set)
    for order in rows.tables["order_fact"]:
        key = (order["business_date"], order["channel_id"])
        kpi[key]["orders"] += 1
        kpi[key]["new_customers"] += bool(order["is_new_customer"])
        kpi[key]["canceled_orders"] += order["order_status"] == "canceled"
        if order["customer_id"]:
            customers[key].add(order["customer_id"])
        if order["is_on_time"] is not None and order["promised_deliver_by"] < AS_OF:
            cell = due[order["promised_deliver_by"].date(), order["channel_id"]]
            cell["orders_due"] += 1
            cell["orders_on_time"] += order["is_on_time"]
            cell["orders_in_full"] += order["is_in_full"]
            cell["orders_otif"] += order["is_on_time"] and order["is_in_full"]
            cell["units_due"] += order["units"]
            cell["units_filled"] += order["units"] if order["is_in_full"] else 0
        _stays(order, dwell)
    for (day, channel), cell in sorted(kpi.items()):
        net = cell["gross_sales"] - cell["discounts"] - cell["returns"]
        names = (
            "gross_sales",
            "discounts",
            "returns",
            "shipping",
            "gift_card_sales",
            "adjustments",
            "orders",
            "units",
        )
        rows.add(
            "kpi_daily",
            business_date=day,
            channel_id=channel,
            **{name: round(cell[name], 4) for name in names},
            returned_units=cell["returned_units"],
            net_sales=round(net, 4),
            taxes=0,
            total_sales=round(net + cell["shipping"], 4),
            customers=len(customers[day, channel]),
            new_customers=cell["new_customers"],
            canceled_orders=cell["canceled_orders"],
        )
    for (day, channel), cell in sorted(due.items()):
        rows.add("service_daily", business_date=day, channel_id=channel, **cell)
    for (week, channel, stage), hours in sorted(dwell.items()):
        hours.sort()
        rows.add(
            "dwell",
            week_start=week,
            channel_id=channel,
            stage=stage,
            orders=len(hours),
            median_hours=hours[len(hours) // 2],
            p90_hours=hours[int(len(hours) * 0.9)],
        )


def _stays(order: dict, dwell: dict) -> None:
    def stay(stage: str, begin: datetime | None, end: datetime | None) -> None:
        if begin and end:
            week = end.date() - timedelta(days=end.weekday())
            dwell[week, order["channel_id"], stage].append((end - begin).total_seconds() / 3600)

    stay("click_to_ship", order["placed_at"], order["first_shipped_at"])
    stay("ship_to_deliver", order["first_shipped_at"], order["delivered_at"])
    stay("order_cycle", order["placed_at"], order["delivered_at"])
    if order["units_backordered_at_placement"]:
        stay("backorder_wait", order["placed_at"], order["first_shipped_at"])
