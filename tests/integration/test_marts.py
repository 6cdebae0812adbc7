from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.support.core_rows import add, at, rows, warehouse_of
from warehouse import contracts, marts
from warehouse.errors import ContractError

AS_OF = at("2011-07-01 00:00")
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def shop(tmp_path):
    with warehouse_of(tmp_path / "home") as (con, settings):
        yield con, settings


def build(shop, *, as_of=AS_OF):
    con, settings = shop
    return marts.build(con, settings, as_of=as_of)


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def order(con, order_id, *lines, placed_at="2011-03-01 10:00", **changes):
    placed = at(placed_at)
    header = {
        "order_id": order_id,
        "channel_id": order_id.partition(":")[0],
        "country": "United Kingdom",
        "placed_at": placed,
        "business_date": placed.date(),
        "recorded_at": placed,
        "promised_ship_by": placed + timedelta(days=2),
        "promised_deliver_by": placed + timedelta(days=5),
    }
    add(con, "core.order_header", **header | changes)
    for number, (sku, line_type, quantity, price, *kind) in enumerate(lines, start=1):
        add(
            con,
            "core.order_line",
            order_id=order_id,
            line_id=str(number),
            line_no=number,
            sku=sku,
            line_type=line_type,
            adjustment_kind=kind[0] if kind else None,
            quantity=quantity,
            unit_price=price,
            amount=quantity * price,
            recorded_at=placed,
        )


def refund(con, refund_id, order_id, *lines, refunded_at="2011-03-05 10:00"):
    refunded = at(refunded_at)
    add(
        con,
        "core.refund",
        refund_id=refund_id,
        channel_id=refund_id.partition(":")[0],
        order_id=order_id,
        refunded_at=refunded,
        business_date=refunded.date(),
        recorded_at=refunded,
    )
    for number, (sku, line_type, quantity, price, restock_kind) in enumerate(lines, start=1):
        add(
            con,
            "core.refund_line",
            refund_id=refund_id,
            line_no=number,
            sku=sku,
            line_type=line_type,
            quantity=quantity,
            unit_price=price,
            amount=quantity * price,
            restock_kind=restock_kind,
            recorded_at=refunded,
        )


def ledger(con, entry_id, code, line_type, quantity, price, kind=None):
    add(
        con,
        "core.ledger_entry",
        entry_id=entry_id,
        channel_id="wholesale",
        code=code,
        line_type=line_type,
        adjustment_kind=kind,
        quantity=quantity,
        unit_price=price,
        amount=quantity * price,
        business_date=date(2011, 3, 1),
    )


def state(con, order_id, *, ordered, shipped=0, canceled=0, first=None, last=None, delivered=None):
    add(
        con,
        "core.order_state",
        order_id=order_id,
        order_status="canceled" if canceled == ordered else "closed" if delivered else "open",
        payment_status="paid",
        fulfillment_status="fulfilled" if shipped else "unfulfilled",
        units_ordered=ordered,
        units_shipped=shipped,
        units_canceled=canceled,
        first_shipped_at=first and at(first),
        last_shipped_at=(last or first) and at(last or first),
        delivered_at=delivered and at(delivered),
    )


def moved(con, seq, sku, location, kind, quantity, moment, **changes):
    add(
        con,
        "core.inventory_movement",
        movement_seq=seq,
        sku=sku,
        location_id=location,
        kind=kind,
        quantity=quantity,
        occurred_at=moment,
        recorded_at=moment,
        **changes,
    )


