"""Documents to facts: refunds, credit notes and the ledger, and the order in which facts can be applied."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.support.intake import (
    SHIPMENT_HEADER,
    amazon_items,
    amazon_order,
    shopify_order,
    shopify_refund,
    woocommerce_order,
)


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
