"""Bad input: the good documents go through, the bad ones wait in quarantine with their reason."""

from __future__ import annotations

import copy
import dataclasses
import json
from decimal import Decimal

import pytest

from tests.support.intake import (
    SALES_HEADER,
    SHIPMENT_HEADER,
    Intake,
    amazon_items,
    amazon_order,
    known,
    lines,
    products,
    sales_row,
    shopify_order,
    shopify_refund,
)

COUNT_HEADER = "count_no,item_code,location,quantity,counted_at"


def with_line(**changes: object) -> dict:
    order = copy.deepcopy(shopify_order(2))
    order["line_items"][1] |= changes
    return order


def without(order: dict, *path: str) -> dict:
    order = copy.deepcopy(order)
    place = order
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return order


BAD_ORDERS = {
    "negative price": (
        with_line(price="-2.50"),
        "negative_price",
        "line 2: price -2.50, 0 or more is allowed",
    ),
    "text for a price": (with_line(price="two"), "bad_value", "line 2: price two is not a number"),
    "negative quantity": (with_line(quantity=-1), "negative_quantity", "line 2: quantity -1, more than 0"),
    "no quantity at all": (with_line(quantity=0), "negative_quantity", "line 2: quantity 0, more than 0"),
    "half a unit": (with_line(quantity=1.5), "fractional_quantity", "line 2: quantity 1.5, whole units"),
    "unknown sku": (with_line(sku="99999Z"), "unknown_sku", "line 2: sku 99999Z is not in the product list"),
    "empty sku": (with_line(sku=""), "missing_field", "line 2: sku is missing"),
    "line without id": (
        with_line(id=None),
        "missing_field",
        "line 2: id is missing (the document lacks line_items.id)",
    ),
    "price missing": (
        without(shopify_order(2), "line_items"),
        "missing_field",
        "the document lacks line_items",
    ),
    "no lines": (
        shopify_order(2, line_items=[], shipping_lines=[]),
        "missing_field",
        "its lines are missing",
    ),
    "lines that are no list": (shopify_order(2, line_items="none"), "missing_field", "its lines are missing"),
    "line id twice": (with_line(id=21), "bad_value", "line id 21 stands twice"),
    "unknown currency": (shopify_order(2, currency="XTS"), "unknown_currency", "XTS; allowed: GBP"),
    "no currency": (shopify_order(2, currency=None), "missing_field", "the document lacks currency"),
    "no country": (
        shopify_order(2, shipping_address=None),
        "missing_field",
        "lacks shipping_address.country",
    ),
    "no date": (without(shopify_order(2), "created_at"), "missing_field", "the document lacks created_at"),
    "no real date": (shopify_order(2, created_at="2011-13-45"), "bad_value", "2011-13-45 is not a time"),
    "a date to come": (
        shopify_order(2, created_at="2099-01-01T00:00:00Z"),
        "bad_value",
        "placed at 2099-01-01",
    ),
    "canceled before placed": (
        shopify_order(2, cancelled_at="2011-11-01T00:00:00Z"),
        "bad_value",
        "canceled at 2011-11-01T00:00:00Z, before it was placed",
    ),
    "more than fits": (with_line(quantity=10**14, price="99999999"), "bad_value", "is more than fits"),
    "no id": (without(shopify_order(2), "id"), "missing_field", "id is missing"),
}


@pytest.fixture(scope="module")
def held_back(tmp_path_factory):
    """Good orders around every bad one in one file: what is told of each line, and lines per order."""
    intake = known(tmp_path_factory.mktemp("bad orders"))
    bad = [
        order | ({"id": 100 + place} if "id" in order else {})
        for place, (order, *_) in enumerate(BAD_ORDERS.values())
    ]
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1), *bad, shopify_order(3)])
    assert intake.run().quarantined == len(bad)
    told = intake.rows("SELECT line_no, reason_code, reason, status FROM raw.quarantine")
    return {line: rest for line, *rest in told}, intake.rows(
        "SELECT order_id, count(*) FROM core.order_line GROUP BY ALL"
    )


@pytest.mark.parametrize("case", BAD_ORDERS)
def test_a_bad_order_is_held_back_and_says_why(held_back, case):
    _, code, reason = BAD_ORDERS[case]
    found_code, found_reason, status = held_back[0][2 + list(BAD_ORDERS).index(case)]
    assert (found_code, status) == (code, "open")
    assert reason in found_reason