def small_ledger(con):
    """Two orders, a test order, a gift card, a refund with the order's own number, five ledger entries."""
    order(
        con,
        "shopify:1",
        ("X", "product", 10, 2.0),
        ("Y", "product", 5, 1.0),
        ("POST", "shipping", 1, 3.5),
        ("D", "adjustment", -1, 2.0, "discount"),
        ("M", "adjustment", 1, 0.75, "manual"),
        customer_id="c1",
    )
    order(con, "amazon:2", ("X", "product", 4, 2.0), customer_id="c1", placed_at="2011-03-02 10:00")
    order(con, "shopify:3", ("GIFT20", "gift_card", 1, 20.0), customer_id="c2")
    order(con, "shopify:9", ("TEST001", "test", 1, 4.5), is_test=True)
    refund(
        con,
        "shopify:1",
        "shopify:1",
        ("X", "product", 2, 2.0, "return"),
        ("POST", "shipping", 1, 3.5, "no_restock"),
        ("GIFT20", "gift_card", 1, 20.0, "no_restock"),
    )
    refund(con, "shopify:9r", "shopify:9", ("X", "product", 1, 4.5, "return"))
    ledger(con, "e1", "DOT", "shipping", 1, 30.0)
    ledger(con, "e2", "AMAZONFEE", "adjustment", -1, 100.0, "marketplace_fee")
    ledger(con, "e3", "D", "adjustment", -1, 5.0, "discount")
    ledger(con, "e4", "B", "adjustment", 1, -11.0, "bad_debt")
    ledger(con, "e5", "TEST001", "test", 1, 4.5)


def test_every_line_lands_in_the_one_measure_it_belongs_to(shop):
    con, _ = shop
    small_ledger(con)
    build(shop)
    total = rows(
        con,
        "select sum(gross_sales) as gross_sales, sum(discounts) as discounts, sum(returns) as returns, "
        "sum(shipping) as shipping, sum(gift_card_sales) as gift_card_sales, "
        "sum(adjustments) as adjustments, sum(units) as units, sum(returned_units) as returned_units, "
        "count(*) as lines from marts.sales_fact",
    )[0]
    assert total == {
        "gross_sales": 20 + 5 + 8,
        "discounts": 2 + 5,
        "returns": 4,
        "shipping": Decimal("3.5") - Decimal("3.5") + 30,
        "gift_card_sales": 0,
        "adjustments": Decimal("0.75") - 100 - 11,
        "units": 19,
        "returned_units": 2,
        "lines": 5 + 1 + 1 + 3 + 4,
    }


def test_what_is_built_keeps_every_contract_and_reconciles(shop):
    con, _ = shop
    small_ledger(con)
    built = build(shop)
    checks = [check for name in built for check in contracts.check(con, f"marts.{name}")]
    checks += marts.reconcile(con)
    assert [check for check in checks if not check.passed] == []
    assert len({check.check_name for check in checks}) == len(checks)


def test_an_empty_warehouse_builds_empty_marts_that_reconcile(shop):
    con, _ = shop
    assert set(build(shop).values()) == {0}
    assert all(check.passed for check in marts.reconcile(con))


@pytest.mark.parametrize(
    ("tampering", "subject"),
    [
        (
            "update marts.sales_fact set gross_sales = gross_sales + 0.01 where line_id = '1'",
            "marts.sales_fact",
        ),
        ("delete from marts.sales_fact where fact_kind = 'ledger'", "marts.sales_fact"),
        ("update marts.order_fact set units = 0 where order_id = 'amazon:2'", "marts.order_fact"),
        ("delete from marts.kpi_daily where business_date = '2011-03-02'", "marts.kpi_daily"),
    ],
)
def test_a_penny_or_a_line_gone_astray_fails_the_reconciliation(shop, tampering, subject):
    con, _ = shop
    small_ledger(con)
    build(shop)
    con.execute(tampering)
    assert subject in {check.subject for check in marts.reconcile(con) if not check.passed}


def test_an_order_knows_its_product_lines_and_whether_its_customer_is_new(shop):
    con, _ = shop
    small_ledger(con)
    build(shop)
    found = rows(
        con,
        "select order_id, line_count, units, gross_sales, shipping, refunded, is_new_customer, order_status "
        "from marts.order_fact order by order_id",
    )
    assert [tuple(row.values()) for row in found] == [
        ("amazon:2", 1, 4, 8, 0, 0, False, "open"),
        ("shopify:1", 2, 15, 25, Decimal("3.5"), 4, True, "open"),
        ("shopify:3", 0, 0, 0, 0, 0, None, "open"),
    ]


