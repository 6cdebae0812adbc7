"""The channels' own published examples are understood; copies are adapted where an example stands alone."""

from __future__ import annotations

import copy
import dataclasses
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from oms_ops.channels import adapters
from tests.support.home import settings_for
from tests.support.intake import Intake, products

EXAMPLES = Path(__file__).resolve().parent.parent / "fixtures" / "channels"
SKUS = ("IPOD2008GREEN", "IPOD2008RED", "IPOD2008BLACK", "BAR3", "WOO1", "CBA_OTF_1", "CBA_OTF_5")


def example(name: str) -> object:
    return json.loads((EXAMPLES / name).read_text(encoding="utf-8"))


@pytest.fixture
def intake(tmp_path):
    settings = settings_for(tmp_path)
    shop = dataclasses.replace(settings.shop, currencies=("USD", "JPY"))
    intake = Intake(dataclasses.replace(settings, shop=shop))
    intake.put("erp/products/2008-01-01.csv", products(*SKUS, sent_at="2008-01-01T00:00:00Z"))
    return intake


def run(intake: Intake) -> None:
    intake.run(datetime(2026, 1, 1, tzinfo=UTC))


def order_lines(intake: Intake) -> list[tuple]:
    return intake.rows(
        "SELECT line_id, sku, line_type, quantity, amount FROM core.order_line ORDER BY line_no"
    )


def test_shopifys_example_order_and_refund_are_understood_as_they_are(intake):
    for kind, name in (("orders", "shopify_order.json"), ("refunds", "shopify_refund.json")):
        intake.put(f"shopify/{kind}/2016-06-20.json", (EXAMPLES / name).read_text(encoding="utf-8"))
    run(intake)
    assert intake.quarantine() == []
    assert intake.rows(
        "SELECT order_id, order_number, customer_id, country, currency, placed_at, business_date, is_test "
        "FROM core.order_header"
    ) == [
        ("shopify:450789469", "#1001", "207119551", "United States", "USD")
        + (datetime(2008, 1, 10, 16, tzinfo=UTC), date(2008, 1, 10), False)
    ]
    assert order_lines(intake) == [
        ("466157049", "IPOD2008GREEN", "product", 1, 199),
        ("518995019", "IPOD2008RED", "product", 1, 199),
        ("703073504", "IPOD2008BLACK", "product", 1, 199),
        ("shipping-1", "POST", "shipping", 1, 0),
    ]
    assert intake.rows(
        "SELECT order_id, order_line_id, sku, quantity, amount, restock_kind "
        "FROM core.refund INNER JOIN core.refund_line USING (refund_id) ORDER BY line_no"
    ) == [
        ("shopify:450789469", "703073504", "IPOD2008BLACK", 1, 199, "return"),
        ("shopify:450789469", "466157049", "IPOD2008GREEN", 1, 199, "return"),
    ]


def test_woocommerces_example_order_is_understood_but_for_a_line_without_sku(intake):
    order = example("woocommerce_order.json")
    intake.put("woocommerce/orders/2017-03-22.jsonl", [order])
    run(intake)
    assert intake.quarantine() == [("orders", "727", "missing_field")]
    assert intake.one("SELECT reason FROM raw.quarantine") == "line 1: sku is missing"

    named = copy.deepcopy(order)
    named["line_items"][0]["sku"] = "woo1"
    intake.put("woocommerce/orders/2017-03-22.jsonl", [named])
    run(intake)
    assert intake.quarantine() == []
    assert intake.rows("SELECT customer_id, country, currency, placed_at FROM core.order_header") == [
        (None, "US", "USD", datetime(2017, 3, 22, 19, 28, 2, tzinfo=UTC))
    ]
    assert order_lines(intake) == [
        ("315", "WOO1", "product", 2, 6),
        ("316", "BAR3", "product", 1, 12),
        ("317", "POST", "shipping", 1, 10),
    ]


def test_woocommerces_example_refunds_are_understood_once_their_order_is_the_example_order(intake):
    order = example("woocommerce_order.json")
    order["line_items"][0]["sku"] = "woo1"
    refunds = json.dumps(example("woocommerce_refunds.json"), indent=2)
    ours = refunds.replace("orders/723", "orders/727").replace('"value": "311"', '"value": "315"')
    intake.put("woocommerce/orders/2017-03-22.jsonl", [order])
    intake.put("woocommerce/refunds/2017-03-21.json", ours)
    run(intake)
    assert intake.quarantine() == []
    assert intake.rows(
        "SELECT refund_id, order_line_id, sku, line_type, quantity, amount, restock_kind "
        "FROM core.refund_line ORDER BY refund_id"
    ) == [
        ("woocommerce:724", "315", "WOO1", "product", 1, 9, "return"),
        ("woocommerce:726", None, "M", "adjustment", 1, 10, "no_restock"),
    ]


def test_amazons_example_page_and_items_are_understood_once_they_are_of_one_order(intake):
    page, items = example("amazon_orders_page.json"), example("amazon_order_items.json")
    items["payload"]["AmazonOrderId"] = page["payload"]["Orders"][0]["AmazonOrderId"]
    intake.put("amazon/orders/2017-01-20.json", json.dumps(page, indent=4))
    intake.put("amazon/order_items/2017-01-20.json", json.dumps(items, indent=4))
    run(intake)
    assert intake.quarantine() == []
    assert intake.rows(
        "SELECT order_number, customer_id, country, currency, promised_ship_by FROM core.order_header"
    ) == [
        ("902-3159896-1390916", "user", "USA", "JPY", datetime(2017, 1, 25, 19, 49, 35, tzinfo=UTC)),
    ]
    assert order_lines(intake) == [
        ("68828574383266", "CBA_OTF_1", "product", 1, Decimal("25.99")),
        ("79039765272157", "CBA_OTF_5", "product", 2, Decimal("17.95")),
        ("shipping", "POST", "shipping", 1, Decimal("1.26")),
    ]


@pytest.mark.parametrize(
    ("adapter", "kind", "document"),
    [
        ("shopify", "orders", example("shopify_order.json")["order"]),
        ("shopify", "refunds", example("shopify_refund.json")["refund"]),
        ("woocommerce", "orders", example("woocommerce_order.json")),
        ("woocommerce", "refunds", example("woocommerce_refunds.json")[0]),
        ("amazon", "orders", example("amazon_orders_page.json")["payload"]["Orders"][0]),
        ("amazon", "order_items", example("amazon_order_items.json")["payload"]),
    ],
)
def test_every_example_is_structurally_its_channels_own_and_no_other_channels(adapter, kind, document):
    assert adapters()[adapter].verify(kind, document) == []
    strangers = {"shopify", "woocommerce", "amazon"} - {adapter}
    assert all(adapters()[stranger].verify("orders", document) for stranger in strangers)
