"""Core rows to marts: every line in its one measure, orders, days, products, and the sums that must agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.support.core_orders import build, order, refund
from tests.support.core_rows import add, at, rows
from warehouse import contracts, marts


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


def test_every_line_lands_in_the_one_measure_it_belongs_to(core):
    con, _ = core
    small_ledger(con)
    build(core)
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


def test_what_is_built_keeps_every_contract_and_reconciles(core):
    con, _ = core
    small_ledger(con)
    built = build(core)
    checks = [check for name in built for check in contracts.check(con, f"marts.{name}")]
    checks += marts.reconcile(con)
    assert [check for check in checks if not check.passed] == []
    assert len({check.check_name for check in checks}) == len(checks)


def test_an_empty_warehouse_builds_empty_marts_that_reconcile(core):
    con, _ = core
    assert set(build(core).values()) == {0}
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
def test_a_penny_or_a_line_gone_astray_fails_the_reconciliation(core, tampering, subject):
    con, _ = core
    small_ledger(con)
    build(core)
    con.execute(tampering)
    assert subject in {check.subject for check in marts.reconcile(con) if not check.passed}


def test_an_order_knows_its_product_lines_and_whether_its_customer_is_new(core):
    con, _ = core
    small_ledger(con)
    build(core)
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


def test_days_without_a_sale_stand_in_kpi_daily_up_to_the_day_before_as_of(core):
    con, settings = core
    small_ledger(con)
    build(core, as_of=at("2011-03-10 00:00"))
    assert con.execute(
        "select count(*), min(business_date), max(business_date) from marts.kpi_daily"
    ).fetchone() == (9 * len(settings.channels), date(2011, 3, 1), date(2011, 3, 9))
    first = rows(
        con,
        "select gross_sales, discounts, net_sales, shipping, total_sales, orders, units, customers, "
        "new_customers from marts.kpi_daily where business_date = '2011-03-01' and channel_id = 'shopify'",
    )[0]
    assert [float(value) for value in first.values()] == [25, 2, 23, 3.5, 26.5, 1, 15, 1, 1]


def test_a_sku_is_classed_by_its_share_of_the_last_years_margin(core):
    con, _ = core
    sold = {"A1": 70, "A2": 15, "B1": 10, "C1": 5, "OLD": 500}
    for number, (sku, margin) in enumerate(sold.items()):
        placed = "2010-03-01 10:00" if sku == "OLD" else "2011-03-01 10:00"
        order(con, f"shopify:{number}", (sku, "product", 10, 1 + margin / 10), placed_at=placed)
        add(con, "core.product", sku=sku, title=sku, product_kind="product", unit_cost=1)
    build(core)
    found = con.execute("select sku, abc_class, mean_price from marts.product order by sku").fetchall()
    assert found == [
        ("A1", "A", Decimal("8")),
        ("A2", "A", Decimal("2.5")),
        ("B1", "B", Decimal("2")),
        ("C1", "C", Decimal("1.5")),
        ("OLD", None, None),
    ]


def test_stock_is_valued_at_cost(core):
    con, _ = core
    add(con, "core.product", sku="X", unit_cost=1.25)
    add(con, "core.stock_balance", sku="X", location_id="LONDON", on_hand=8, available=8)
    build(core)
    assert con.execute("select stock_value from marts.inventory").fetchone() == (10,)