def test_days_without_a_sale_stand_in_kpi_daily_up_to_the_day_before_as_of(shop):
    con, settings = shop
    small_ledger(con)
    build(shop, as_of=at("2011-03-10 00:00"))
    assert con.execute(
        "select count(*), min(business_date), max(business_date) from marts.kpi_daily"
    ).fetchone() == (9 * len(settings.channels), date(2011, 3, 1), date(2011, 3, 9))
    first = rows(
        con,
        "select gross_sales, discounts, net_sales, shipping, total_sales, orders, units, customers, "
        "new_customers from marts.kpi_daily where business_date = '2011-03-01' and channel_id = 'shopify'",
    )[0]
    assert [float(value) for value in first.values()] == [25, 2, 23, 3.5, 26.5, 1, 15, 1, 1]


def promised_orders(con):
    """Eight orders of 5 units, to ship by 3 March 10:00 and to deliver by 6 March 10:00."""
    for number in range(1, 9):
        order(con, f"shopify:{number}", ("X", "product", 5, 1.0))
    state(con, "shopify:1", ordered=5, shipped=5, first="2011-03-02 09:00", delivered="2011-03-04 09:00")
    state(con, "shopify:2", ordered=5, shipped=5, first="2011-03-04 09:00", delivered="2011-03-07 09:00")
    state(con, "shopify:3", ordered=5)
    order(con, "shopify:99", ("X", "product", 5, 1.0), placed_at="2011-06-30 10:00")
    state(con, "shopify:5", ordered=5, canceled=5)
    add(con, "core.order_cancellation", order_id="shopify:5", cancel_reason="customer")
    state(con, "shopify:6", ordered=5, canceled=5)
    add(con, "core.order_cancellation", order_id="shopify:6", cancel_reason="inventory")
    refund(con, "shopify:r7", "shopify:7", ("X", "product", 2, 1.0, "cancel"))
    state(
        con,
        "shopify:7",
        ordered=5,
        shipped=3,
        canceled=2,
        first="2011-03-03 10:00",
        delivered="2011-03-06 10:00",
    )
    state(
        con,
        "shopify:8",
        ordered=5,
        shipped=5,
        first="2011-03-02 09:00",
        last="2011-03-04 09:00",
        delivered="2011-03-05 09:00",
    )
    moved(con, 1, "X", "LONDON", "shipped", 3, at("2011-03-02 09:00"), order_id="shopify:8")
    moved(con, 2, "X", "LEICESTER", "shipped", 2, at("2011-03-04 09:00"), order_id="shopify:8")


def test_on_time_and_in_full_are_judged_by_the_promise(shop):
    con, _ = shop
    promised_orders(con)
    build(shop)
    judged = dict(
        con.execute(
            "select order_id, (is_on_time::varchar, is_in_full::varchar) from marts.order_fact"
        ).fetchall()
    )
    assert judged == {
        "shopify:1": ("true", "true"),
        "shopify:2": ("false", "false"),
        "shopify:3": ("false", "false"),
        "shopify:4": ("false", "false"),
        "shopify:5": (None, None),
        "shopify:6": ("false", "false"),
        "shopify:7": ("true", "true"),
        "shopify:8": ("true", "false"),
        "shopify:99": (None, None),
    }


def test_service_counts_orders_once_their_promise_has_passed(shop):
    con, _ = shop
    promised_orders(con)
    build(shop)
    assert rows(con, "select * from marts.service_daily") == [
        {
            "business_date": date(2011, 3, 6),
            "channel_id": "shopify",
            "orders_due": 7,
            "orders_on_time": 3,
            "orders_in_full": 2,
            "orders_otif": 2,
            "units_due": 7 * 5 - 2,
            "units_filled": 5 + 3 + 3,
        }
    ]
    build(shop, as_of=at("2011-03-06 09:59"))
    assert rows(con, "select * from marts.service_daily") == []


