"""The generated inbox against the real ledger, by routes that share nothing with the generator.

All of it reads one sample of three and a half weeks; how a sample comes to be is test_sample_generation.py.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from sample.generate import generate
from tests.support.sample_inbox import SERVICE, cut, documents, files, ordered_lines, refunded_lines

STOCK_FEEDS = (
    ("receipts", "received_at"),
    ("stock_counts", "counted_at"),
    ("stock_adjustments", "adjusted_at"),
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory) -> Path:
    return cut(tmp_path_factory.mktemp("ledger") / "weeks.parquet", "2010-11-24", "2010-12-18")


@pytest.fixture(scope="module")
def home(ledger, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("sample")
    generate(place, source=ledger, threads=2)
    return place


@pytest.fixture(scope="module")
def kept(ledger) -> pl.DataFrame:
    """The ledger's lines without the second sheet's repeats, with the type and the destination of each."""
    lines = (
        pl.read_parquet(ledger)
        .with_columns(pl.col("Invoice", "StockCode", "sheet").cast(pl.String))
        .with_columns(
            pl.col("StockCode").str.strip_chars().str.to_uppercase().alias("code"),
            (pl.col("Price") * 10_000).round().cast(pl.Int64).alias("price_e4"),
            (pl.col("sheet") == pl.col("sheet").min().over("Invoice")).alias("is_kept"),
        )
    )
    lines = lines.filter("is_kept").with_columns(
        (pl.col("price_e4") * pl.col("Quantity")).alias("amount_e4"),
        (
            ~pl.col("code").is_in(list(SERVICE))
            & ~pl.col("code").str.starts_with("GIFT")
            & ~pl.col("code").is_in(["TEST001", "TEST002"])
        ).alias("is_product"),
        (~pl.col("code").is_in(list(SERVICE))).alias("is_goods"),
        pl.col("Invoice").str.slice(0, 1).alias("letter"),
        ((pl.col("Price") == 0).all() & pl.col("Customer ID").is_null().all())
        .over("Invoice")
        .alias("is_note"),
    )
    goods = pl.col("is_goods").any().over("Invoice")
    return lines.with_columns(
        pl.when(pl.col("letter") == "A").then(pl.lit("ledger"))
        .when((pl.col("letter") == "C") & pl.col("is_goods")).then(pl.lit("credit"))
        .when(pl.col("letter") == "C").then(pl.lit("ledger"))
        .when(pl.col("is_note") & pl.col("is_goods")).then(pl.lit("note"))
        .when(pl.col("is_note") | ~goods).then(pl.lit("ledger"))
        .otherwise(pl.lit("order")).alias("destination")
    )  # fmt: skip


def by_month(rows) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for month, amount in rows:
        total[month] += int(amount * 10_000)
    return dict(total)


def source_by_month(lines: pl.DataFrame) -> dict[str, int]:
    placed = lines.with_columns(pl.col("InvoiceDate").dt.strftime("%Y-%m").alias("month"))
    return dict(placed.group_by("month").agg(pl.col("amount_e4").sum()).iter_rows())


def is_product(code: str) -> bool:
    upper = code.upper()
    return upper not in SERVICE and not upper.startswith(("GIFT", "TEST00"))


def test_the_same_seed_gives_the_same_bytes_on_one_thread_and_on_two(home, ledger, tmp_path):
    generate(tmp_path, source=ledger, threads=1)
    assert files(tmp_path) == files(home)


def test_every_line_is_accounted_for(home, ledger, kept):
    lines = json.loads((home / "sample.json").read_text())["lines"]
    expected = dict(kept.group_by("destination").len().iter_rows())
    total = pl.read_parquet(ledger).height
    assert lines["orders"] == expected["order"]
    assert lines["refunds"] + lines["credit_notes_without_order"] == expected["credit"]
    assert lines["ledger"] == expected["ledger"]
    assert lines["stock_adjustments"] == expected["note"]
    assert lines["repeated"] == total - kept.height > 20_000
    assert sum(lines.values()) == total


def test_gross_sales_per_month_equal_the_ledgers_to_the_penny(home, kept):
    expected = source_by_month(kept.filter((pl.col("destination") == "order") & pl.col("is_product")))
    assert (
        by_month((month, amount) for _, month, code, _, amount in ordered_lines(home) if is_product(code))
        == expected
    )


def test_shipping_and_adjustments_of_orders_equal_the_ledgers(home, kept):
    expected = source_by_month(kept.filter((pl.col("destination") == "order") & ~pl.col("is_goods")))
    found = by_month(
        (month, amount) for _, month, code, _, amount in ordered_lines(home) if code.upper() in SERVICE
    )
    assert found == expected


def test_refunds_per_month_equal_the_ledgers_credits(home, kept):
    expected = {
        month: -e4 for month, e4 in source_by_month(kept.filter(pl.col("destination") == "credit")).items()
    }
    assert by_month((month, amount) for month, _, _, amount in refunded_lines(home)) == expected


def test_what_is_booked_outside_orders_equals_the_ledgers(home, kept):
    rows = documents(home, "erp", "ledger")
    found = by_month(
        (row["booked_at"][:7], int(row["quantity"]) * Decimal(row["unit_price"])) for row in rows
    )
    assert found == source_by_month(kept.filter(pl.col("destination") == "ledger"))


def test_orders_customers_and_units_are_the_ledgers_own(home, kept):
    orders = kept.filter(pl.col("destination") == "order")
    found = ordered_lines(home)
    assert {row[0] for row in found} == set(orders["Invoice"])
    units = orders.filter("is_goods")["Quantity"].sum()
    assert sum(quantity for *_, code, quantity, _ in found if code.upper() not in SERVICE) == units
    customers = {
        order["customer"]["id"] for order in documents(home, "shopify", "orders") if order["customer"]
    }
    customers |= {
        order["customer_id"] for order in documents(home, "woocommerce", "orders") if order["customer_id"]
    }
    customers |= {
        int(row["customer_no"]) for row in documents(home, "wholesale", "sales_orders") if row["customer_no"]
    }
    customers |= {
        int(order["BuyerInfo"]["BuyerEmail"].split("@")[0]) for order in documents(home, "amazon", "orders")
    }
    assert customers == set(orders["Customer ID"].drop_nulls())


FIELDS = {
    "shopify": "id name created_at updated_at cancelled_at currency test financial_status customer "
    "total_price shipping_address line_items shipping_lines",
    "amazon": "AmazonOrderId PurchaseDate LastUpdateDate OrderStatus SalesChannel MarketplaceId OrderTotal "
    "LatestShipDate LatestDeliveryDate BuyerInfo ShippingAddress",
    "woocommerce": "id number status currency date_created_gmt date_modified_gmt customer_id billing "
    "shipping line_items shipping_lines fee_lines",
}


@pytest.mark.parametrize("channel", FIELDS)
def test_orders_carry_the_fields_of_the_channels_own_format(home, channel):
    for order in documents(home, channel, "orders"):
        assert set(FIELDS[channel].split()) <= order.keys()


def test_lines_and_refunds_are_shaped_as_the_channels_shape_them(home):
    line = documents(home, "shopify", "orders")[0]["line_items"][0]
    assert {"id", "sku", "title", "quantity", "price"} <= line.keys()
    assert isinstance(line["price"], str)
    number = documents(home, "amazon", "order_items")[0]["AmazonOrderId"]
    assert [len(part) for part in number.split("-")] == [3, 7, 7]
    refund = documents(home, "woocommerce", "refunds")[0]
    assert refund["line_items"][0]["quantity"] < 0
    assert refund["_links"]["up"][0]["href"].rsplit("/", 1)[1].isdigit()


def test_a_file_holds_the_documents_of_its_day_in_the_order_they_were_sent(home):
    for path in sorted((home / "inbox" / "shopify" / "orders").iterdir()):
        sent = [
            datetime.fromisoformat(json.loads(line)["updated_at"]) for line in path.open(encoding="utf-8")
        ]
        assert sent == sorted(sent)
        if "second-delivery" not in path.name:
            assert {f"{at.astimezone(UTC):%Y-%m-%d}" for at in sent} == {path.stem}


def test_what_both_sheets_hold_is_delivered_a_second_time_word_for_word(home, ledger):
    lines = pl.read_parquet(ledger)
    twice = lines.group_by("Invoice").agg(pl.col("sheet").n_unique()).filter(pl.col("sheet") > 1)["Invoice"]
    for channel in ("shopify", "amazon", "woocommerce", "wholesale"):
        kind = "sales_orders" if channel == "wholesale" else "orders"
        folder = home / "inbox" / channel / kind
        again = (folder / "2010-12-10.second-delivery").with_suffix(
            ".second-delivery" + (".csv" if kind != "orders" else ".jsonl")
        )
        first = {
            line for path in folder.iterdir() if path != again for line in path.read_bytes().splitlines()
        }
        assert set(again.read_bytes().splitlines()) <= first
    again = {str(order["id"]) for order in documents(home, "shopify", "orders", second=True)}
    assert again == set(twice) & {str(order["id"]) for order in documents(home, "shopify", "orders")}


def test_every_sku_has_a_product_before_anything_names_it(home):
    known = {row["item_code"]: row["exported_at"] for row in documents(home, "erp", "products")}
    named: list[tuple[str, str]] = []
    for kind, moment in STOCK_FEEDS:
        named += [(row["item_code"], row[moment]) for row in documents(home, "wms", kind)]
    named += [(row["item_code"], row["exported_at"]) for row in documents(home, "erp", "purchase_orders")]
    for order in documents(home, "shopify", "orders"):
        at = f"{datetime.fromisoformat(order['created_at']).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        named += [
            (line["sku"].upper(), at) for line in order["line_items"] if line["sku"].upper() not in SERVICE
        ]
    assert not [(code, at) for code, at in named if known.get(code, "9999") > at]


def test_stock_holds_what_orders_take_but_for_what_comes_late(home, kept):
    changes: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for kind, moment in STOCK_FEEDS:
        for row in documents(home, "wms", kind):
            changes[row["item_code"]].append((row[moment], int(row["quantity"])))
    goods = kept.filter(pl.col("is_product") & pl.col("destination").is_in(["order", "credit"]))
    placed = pl.col("InvoiceDate").min().over("Invoice").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    for code, at, quantity in goods.select("code", placed, "Quantity").iter_rows():
        changes[code].append((at, -quantity))
    short = taken = 0
    for rows in changes.values():
        balance = 0
        for _, change in sorted(rows, key=lambda row: (row[0], -row[1])):
            balance += change
            taken += change < 0
            short += change < 0 and balance < 0
    assert 0 < short < taken / 100


def test_an_order_leaves_after_it_was_placed_and_arrives_after_it_left(home):
    placed = {str(order["id"]): order["created_at"] for order in documents(home, "shopify", "orders")}
    left = {}
    for row in documents(home, "wms", "shipments"):
        if row["channel"] == "shopify":
            assert row["shipped_at"] > placed[row["order_no"]][:19] + "Z"  # winter: shop time is UTC
        left[row["shipment_no"]] = row["shipped_at"]
    arrived = documents(home, "wms", "deliveries")
    assert arrived
    assert all(row["delivered_at"] > left[row["shipment_no"]] for row in arrived)


def test_units_given_back_before_they_leave_are_canceled_and_after_that_returned(home):
    left: dict[str, str] = {}
    for row in documents(home, "wms", "shipments"):
        if row["channel"] == "shopify":
            left.setdefault(row["order_no"], row["shipped_at"])
    kinds = Counter()
    for refund in documents(home, "shopify", "refunds"):
        at = refund["created_at"][:19] + "Z"
        for line in refund["refund_line_items"]:
            kinds[line["restock_type"]] += 1
            if line["restock_type"] == "return":
                assert left[str(refund["order_id"])] < at
    assert kinds["cancel"] > 0
    assert kinds["return"] > 0


def test_the_whole_inbox_lies_before_the_clock(home):
    clock = json.loads((home / "sample.json").read_text())["clock"]
    assert clock == "2010-12-18T00:00:00Z"
    assert max(path.name[:10] for path in (home / "inbox").rglob("*.*")) < clock[:10]
    assert max(row["expected_at"] for row in documents(home, "erp", "purchase_orders")) > clock
