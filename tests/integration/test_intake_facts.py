"""Documents to facts: what each channel's mapping makes of its documents, and of their later versions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.home import settings_for
from tests.support.intake import (
    SALES_HEADER,
    SHIPMENT_HEADER,
    Intake,
    amazon_items,
    amazon_order,
    facts,
    products,
    sales_row,
    shopify_order,
    shopify_refund,
)

LINES = (
    "SELECT line_id, line_no, sku, line_type, adjustment_kind, quantity, unit_price, amount "
    "FROM core.order_line"
)


@pytest.fixture
def intake(tmp_path):
    intake = Intake(settings_for(tmp_path))
    intake.put("erp/products/2011-11-30.csv", products())
    return intake


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


def woocommerce_order(**changes: object) -> dict:
    return {
        "id": 5,
        "number": "5",
        "status": "processing",
        "currency": "GBP",
        "date_created_gmt": "2011-12-01T23:30:00",
        "date_modified_gmt": "2011-12-01T23:30:00",
        "customer_id": 0,
        "billing": {"country": "France"},
        "shipping": {"country": ""},
        "line_items": [
            {
                "id": 1,
                "name": "Cakestand",
                "sku": "22423",
                "quantity": 2,
                "price": 10.0,
                "subtotal": "25.50",
                "total": "20.00",
            }
        ],
        "shipping_lines": [{"id": 2, "method_id": "flat_rate", "method_title": "Flat", "total": "7.00"}],
        "fee_lines": [
            {"id": 3, "name": "Manual", "total": "-1.50", "meta_data": [{"key": "code", "value": "M"}]}
        ],
    } | changes


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


def test_refunds_of_every_channel_give_back_their_own_lines(intake):
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1)])
    intake.put("shopify/refunds/2011-12-02.jsonl", [shopify_refund(7, 1)])
    intake.put("woocommerce/orders/2011-12-01.jsonl", [woocommerce_order()])
    back = {
        "id": 8,
        "date_created_gmt": "2011-12-02T10:00:00",
        "amount": "12.75",
        "line_items": [
            {
                "sku": "22423",
                "quantity": -1,
                "price": 12.75,
                "total": "-12.75",
                "meta_data": [{"key": "_refunded_item_id", "value": "1"}],
            }
        ],
        "meta_data": [{"key": "restock_type", "value": "cancel"}],
        "_links": {"up": [{"href": "https://shop.example.com/wp-json/wc/v3/orders/5"}]},
    }
    money = back | {"id": 9, "amount": "3.00", "line_items": []}
    intake.put("woocommerce/refunds/2011-12-02.jsonl", [back, money])
    intake.put("amazon/orders/2011-12-01.jsonl", [amazon_order("A-1")])
    intake.put("amazon/order_items/2011-12-01.jsonl", [amazon_items("A-1")])
    event = {
        "AmazonOrderId": "A-1",
        "SellerOrderId": "R-1",
        "PostedDate": "2011-12-02T10:00:00Z",
        "ShipmentItemAdjustmentList": [
            {
                "SellerSKU": "22423",
                "QuantityShipped": 2,
                "RestockType": "no_restock",
                "ItemChargeAdjustmentList": [
                    {"ChargeType": "Tax", "ChargeAmount": {"CurrencyCode": "GBP", "CurrencyAmount": -4}},
                    {
                        "ChargeType": "Principal",
                        "ChargeAmount": {"CurrencyCode": "GBP", "CurrencyAmount": -25.5},
                    },
                ],
            }
        ],
    }
    intake.put("amazon/refunds/2011-12-02.jsonl", [event])
    intake.run()
    assert intake.quarantine() == []
    assert intake.rows(
        "SELECT refund_id, order_id, order_line_id, sku, quantity, amount, restock_kind "
        "FROM core.refund INNER JOIN core.refund_line USING (refund_id) ORDER BY refund_id"
    ) == [
        ("amazon:R-1", "amazon:A-1", "101", "22423", Decimal(2), Decimal("25.5"), "no_restock"),
        ("shopify:7", "shopify:1", "11", "22423", Decimal(1), Decimal("12.75"), "return"),
        ("woocommerce:8", "woocommerce:5", "1", "22423", Decimal(1), Decimal("12.75"), "cancel"),
        ("woocommerce:9", "woocommerce:5", None, "M", Decimal(1), Decimal("3.00"), "no_restock"),
    ]


def test_a_credit_note_may_be_for_goods_sold_before_the_records_begin(intake):
    header = (
        "credit_note_no,line_no,note_lines,credit_date,original_order_no,original_line_no,customer_no,country,"
        "currency,item_code,description,quantity,unit_price,restock_type,exported_at"
    )
    old = (
        "C1,1,1,2011-12-01 10:00:00,,,16321,Australia,GBP,22423,Cakestand,2,10.95,return,2011-12-01T10:00:00Z"
    )
    lost = old.replace("C1,", "C2,").replace(",,,", ",W9,1,")
    intake.put("wholesale/credit_notes/2011-12-01.csv", "\n".join([header, old, lost]))
    intake.run()
    assert intake.rows("SELECT refund_id, order_id, customer_id, country FROM core.refund") == [
        ("wholesale:C1", None, "16321", "Australia")
    ]
    assert intake.quarantine() == [("credit_notes", "C2", "unknown_order")]


def test_the_ledger_takes_service_codes_with_their_sign_and_nothing_else(intake):
    header = (
        "entry_no,booked_at,channel,customer_no,country,currency,code,description,quantity,unit_price,"
        "exported_at"
    )
    rows = [
        "1-1,2011-07-01 00:30:00,shopify,,,GBP,d,Discount,-1,10.00,2011-07-01T00:00:00Z",
        "2-1,2011-07-01 00:30:00,shopify,17850,USA,GBP,B,Bad debt,1,-11062.06,2011-07-01T00:00:00Z",
        "3-1,2011-07-01 00:30:00,shopify,17850,USA,GBP,22423,Cakestand,1,1.00,2011-07-01T00:00:00Z",
        "4-1,2011-07-01 00:30:00,etsy,17850,USA,GBP,POST,Postage,1,1.00,2011-07-01T00:00:00Z",
        "5-1,2011-07-01 00:30:00,shopify,17850,USA,USD,POST,Postage,1,1.00,2011-07-01T00:00:00Z",
    ]
    intake.put("erp/ledger/2011-07-01.csv", "\n".join([header, *rows]))
    intake.run()
    assert intake.rows(
        "SELECT entry_id, channel_id, business_date, code, line_type, adjustment_kind, amount "
        "FROM core.ledger_entry ORDER BY 1"
    ) == [
        ("1-1", "shopify", date(2011, 7, 1), "D", "adjustment", "discount", Decimal("-10.00")),
        ("2-1", "shopify", date(2011, 7, 1), "B", "adjustment", "bad_debt", Decimal("-11062.06")),
    ]
    assert [code for _, _, code in intake.quarantine()] == ["bad_row", "unknown_channel", "unknown_currency"]


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


def test_facts_of_one_instant_come_in_the_order_in_which_they_can_be_applied(intake):
    now = "2011-12-05T10:00:00Z"
    intake.put("shopify/orders/2011-12-05.jsonl", [shopify_order(1, sent_at=now, cancelled_at=now)])
    intake.put("shopify/refunds/2011-12-05.jsonl", [shopify_refund(7, 1, sent_at=now)])
    intake.put("wms/shipments/2011-12-05.csv", f"{SHIPMENT_HEADER}\nS1,shopify,1,{now},Royal Mail,T1\n")
    intake.put(
        "wms/deliveries/2011-12-05.csv", f"shipment_no,channel,order_no,delivered_at\nS1,shopify,1,{now}\n"
    )
    intake.put(
        "wms/stock_counts/2011-12-05.csv",
        f"count_no,item_code,location,quantity,counted_at\nSC1,22423,LEICESTER,9,{now}\n",
    )
    intake.put(
        "erp/purchase_orders/2011-12-05.csv",
        "po_no,line_no,supplier_no,item_code,location,quantity,unit_cost,ordered_at,expected_at,exported_at\n"
        f"PO1,1,SUP01,22423,LEICESTER,12,1.5,{now},{now},{now}\n",
    )
    intake.put(
        "wms/receipts/2011-12-05.csv",
        "receipt_no,po_no,po_line_no,item_code,location,quantity,received_at\n"
        f"RC1,PO1,1,22423,LEICESTER,12,{now}\nRC2,,,22423,LEICESTER,1,{now}\n",
    )
    intake.put(
        "wms/stock_adjustments/2011-12-05.csv",
        f"adjustment_no,item_code,location,quantity,reason,adjusted_at\nSA1,22423,LEICESTER,-1,,{now}\n",
    )
    intake.run()
    assert intake.quarantine() == []
    assert intake.rows("SELECT fact_id FROM core.intake_fact ORDER BY apply_seq") == [
        (name,)
        for name in ("SC1", "PO1/1", "RC1", "RC2", "SA1", "shopify:1", "shopify:7", "shopify:1", "S1", "S1")
    ]
    assert intake.rows("SELECT receipt_id, purchase_order_line_id FROM core.receipt ORDER BY 1") == [
        ("RC1", "PO1/1"),
        ("RC2", None),
    ]
    assert intake.one("SELECT reason FROM core.stock_adjustment") == "unspecified"


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
    once = Intake(settings_for(tmp_path / "once"))
    once.put("erp/products/2011-11-30.csv", products())
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
    once = Intake(settings_for(tmp_path / "once"))
    once.put("erp/products/2011-11-30.csv", products())
    for each in (intake, once):
        troubled_week(each)
    once.run()
    intake.land(bytes_at_once=1)
    intake.interpret(bytes_at_once=1)
    assert len(intake.rows("FROM staging.interpreted")) > 3
    assert facts(intake) == facts(once)