def test_dwell_is_the_median_of_the_stages_that_ended_in_the_week(shop):
    con, _ = shop
    for number, hours in enumerate((1, 2, 9), start=1):
        order(con, f"shopify:{number}", ("X", "product", 1, 1.0), placed_at="2011-03-01 10:00")
        shipped = f"2011-03-01 {10 + hours}:00"
        state(con, f"shopify:{number}", ordered=1, shipped=1, first=shipped, delivered="2011-03-07 10:00")
    build(shop)
    found = con.execute(
        "select week_start, stage, orders, median_hours, round(p90_hours, 6) from marts.dwell order by stage"
    ).fetchall()
    assert found == [
        (date(2011, 2, 28), "click_to_ship", 3, 2.0, 7.6),
        (date(2011, 3, 7), "order_cycle", 3, 144.0, 144.0),
        (date(2011, 3, 7), "ship_to_deliver", 3, 142.0, 142.8),
    ]


def exposures(con, sku):
    found = con.execute(
        "select channel_id, business_date, exposure from marts.availability_day where sku = ? order by all",
        [sku],
    ).fetchall()
    return {(channel, day.isoformat()): round(exposure, 6) for channel, day, exposure in found}


def test_exposure_is_the_fraction_of_the_shops_day_on_which_a_channel_could_sell(shop):
    """Amazon sells from 4 units (2 kept back, 90 % shown), the Europe shop from 3, the others from 1."""
    con, _ = shop
    moved(con, 1, "S", "LEICESTER", "received", 10, local("2011-06-01 00:00"))
    moved(con, 2, "S", "LONDON", "allocated", 3, local("2011-06-02 08:00"))
    moved(con, 3, "S", "LEICESTER", "allocated", 6, local("2011-06-02 13:00"))
    moved(con, 4, "S", "LEICESTER", "allocated", 1, local("2011-06-03 06:00"))
    moved(con, 5, "S", "LEICESTER", "allocated", 2, local("2011-06-03 12:00"))
    moved(con, 6, "S", "LEICESTER", "shipped", 9, local("2011-06-03 13:00"))
    moved(con, 7, "S", "LEICESTER", "allocated", 1, local("2011-06-03 18:00"))
    moved(con, 8, "S", "LEICESTER", "received", 5, local("2011-06-05 12:00"))
    build(shop)
    first_day = {"amazon": 0.25, "woocommerce": 0.5, "shopify": 0.75, "wholesale": 0.75}
    assert exposures(con, "S") == {
        (channel, day): exposure
        for channel, first in first_day.items()
        for day, exposure in (("2011-06-03", first), ("2011-06-04", 0), ("2011-06-05", 0.5))
    }


def test_a_channel_sells_only_from_its_network_and_only_since_the_first_receipt(shop):
    con, _ = shop
    moved(con, 1, "G", "GLASGOW", "allocated", 1, local("2011-06-20 09:00"))
    moved(con, 2, "G", "GLASGOW", "received", 100, local("2011-06-29 12:00"))
    build(shop, as_of=local("2011-07-01 00:00"))
    assert exposures(con, "G") == {("woocommerce", "2011-06-29"): 0.5, ("woocommerce", "2011-06-30"): 0}


def test_exposure_knows_the_day_of_25_hours_and_the_day_that_is_not_over(shop):
    con, _ = shop
    moved(con, 1, "D", "LEICESTER", "received", 10, local("2011-10-01 00:00"))
    moved(con, 2, "D", "LEICESTER", "allocated", 10, local("2011-10-29 12:00"))
    moved(con, 3, "D", "LEICESTER", "received", 10, local("2011-10-30 12:00"))
    moved(con, 4, "D", "LEICESTER", "allocated", 10, local("2011-11-05 06:00"))
    build(shop, as_of=local("2011-11-05 08:00"))
    shopify = {day: value for (channel, day), value in exposures(con, "D").items() if channel == "shopify"}
    assert shopify == {"2011-10-29": 0.5, "2011-10-30": round(1 - 13 / 25, 6), "2011-11-05": 0.75}


