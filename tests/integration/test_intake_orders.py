"""Documents to orders: what each channel's mapping makes of its order documents."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tests.support.intake import (
    SALES_HEADER,
    amazon_items,
    amazon_order,
    products,
    sales_row,
    shopify_order,
    woocommerce_order,
)

LINES = (
    "SELECT line_id, line_no, sku, line_type, adjustment_kind, quantity, unit_price, amount "
    "FROM core.order_line"
)


def test_a_shopify_order_becomes_header_lines_and_a_fact(intake):
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1)])
    report = intake.run()
    assert report.facts_out == {"product": 5, "order_header": 1, "order_line": 3, "intake_fact": 1}
    assert intake.rows(
        "SELECT order_id, order_number, customer_id, country, currency, business_date, is_test, "
        "promised_ship_by - placed_at, promised_deliver_by - placed_at FROM core.order_header"
    ) == [
        ("shopify:1", "#1", "17850", "United Kingdom", "GBP", date(2011, 12, 1), False)
        + (timedelta(days=2), timedelta(days=5))
    ]
    assert intake.rows(f"{LINES} ORDER BY line_no") == [
        ("11", 1, "22423", "product", None, Decimal(2), Decimal("12.75"), Decimal("25.50")),
        ("12", 2, "85123A", "product", None, Decimal(1), Decimal("2.50"), Decimal("2.50")),
        ("13", 3, "POST", "shipping", None, Decimal(1), Decimal("4.95"), Decimal("4.95")),
    ]


def test_codes_tell_goods_from_service_in_any_case_and_a_new_shipping_name_is_shipping(intake):
    codes = ["gift_0001_10", "test001", "m", "Bank Charges", " 22423 "]
    items = [
        {"id": place, "sku": code, "title": code, "quantity": 1, "price": "1.00"}
        for place, code in enumerate(codes, start=1)
    ]
    shipping = [{"code": "Express by balloon", "title": "Balloon", "price": "9.00"}]
    order = shopify_order(1, line_items=items, shipping_lines=shipping)
    intake.put("shopify/orders/2011-12-01.jsonl", [order])
    intake.run()
    told = "SELECT line_id, sku, line_type, adjustment_kind FROM core.order_line ORDER BY line_no"
    assert intake.rows(told) == [
        ("1", "GIFT_0001_10", "gift_card", None),
        ("2", "TEST001", "test", None),
        ("3", "M", "adjustment", "manual"),
        ("4", "BANK CHARGES", "adjustment", "bank_charge"),
        ("5", "22423", "product", None),
        ("shipping-1", "POST", "shipping", None),
    ]


def test_a_test_order_is_one_that_says_so_or_holds_test_lines_alone(intake):
    test_line = {"id": 1, "sku": "TEST001", "title": "x", "quantity": 5, "price": "4.50"}
    alone = shopify_order(1, line_items=[test_line], shipping_lines=[])
    mixed = shopify_order(2)
    mixed["line_items"].append(test_line)
    intake.put("shopify/orders/2011-12-01.jsonl", [alone, mixed, shopify_order(3, test=True)])
    intake.run()
    told = intake.rows("SELECT order_id, is_test FROM core.order_header ORDER BY 1")
    assert told == [("shopify:1", True), ("shopify:2", False), ("shopify:3", True)]


def test_an_amazon_order_is_joined_with_its_items_and_keeps_its_promises(intake):
    intake.put("amazon/orders/2011-12-01.jsonl", [amazon_order("A-1")])
    intake.put("amazon/order_items/2011-12-01.jsonl", [amazon_items("A-1")])
    intake.run()
    assert intake.rows(
        "SELECT customer_id, country, promised_ship_by, promised_deliver_by FROM core.order_header"
    ) == [
        ("13078", "United Kingdom")
        + (datetime(2011, 12, 3, 23, 59, 59, tzinfo=UTC), datetime(2011, 12, 6, 23, 59, 59, tzinfo=UTC))
    ]
    assert intake.rows(f"{LINES} ORDER BY line_no") == [
        ("101", 1, "22423", "product", None, Decimal(2), Decimal("12.75"), Decimal("25.50")),
        ("shipping", 2, "POST", "shipping", None, Decimal(1), Decimal("4.50"), Decimal("4.50")),
    ]


def test_a_total_that_does_not_divide_keeps_every_penny(intake):
    items = amazon_items("A-1", quantity=3, amount="10.00")
    items["OrderItems"][0]["ShippingPrice"]["Amount"] = "0.00"
    intake.put("amazon/orders/2011-12-01.jsonl", [amazon_order("A-1")])
    intake.put("amazon/order_items/2011-12-01.jsonl", [items])
    intake.run()
    assert intake.rows(f"{LINES} ORDER BY line_no") == [
        ("101", 1, "22423", "product", None, Decimal(3), Decimal("3.3333"), Decimal("9.9999")),
        (
            "101-rounding",
            2,
            "ROUNDING",
            "adjustment",
            "other",
            Decimal(1),
            Decimal("0.0001"),
            Decimal("0.0001"),
        ),
    ]


def test_a_woocommerce_order_keeps_its_discount_apart_from_its_gross(intake):
    intake.put("woocommerce/orders/2011-12-01.jsonl", [woocommerce_order()])
    intake.run()
    header = "SELECT customer_id, country, business_date FROM core.order_header"
    assert intake.rows(header) == [(None, "France", date(2011, 12, 1))]
    assert intake.rows(f"{LINES} ORDER BY line_no") == [
        ("1", 1, "22423", "product", None, Decimal(2), Decimal("12.75"), Decimal("25.50")),
        ("1-discount", 2, "D", "adjustment", "discount", Decimal(1), Decimal("-5.50"), Decimal("-5.50")),
        ("2", 3, "POST", "shipping", None, Decimal(1), Decimal("7.00"), Decimal("7.00")),
        ("3", 4, "M", "adjustment", "manual", Decimal(1), Decimal("-1.50"), Decimal("-1.50")),
    ]


def test_a_wholesale_order_is_placed_on_the_shops_clock(intake):
    row = sales_row("W1", 1, of=1, order_date="2011-07-01 00:30:00", exported_at="2011-07-01T06:00:00Z")
    intake.put("erp/products/2011-06-01.csv", products(sent_at="2011-06-01T00:00:00Z"))
    intake.put("wholesale/sales_orders/2011-07-01.csv", f"{SALES_HEADER}\n{row}\n")
    intake.run()
    assert intake.rows(
        "SELECT placed_at, business_date, promised_deliver_by, order_line.title "
        "FROM core.order_header INNER JOIN core.order_line USING (order_id)"
    ) == [
        (datetime(2011, 6, 30, 23, 30, tzinfo=UTC), date(2011, 7, 1))
        + (datetime(2011, 12, 7, tzinfo=UTC), 'Cakestand, "Regency"')
    ]
