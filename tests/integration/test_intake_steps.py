"""Intake in any number of steps leaves the facts that one run at the end leaves."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.support.intake import (
    SHIPMENT_HEADER,
    Intake,
    amazon_items,
    amazon_order,
    facts,
    known,
    products,
    shopify_order,
    shopify_refund,
)


def troubled_week(intake: Intake) -> None:
    """Six days in which little arrives in order."""
    intake.put("erp/products/2011-12-04.csv", products("NEW1", sent_at="2011-12-04T06:00:00Z"))
    unknown = shopify_order(2, sent_at="2011-12-02T10:00:00Z")
    unknown["line_items"][0]["sku"] = "NEW1"
    corrected = shopify_order(2, sent_at="2011-12-03T10:00:00Z")
    changed = shopify_order(1, sent_at="2011-12-04T10:00:00Z", currency="GBP")
    changed["line_items"][0]["quantity"] = 9
    canceled = shopify_order(1, sent_at="2011-12-05T10:00:00Z", cancelled_at="2011-12-05T10:00:00Z")
    waiting = shopify_order(3, sent_at="2011-12-01T11:00:00Z")
    waiting["line_items"][1]["sku"] = "NEW1"
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1), waiting])
    intake.put("shopify/orders/2011-12-02.jsonl", [unknown])
    intake.put("shopify/orders/2011-12-03.jsonl", [corrected])
    intake.put("shopify/orders/2011-12-05.jsonl", [changed, canceled, shopify_order(1)])
    refunds = [shopify_refund(7, 3, sent_at="2011-12-02T08:00:00Z"), shopify_refund(8, 2)]
    intake.put("shopify/refunds/2011-12-02.jsonl", refunds)
    intake.put("amazon/orders/2011-12-01.jsonl", [amazon_order("A-1")])
    again = amazon_order("A-1", sent_at="2011-12-02T00:00:00Z", status="Canceled")
    intake.put("amazon/orders/2011-12-02.jsonl", [again])
    intake.put("amazon/order_items/2011-12-03.jsonl", [amazon_items("A-1")])
    shipped = "S3,shopify,3,2011-12-03T09:00:00Z,Royal Mail,T3"
    intake.put("wms/shipments/2011-12-03.csv", f"{SHIPMENT_HEADER}\n{shipped}\n")


def test_a_week_day_by_day_leaves_the_facts_that_one_run_at_the_end_leaves(tmp_path, intake):
    once = known(tmp_path / "once")
    for each in (intake, once):
        troubled_week(each)
    once.run()
    for day in range(1, 8):
        intake.run(datetime(2011, 12, day, tzinfo=UTC))
    assert facts(intake) == facts(once)
    assert once.orders() == ["amazon:A-1", "shopify:1", "shopify:2", "shopify:3"]
    stream = [(kind, fact) for _, kind, fact, _ in facts(once)["intake_fact"]]
    assert stream == [
        ("order", "shopify:1"),
        ("order", "amazon:A-1"),
        ("cancellation", "amazon:A-1"),
        ("order", "shopify:2"),
        ("refund", "shopify:8"),
        ("order", "shopify:3"),
        ("refund", "shopify:7"),
        ("shipment", "S3"),
        ("cancellation", "shopify:1"),
    ]


def test_steps_of_any_size_leave_the_same_facts(tmp_path, intake):
    once = known(tmp_path / "once")
    for each in (intake, once):
        troubled_week(each)
    once.run()
    intake.land(bytes_at_once=1)
    intake.interpret(bytes_at_once=1)
    assert len(intake.rows("FROM staging.interpreted")) > 3
    assert facts(intake) == facts(once)