def test_a_location_that_is_not_active_or_below_its_buffer_has_nothing_to_sell(shop):
    con, _ = shop
    con.execute("update core.location set facility_buffer = 5 where location_id = 'LEICESTER'")
    con.execute("update core.location set is_active = false where location_id = 'LONDON'")
    moved(con, 1, "B", "LEICESTER", "received", 5, local("2011-06-29 00:00"))
    moved(con, 2, "B", "LONDON", "received", 50, local("2011-06-29 00:00"))
    moved(con, 3, "B", "LEICESTER", "received", 1, local("2011-06-29 18:00"))
    build(shop, as_of=local("2011-06-30 00:00"))
    assert exposures(con, "B")["shopify", "2011-06-29"] == 0.25


def test_demand_is_what_was_ordered_less_what_was_canceled_the_same_day(shop):
    con, settings = shop
    order(con, "shopify:1", ("X", "product", 10, 2.0), ("X", "product", 2, 1.0), ("POST", "shipping", 1, 3.0))
    order(con, "amazon:2", ("X", "product", 7, 2.0))
    refund(con, "amazon:2c", "amazon:2", ("X", "product", 3, 2.0, "cancel"), refunded_at="2011-03-01 15:00")
    refund(con, "shopify:1c", "shopify:1", ("X", "product", 4, 2.0, "cancel"), refunded_at="2011-03-02 15:00")
    order(con, "shopify:3", ("Y", "product", 80_995, 2.08))
    refund(
        con,
        "shopify:3c",
        "shopify:3",
        ("Y", "product", 80_995, 2.08, "cancel"),
        refunded_at="2011-03-01 11:00",
    )
    order(con, "shopify:4", ("X", "product", 100, 2.0))
    add(con, "core.order_cancellation", order_id="shopify:4", canceled_at=at("2011-03-01 12:00"))
    moved(con, 1, "X", "LEICESTER", "received", 1, at("2011-02-01 00:00"))
    moved(con, 2, "X", "LEICESTER", "allocated", 1, at("2011-03-01 06:00"))
    build(shop)
    assert rows(con, "select * from marts.demand_daily") == [
        {
            "sku": "X",
            "business_date": date(2011, 3, 1),
            "units": 12 + 7 - 3,
            "orders": 2,
            "gross_sales": 22 + 14 - 6,
            "exposure": 0.25,
        }
    ]


def demand_parts(con, dimension):
    return {
        (row["sku"], row["member"], f"{row['business_date']}"): tuple(
            row[name] for name in ("units", "orders", "gross_sales", "returned_units")
        )
        for row in rows(con, f"select * from marts.demand_part where dimension = '{dimension}'")
    }


def test_demand_by_channel_adds_up_to_demand_and_returns_stand_beside_it(shop):
    con, _ = shop
    order(con, "shopify:1", ("X", "product", 10, 2.0), ("X", "product", 2, 1.0), ("POST", "shipping", 1, 3.0))
    order(con, "amazon:2", ("X", "product", 7, 2.0))
    order(con, "shopify:3", ("X", "product", 5, 2.0))
    order(con, "shopify:9", ("X", "product", 50, 2.0), is_test=True)
    refund(con, "amazon:2c", "amazon:2", ("X", "product", 3, 2.0, "cancel"), refunded_at="2011-03-01 15:00")
    refund(con, "shopify:1r", "shopify:1", ("X", "product", 4, 2.0, "return"), refunded_at="2011-03-01 15:00")
    refund(con, "shopify:3r", "shopify:3", ("X", "product", 5, 2.0, "no_restock"))
    refund(con, "shopify:1c", "shopify:1", ("X", "product", 1, 2.0, "cancel"))
    refund(con, "shopify:9r", "shopify:9", ("X", "product", 50, 2.0, "return"))
    build(shop)
    assert demand_parts(con, "channel") == {
        ("X", "shopify", "2011-03-01"): (17, 2, 32, 4),
        ("X", "amazon", "2011-03-01"): (4, 1, 8, 0),
        ("X", "shopify", "2011-03-05"): (0, 0, 0, 5),
    }
    demand = "select sku, business_date, units, orders, gross_sales from marts.demand_daily"
    assert rows(con, demand) == [
        {"sku": "X", "business_date": date(2011, 3, 1), "units": 21, "orders": 3, "gross_sales": 40}
    ]