def test_bad_orders_take_all_their_lines_with_them_and_good_ones_go_through(held_back):
    assert sorted(held_back[1]) == [("shopify:1", 3), ("shopify:3", 3)]


def test_lines_that_are_no_documents_cost_those_lines_only(intake):
    reasons = {
        '{"id": 2, "line_items": [{"id": 5': "not JSON: Expecting ',' delimiter at place 34 of 33",
        "{'id': 2}": "not JSON: Expecting property name enclosed in double quotes at place 2 of 9",
        '"just text"': "not a JSON object",
        "[1, 2]": "not a JSON object",
        "null": "not a JSON object",
        "[" * 100_000: "not JSON that can be read: nested too deep, or a number of thousands of digits",
        '{"id": '
        + "1" * 5000
        + "x}": "not JSON that can be read: nested too deep, or a number of thousands of digits",
        '{"updated_at": "2011-12-01T00:00:00Z"}': "id, created_at, currency",
    }
    text = lines([shopify_order(1)]) + "\n".join(reasons) + "\n" + lines([shopify_order(3)])
    intake.put("shopify/orders/2011-12-01.jsonl", text)
    intake.run()
    assert intake.orders() == ["shopify:1", "shopify:3"]
    told = dict(
        intake.rows("SELECT body, reason FROM raw.quarantine INNER JOIN raw.document USING (document_seq)")
    )
    assert set(told) == set(reasons)
    assert all(told[line].startswith(reason) for line, reason in reasons.items()), told


def test_the_broken_line_of_a_file_put_right_is_resolved(intake):
    whole = lines([shopify_order(1), shopify_order(2)])
    path = intake.put("shopify/orders/2011-12-01.jsonl", whole[:-40])
    intake.run()
    assert intake.orders() == ["shopify:1"]
    path.write_text(whole, encoding="utf-8")
    intake.run()
    assert intake.orders() == ["shopify:1", "shopify:2"]
    assert intake.quarantine() == []


def test_rows_in_another_encoding_are_held_back_and_the_rest_goes_through(intake):
    text = lines([shopify_order(1), shopify_order(2)])
    odd = json.dumps(shopify_order(3, note="caf\u00e9"), ensure_ascii=False)
    path = intake.put("shopify/orders/2011-12-01.jsonl", text.encode() + odd.encode("latin-1") + b"\n")
    intake.run()
    assert intake.orders() == ["shopify:1", "shopify:2"]
    assert intake.quarantine() == [("orders", "3", "bad_encoding")]
    assert "is not UTF-8; UTF-8 is expected" in intake.one("SELECT reason FROM raw.quarantine")
    assert intake.run().documents_in == 0
    path.write_bytes(text.encode() + odd.encode())
    intake.run()
    assert intake.orders() == ["shopify:1", "shopify:2", "shopify:3"]
    assert intake.quarantine() == []


def test_a_file_in_utf16_is_told_until_it_is_delivered_anew(intake):
    text = lines([shopify_order(1)])
    path = intake.put("shopify/orders/2011-12-01.jsonl", text.encode("utf-16"))
    intake.put("shopify/orders/2011-12-02.jsonl", [shopify_order(2)])
    intake.run()
    intake.run()
    assert intake.orders() == ["shopify:2"]
    assert intake.quarantine() == [("orders", "", "bad_encoding")]
    path.write_text(text, encoding="utf-8")
    intake.run()
    assert intake.orders() == ["shopify:1", "shopify:2"]
    assert intake.quarantine() == []


def test_an_order_with_a_shifted_row_is_held_back_whole(intake):
    shifted = sales_row("W2", 1, of=2, description='"Cakestand","extra"')
    rows = [
        sales_row("W1", 1, of=1),
        shifted,
        sales_row("W2", 2, of=2),
        sales_row("W3", 1, of=1, quantity="a dozen"),
        sales_row("W4", 1, of=1, unit_price="-1"),
        "W5,1",
    ]
    intake.put("wholesale/sales_orders/2011-12-01.csv", "\n".join([SALES_HEADER, *rows]))
    intake.run()
    assert intake.orders() == ["wholesale:W1"]
    assert sorted(intake.quarantine()) == [
        ("sales_orders", "W2", "bad_row"),
        ("sales_orders", "W3", "bad_row"),
        ("sales_orders", "W4", "negative_price"),
        ("sales_orders", "W5", "bad_row"),
    ]
    reasons = dict(intake.rows("SELECT external_id, reason FROM raw.quarantine"))
    assert reasons["W2"] == "row 1 of the document has 15 fields; the header names 14"
    assert reasons["W3"] == "line 1: quantity a dozen is not a number"


