"""What the generated inbox says, read from its files: documents, and the lines ordered and given back."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from sample.generate import SOURCE

LONDON = ZoneInfo("Europe/London")
SHIPPING = {"POST", "DOT", "C2", "C3"}
SERVICE = SHIPPING | {"M", "D", "S", "BANK CHARGES", "AMAZONFEE", "CRUK", "B", "ADJUST", "ADJUST2"}


def cut(path: Path, start: str, end: str) -> Path:
    """The ledger's lines of some days, both sheets."""
    day = pl.col("InvoiceDate").dt.date().cast(pl.String)
    pl.scan_parquet(SOURCE).filter((day >= start) & (day < end)).collect().write_parquet(path)
    return path


def files(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()
    }


def documents(home: Path, channel: str, kind: str, *, second: bool = False) -> list[dict]:
    found = []
    for path in sorted((home / "inbox" / channel / kind).iterdir()):
        if second == ("second-delivery" in path.name):
            with path.open(encoding="utf-8", newline="") as file:
                found += csv.DictReader(file) if path.suffix == ".csv" else map(json.loads, file)
    return found


def ordered_lines(home: Path) -> list[tuple[str, str, str, int, Decimal]]:
    """(order, shop-local month, code, quantity, amount) of every order line, whatever its channel."""
    found = []
    for order in documents(home, "shopify", "orders"):
        if order["cancelled_at"] is None:
            month = order["created_at"][:7]
            for line in order["line_items"]:
                found.append(
                    (
                        str(order["id"]),
                        month,
                        line["sku"],
                        line["quantity"],
                        line["quantity"] * Decimal(line["price"]),
                    )
                )
            found += [
                (str(order["id"]), month, line["code"], 0, Decimal(line["price"]))
                for line in order["shipping_lines"]
            ]
    for order in documents(home, "woocommerce", "orders"):
        if order["status"] == "processing":
            month = to_local(order["date_created_gmt"] + "Z")[:7]
            for line in order["line_items"]:
                found.append((str(order["id"]), month, line["sku"], line["quantity"], Decimal(line["total"])))
            found += [
                (str(order["id"]), month, line["method_id"].upper(), 0, Decimal(line["total"]))
                for line in order["shipping_lines"]
            ]
            found += [
                (str(order["id"]), month, line["meta_data"][0]["value"], 0, Decimal(line["total"]))
                for line in order["fee_lines"]
            ]
    months = {
        order["AmazonOrderId"]: to_local(order["PurchaseDate"])[:7]
        for order in documents(home, "amazon", "orders")
    }
    for order in documents(home, "amazon", "order_items"):
        number = order["AmazonOrderId"][5:11]
        for line in order["OrderItems"]:
            month = months[order["AmazonOrderId"]]
            found.append(
                (
                    number,
                    month,
                    line["SellerSKU"],
                    line["QuantityOrdered"],
                    Decimal(line["ItemPrice"]["Amount"]),
                )
            )
            found.append((number, month, "POST", 0, Decimal(line["ShippingPrice"]["Amount"])))
    for row in documents(home, "wholesale", "sales_orders"):
        if not row["canceled_at"]:
            amount = int(row["quantity"]) * Decimal(row["unit_price"])
            found.append(
                (row["order_no"], row["order_date"][:7], row["item_code"], int(row["quantity"]), amount)
            )
    return found


def refunded_lines(home: Path) -> list[tuple[str, str, int, Decimal]]:
    """(shop-local month, code, quantity, amount) of every refunded line, whatever its channel."""
    found = []
    for refund in documents(home, "shopify", "refunds"):
        for line in refund["refund_line_items"]:
            found.append(
                (
                    refund["created_at"][:7],
                    line["line_item"]["sku"],
                    line["quantity"],
                    Decimal(line["subtotal"]),
                )
            )
    for refund in documents(home, "woocommerce", "refunds"):
        month = to_local(refund["date_created_gmt"] + "Z")[:7]
        found += [
            (month, line["sku"], -line["quantity"], -Decimal(line["total"])) for line in refund["line_items"]
        ]
    for refund in documents(home, "amazon", "refunds"):
        month = to_local(refund["PostedDate"])[:7]
        for line in refund["ShipmentItemAdjustmentList"]:
            money = line["ItemChargeAdjustmentList"][0]["ChargeAmount"]["CurrencyAmount"]
            found.append((month, line["SellerSKU"], line["QuantityShipped"], -Decimal(str(money))))
    for row in documents(home, "wholesale", "credit_notes"):
        amount = int(row["quantity"]) * Decimal(row["unit_price"])
        found.append((row["credit_date"][:7], row["item_code"], int(row["quantity"]), amount))
    return found


def to_local(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(LONDON).isoformat()