def test_demand_by_location_is_what_was_shipped_there_on_the_shops_day(shop):
    con, _ = shop
    moved(con, 1, "X", "LEICESTER", "received", 100, at("2011-06-01 00:00"))
    moved(con, 2, "X", "LEICESTER", "shipped", 4, local("2011-06-02 00:30"))
    moved(con, 3, "X", "LEICESTER", "shipped", 5, local("2011-06-02 23:30"))
    moved(con, 4, "X", "LONDON", "shipped", 6, local("2011-06-03 09:00"))
    moved(con, 5, "X", "LONDON", "returned", 2, local("2011-06-03 10:00"))
    moved(con, 6, "X", "LEICESTER", "returned", 1, local("2011-06-04 10:00"))
    build(shop)
    assert demand_parts(con, "location") == {
        ("X", "LEICESTER", "2011-06-02"): (9, None, None, 0),
        ("X", "LONDON", "2011-06-03"): (6, None, None, 2),
        ("X", "LEICESTER", "2011-06-04"): (0, None, None, 1),
    }


def test_a_sku_is_classed_by_its_share_of_the_last_years_margin(shop):
    con, _ = shop
    sold = {"A1": 70, "A2": 15, "B1": 10, "C1": 5, "OLD": 500}
    for number, (sku, margin) in enumerate(sold.items()):
        placed = "2010-03-01 10:00" if sku == "OLD" else "2011-03-01 10:00"
        order(con, f"shopify:{number}", (sku, "product", 10, 1 + margin / 10), placed_at=placed)
        add(con, "core.product", sku=sku, title=sku, product_kind="product", unit_cost=1)
    build(shop)
    found = con.execute("select sku, abc_class, mean_price from marts.product order by sku").fetchall()
    assert found == [
        ("A1", "A", Decimal("8")),
        ("A2", "A", Decimal("2.5")),
        ("B1", "B", Decimal("2")),
        ("C1", "C", Decimal("1.5")),
        ("OLD", None, None),
    ]


def test_stock_is_valued_at_cost(shop):
    con, _ = shop
    add(con, "core.product", sku="X", unit_cost=1.25)
    add(con, "core.stock_balance", sku="X", location_id="LONDON", on_hand=8, available=8)
    build(shop)
    assert con.execute("select stock_value from marts.inventory").fetchone() == (10,)


CHAMPION = {
    "demand_class": ["smooth"],
    "series": [3],
    "model_name": ["naive"],
    "wape": [0.5],
    "naive_wape": [None],
    "moving_average_wape": [0.7],
    "since": [date(2011, 6, 5)],
    "before": ["naive"],
    "challenger": [None],
    "gain": [None],
    "t_value": [None],
    "wins": [0],
    "origins": [0],
    "reason": ["the first"],
}


def test_a_frame_replaces_a_mart_in_the_contracts_columns_and_types(shop):
    con, _ = shop
    frame = pl.DataFrame(CHAMPION)
    assert marts.replace(con, "champion", frame) == 1
    assert marts.replace(con, "champion", frame.to_arrow()) == 1
    assert all(check.passed for check in contracts.check(con, "marts.champion"))
    assert con.execute("select * from marts.champion").fetchall() == [
        ("smooth", "naive", 3, 0.5, None, 0.7, date(2011, 6, 5), "naive", None, None, None, 0, 0, "the first")
    ]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame(CHAMPION).drop("wape"), r"missing columns \['wape'\]"),
        (pl.DataFrame(CHAMPION).with_columns(mape=pl.lit(1)), r"unexpected columns \['mape'\]"),
        (pl.DataFrame(CHAMPION).with_columns(series=pl.lit("three")), r"marts\.champion: .*three"),
        (pl.DataFrame(CHAMPION).with_columns(series=pl.lit(None)), r"marts\.champion: .*NULL"),
    ],
)
def test_a_frame_that_breaks_the_contract_is_refused_by_name(shop, frame, message):
    with pytest.raises(ContractError, match=message):
        marts.replace(shop[0], "champion", frame)