def test_columns_may_stand_in_any_order_and_unknown_ones_are_ignored(intake):
    names = SALES_HEADER.split(",")
    values = sales_row("W1", 1, of=1, description="Cakestand").split(",")
    turned = list(reversed(list(zip(names, values, strict=True))))
    header = ",".join(["colour", *(name for name, _ in turned)])
    row = ",".join(["red", *(value for _, value in turned)])
    intake.put("wholesale/sales_orders/2011-12-01.csv", f"{header}\n{row}\n")
    intake.run()
    assert intake.rows("SELECT sku, quantity, amount FROM core.order_line") == [
        ("22423", 24, Decimal("262.80"))
    ]


def test_a_file_whose_header_lacks_a_column_is_told_by_name(intake):
    header = SALES_HEADER.replace("unit_price,", "")
    path = intake.put("wholesale/sales_orders/2011-12-01.csv", f"{header}\nW1,1\n")
    intake.run()
    assert intake.quarantine() == [("sales_orders", "", "missing_field")]
    assert "lacks unit_price" in intake.one("SELECT reason FROM raw.quarantine")
    path.write_text(f"{SALES_HEADER}\n{sales_row('W1', 1, of=1)}\n", encoding="utf-8")
    intake.run()
    assert intake.quarantine() == []
    assert intake.orders() == ["wholesale:W1"]


def test_an_order_with_a_row_missing_waits_for_the_whole_order(intake):
    rows = [sales_row("W1", 1, of=3), sales_row("W1", 3, of=3)]
    intake.put("wholesale/sales_orders/2011-12-01.csv", "\n".join([SALES_HEADER, *rows]))
    intake.run()
    assert intake.orders() == []
    assert intake.one("SELECT reason FROM raw.quarantine") == "order wholesale:W1: 2 of 3 rows are here"
    whole = [sales_row("W1", number, of=3, exported_at="2011-12-02T00:00:00Z") for number in (1, 2, 3)]
    intake.put("wholesale/sales_orders/2011-12-02.csv", "\n".join([SALES_HEADER, *whole]))
    intake.run()
    assert intake.orders() == ["wholesale:W1"]
    assert intake.quarantine() == []


def test_an_order_waits_for_its_sku_and_goes_through_once_it_is_known(intake):
    order = shopify_order(1)
    order["line_items"][0]["sku"] = "NEW1"
    intake.put("shopify/orders/2011-12-01.jsonl", [order])
    intake.run()
    assert intake.quarantine() == [("orders", "1", "unknown_sku")]
    intake.put("erp/products/2011-12-05.csv", products("new1", sent_at="2011-12-05T00:00:00Z"))
    assert intake.run().documents_in == 2
    assert intake.orders() == ["shopify:1"]
    assert intake.quarantine() == []
    recorded = "SELECT recorded_at::VARCHAR FROM core.order_header"
    assert intake.one(recorded) == "2011-12-05 00:00:00+00"


def test_facts_of_an_unknown_order_wait_for_it(intake):
    shipment = "S1,shopify,1,2011-12-02T08:00:00Z,Royal Mail,T1"
    intake.put("wms/shipments/2011-12-02.csv", f"{SHIPMENT_HEADER}\n{shipment}\n")
    delivery = "shipment_no,channel,order_no,delivered_at\nS1,shopify,1,2011-12-03T08:00:00Z\n"
    intake.put("wms/deliveries/2011-12-03.csv", delivery)
    intake.put("shopify/refunds/2011-12-02.jsonl", [shopify_refund(7, 1)])
    intake.run()
    assert {code for _, _, code in intake.quarantine()} == {"unknown_order"}
    intake.put("shopify/orders/2011-12-04.jsonl", [shopify_order(1, sent_at="2011-12-04T00:00:00Z")])
    intake.run()
    assert intake.quarantine() == []
    assert intake.rows("SELECT fact_kind, fact_id FROM core.intake_fact ORDER BY apply_seq") == [
        ("order", "shopify:1"),
        ("refund", "shopify:7"),
        ("shipment", "S1"),
        ("delivery", "S1"),
    ]


