"""Documents to facts: what later versions of a document change, and what they may not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from tests.support.intake import (
    SALES_HEADER,
    amazon_items,
    amazon_order,
    products,
    sales_row,
    shopify_order,
)


def test_amazon_items_sent_again_with_other_trifles_say_nothing_new(intake):
    intake.put("amazon/orders/2011-12-01.jsonl", [amazon_order("A-1")])
    intake.put("amazon/order_items/2011-12-01.jsonl", [amazon_items("A-1")])
    intake.run()
    again = amazon_items("A-1")
    again["OrderItems"][0]["QuantityShipped"] = 2
    more = amazon_items("A-1", quantity=3)
    intake.put("amazon/order_items/2011-12-02.jsonl", [again])
    intake.put("amazon/order_items/2011-12-03.jsonl", [more])
    canceled = amazon_order("A-1", sent_at="2011-12-04T00:00:00Z", status="Canceled")
    intake.put("amazon/orders/2011-12-04.jsonl", [canceled])
    intake.run()
    assert intake.quarantine() == [("order_items", "A-1", "changed_order")]
    assert intake.rows("SELECT order_id, canceled_at FROM core.order_cancellation") == [
        ("amazon:A-1", datetime(2011, 12, 4, tzinfo=UTC))
    ]


def test_a_later_version_may_cancel_an_order_and_repeats_change_nothing(intake):
    canceled = shopify_order(
        1,
        sent_at="2011-12-02T09:00:00Z",
        cancelled_at="2011-12-02T09:00:00Z",
        cancel_reason="inventory",
        financial_status="refunded",
    )
    paid = shopify_order(1, sent_at="2011-12-01T12:00:00Z", financial_status="paid")
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1), paid])
    intake.put("shopify/orders/2011-12-02.jsonl", [canceled])
    intake.run()
    again = canceled | {"updated_at": "2011-12-03T09:00:00Z"}
    intake.put("shopify/orders/2011-12-03.jsonl", [again])
    intake.run()
    assert intake.quarantine() == []
    assert intake.rows(
        "SELECT order_id, cancel_reason, canceled_at, recorded_at FROM core.order_cancellation"
    ) == [
        ("shopify:1", "inventory", datetime(2011, 12, 2, 9, tzinfo=UTC), datetime(2011, 12, 2, 9, tzinfo=UTC))
    ]
    assert intake.rows("SELECT fact_kind, fact_id FROM core.intake_fact ORDER BY apply_seq") == [
        ("order", "shopify:1"),
        ("cancellation", "shopify:1"),
    ]


def test_a_version_older_than_the_one_applied_changes_nothing_and_is_told(intake):
    newest = shopify_order(1, sent_at="2011-12-03T00:00:00Z")
    intake.put("shopify/orders/2011-12-03.jsonl", [newest])
    intake.run()
    older = shopify_order(1, sent_at="2011-12-02T00:00:00Z", cancelled_at="2011-12-02T00:00:00Z")
    broken = shopify_order(1, sent_at="2011-12-01T00:00:00Z", currency="XTS")
    intake.put("shopify/orders/2011-12-03b.jsonl", [older, broken])
    assert intake.run().quarantined == 2
    assert intake.one("SELECT count(*) FROM core.order_cancellation") == 0
    assert intake.rows("SELECT reason_code, status, reason FROM raw.quarantine ORDER BY sent_at DESC")[0] == (
        "stale",
        "resolved",
        "order shopify:1: sent at 2011-12-02 00:00:00+00, older than the version of 2011-12-03 00:00:00+00 "
        "already applied",
    )
    assert intake.quarantine() == []


def test_a_version_with_other_lines_is_held_back(intake):
    changed = shopify_order(1, sent_at="2011-12-02T00:00:00Z")
    changed["line_items"][0]["quantity"] = 5
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1)])
    intake.put("shopify/orders/2011-12-02.jsonl", [changed])
    intake.run()
    assert intake.quarantine() == [("orders", "1", "changed_order")]
    assert intake.one("SELECT sum(quantity) FROM core.order_line WHERE sku = '22423'") == 2
    restored = shopify_order(1, sent_at="2011-12-03T00:00:00Z")
    intake.put("shopify/orders/2011-12-03.jsonl", [restored])
    intake.run()
    assert intake.quarantine() == []


def test_a_corrected_version_replaces_the_one_in_quarantine(intake):
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1, currency="XTS")])
    intake.run()
    intake.put("shopify/orders/2011-12-02.jsonl", [shopify_order(1, sent_at="2011-12-02T00:00:00Z")])
    intake.run()
    assert intake.orders() == ["shopify:1"]
    assert intake.quarantine() == []


def test_an_order_placed_and_canceled_at_one_instant_is_both(intake):
    rows = [
        sales_row("W1", 1, of=2, canceled_at="2011-12-01T09:30:00Z"),
        sales_row("W1", 1, of=2),
        sales_row("W1", 2, of=2, item_code="21733", canceled_at="2011-12-01T09:30:00Z"),
        sales_row("W1", 2, of=2, item_code="21733"),
    ]
    intake.put("wholesale/sales_orders/2011-12-01.csv", "\n".join([SALES_HEADER, *rows]))
    intake.run()
    assert intake.quarantine() == []
    assert intake.one("SELECT count(*) FROM core.order_line") == 2
    assert intake.one("SELECT count(*) FROM core.order_cancellation") == 1


def test_a_product_exported_again_stands_as_it_was_exported_last(intake):
    intake.run()
    again = products("22423", sent_at="2011-12-05T00:00:00Z").replace("1.5000", "1.7500")
    late = products("22423", sent_at="2011-12-01T00:00:00Z").replace("1.5000", "9.0000")
    intake.put("erp/products/2011-12-05.csv", again)
    intake.run()
    intake.put("erp/products/2011-12-06.csv", late)
    intake.run()
    assert intake.rows("SELECT sku, unit_cost FROM core.product WHERE sku = '22423'") == [
        ("22423", Decimal("1.75"))
    ]
    assert intake.one("SELECT count(*) FROM core.product") == 5