def test_a_refund_of_a_line_the_order_does_not_have_is_held_back(intake):
    refund = shopify_refund(7, 1)
    refund["refund_line_items"][0]["line_item_id"] = 999
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1)])
    intake.put("shopify/refunds/2011-12-02.jsonl", [refund])
    intake.run()
    assert intake.one("SELECT reason FROM raw.quarantine") == "order shopify:1 has no line 999"


BAD_COUNTS = {
    "C10,99999,LEICESTER,4,2011-12-01T08:00:00Z": ("unknown_sku", "sku 99999 is not in the product list"),
    "C11,22423,PARIS,4,2011-12-01T08:00:00Z": ("unknown_location", "location PARIS is not in the settings"),
    "C12,22423,LEICESTER,-4,2011-12-01T08:00:00Z": (
        "negative_quantity",
        "quantity -4.000, 0 or more is allowed",
    ),
    "C13,22423,LEICESTER,4.5,2011-12-01T08:00:00Z": (
        "fractional_quantity",
        "quantity 4.500, whole units are allowed",
    ),
    "C14,22423,LEICESTER,many,2011-12-01T08:00:00Z": ("bad_row", "quantity many is not a number that fits"),
    "C15,22423,LEICESTER,4,yesterday": ("bad_row", "counted_at yesterday is not a time"),
    "C16,22423,LEICESTER,,2011-12-01T08:00:00Z": ("missing_field", "quantity is missing"),
    ",22423,LEICESTER,4,2011-12-01T08:00:00Z": ("bad_row", "the row has no count_no"),
    "C17,22423,LEICESTER,4": ("bad_row", "row 1 of the document has 4 fields; the header names 5"),
}


def test_bad_rows_of_the_back_office_are_held_back_and_say_why(intake):
    good = "C2,22423,LONDON,7,2011-12-01T08:00:00Z"
    intake.put("wms/stock_counts/2011-12-01.csv", "\n".join([COUNT_HEADER, *BAD_COUNTS, good]))
    intake.run()
    assert intake.rows("SELECT count_id, quantity FROM core.stock_count") == [("C2", 7)]
    told = intake.rows("SELECT reason_code, reason FROM raw.quarantine ORDER BY line_no")
    assert told == list(BAD_COUNTS.values())


def test_half_an_amazon_order_waits_for_the_other_half(intake):
    intake.put("amazon/orders/2011-12-01.jsonl", [amazon_order("A-1")])
    intake.put("amazon/order_items/2011-12-01.jsonl", [amazon_items("A-2")])
    intake.run()
    assert intake.quarantine() == [("orders", "A-1", "incomplete")]
    intake.put("shopify/orders/2011-12-02.jsonl", [shopify_order(1, sent_at="2011-12-02T08:00:00Z")])
    intake.run()
    assert intake.quarantine() == [("orders", "A-1", "incomplete"), ("order_items", "A-2", "incomplete")]
    intake.put("amazon/orders/2011-12-02.jsonl", [amazon_order("A-2")])
    intake.put("amazon/order_items/2011-12-03.jsonl", [amazon_items("A-1")])
    intake.run()
    assert intake.orders() == ["amazon:A-1", "amazon:A-2", "shopify:1"]
    assert intake.quarantine() == []
    recorded = intake.rows("SELECT order_id, recorded_at::VARCHAR FROM core.order_header ORDER BY 1")
    assert recorded == [
        ("amazon:A-1", "2011-12-03 00:00:00+00"),
        ("amazon:A-2", "2011-12-01 09:00:00+00"),
        ("shopify:1", "2011-12-02 08:00:00+00"),
    ]


def test_a_currency_the_settings_come_to_accept_goes_through(intake):
    intake.put("shopify/orders/2011-12-01.jsonl", [shopify_order(1, currency="EUR")])
    intake.run()
    assert intake.quarantine() == [("orders", "1", "unknown_currency")]
    shop = dataclasses.replace(intake.settings.shop, currencies=("GBP", "EUR"))
    Intake(dataclasses.replace(intake.settings, shop=shop)).run()
    assert intake.orders() == ["shopify:1"]
