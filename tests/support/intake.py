"""An inbox of one's own for a test: small documents, landed and interpreted for real."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from oms_ops.intake.canonical import InterpretReport, interpret
from oms_ops.intake.landing import LandingReport, land
from tests.support.home import settings_for
from warehouse.connection import reader, writer
from warehouse.settings import Settings

END = datetime(2011, 12, 10, tzinfo=UTC)
SKUS = ("22423", "85123A", "21733", "GIFT_0001_10", "TEST001")
PRODUCT_HEADER = (
    "item_code,description,product_kind,supplier_no,unit_cost,pack_size,min_order_quantity,"
    "listed_at,exported_at"
)
SALES_HEADER = (
    "order_no,line_no,order_lines,order_date,customer_no,country,currency,item_code,description,quantity,"
    "unit_price,requested_delivery_date,canceled_at,exported_at"
)
SHIPMENT_HEADER = "shipment_no,channel,order_no,shipped_at,carrier,tracking_number"


@dataclass(frozen=True)
class Intake:
    settings: Settings

    def put(self, path: str, content: object) -> Path:
        """Write an inbox file: bytes or text as they are, documents as JSON lines."""
        target = self.settings.inbox / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            target.write_text(content if isinstance(content, str) else lines(content), encoding="utf-8")
        return target

    def land(self, as_of: datetime = END, **options: int) -> LandingReport:
        with writer(self.settings) as con:
            return land(con, self.settings, as_of=as_of, run_id="run", progress=lambda line: None, **options)

    def interpret(self, **options: int) -> InterpretReport:
        with writer(self.settings) as con:
            return interpret(con, self.settings, run_id="run", progress=lambda line: None, **options)

    def run(self, as_of: datetime = END) -> InterpretReport:
        with writer(self.settings) as con:
            land(con, self.settings, as_of=as_of, run_id="run", progress=lambda line: None)
            return interpret(con, self.settings, run_id="run", progress=lambda line: None)

    def rows(self, query: str) -> list[tuple]:
        with reader(self.settings) as con:
            return con.execute(query).fetchall()

    def one(self, query: str) -> object:
        return self.rows(query)[0][0]

    def quarantine(self) -> list[tuple]:
        """(kind, external id, reason code) of what is in quarantine now, in order of arrival."""
        return self.rows(
            "SELECT kind, external_id, reason_code FROM raw.quarantine "
            "WHERE status = 'open' ORDER BY quarantine_id"
        )

    def orders(self) -> list[str]:
        return [order for (order,) in self.rows("SELECT order_id FROM core.order_header ORDER BY 1")]


def known(home: Path) -> Intake:
    """An inbox below `home` that tells the products of SKUS."""
    intake = Intake(settings_for(home))
    intake.put("erp/products/2011-11-30.csv", products())
    return intake


def lines(documents: Sequence[Mapping[str, object]]) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)


def products(*skus: str, sent_at: str = "2011-11-30T00:00:00Z") -> str:
    kinds = {"GIFT_0001_10": "gift_card", "TEST001": "test"}
    rows = (
        f"{sku},Thing {sku},{kinds.get(sku, 'product')},SUP01,1.5000,6,12,2011-11-30T00:00:00Z,{sent_at}"
        for sku in skus or SKUS
    )
    return "\n".join([PRODUCT_HEADER, *rows]) + "\n"


def shopify_order(number: int = 1, *, sent_at: str = "2011-12-01T10:00:00+00:00", **changes: object) -> dict:
    """Two lines and postage: 2 x 12.75 + 1 x 2.50 + 4.95 = 32.95."""
    return {
        "id": number,
        "name": f"#{number}",
        "created_at": "2011-12-01T10:00:00+00:00",
        "updated_at": sent_at,
        "cancelled_at": None,
        "cancel_reason": None,
        "currency": "GBP",
        "test": False,
        "customer": {"id": 17850},
        "shipping_address": {"country": "United Kingdom"},
        "line_items": [
            {"id": number * 10 + 1, "sku": "22423", "title": "Cakestand", "quantity": 2, "price": "12.75"},
            {"id": number * 10 + 2, "sku": "85123a", "title": "T-light", "quantity": 1, "price": "2.50"},
        ],
        "shipping_lines": [{"id": number * 10 + 3, "code": "POST", "title": "Postage", "price": "4.95"}],
    } | changes


def shopify_refund(number: int, order: int, *, sent_at: str = "2011-12-02T10:00:00+00:00") -> dict:
    """One of the two cakestands comes back."""
    return {
        "id": number,
        "order_id": order,
        "created_at": sent_at,
        "refund_line_items": [
            {
                "id": number * 10,
                "line_item_id": order * 10 + 1,
                "quantity": 1,
                "restock_type": "return",
                "subtotal": "12.75",
                "line_item": {"id": order * 10 + 1, "sku": "22423", "price": "12.75"},
            }
        ],
        "transactions": [{"id": number, "kind": "refund", "amount": "12.75", "currency": "GBP"}],
    }


def amazon_order(number: str, *, sent_at: str = "2011-12-01T09:00:00Z", status: str = "Unshipped") -> dict:
    return {
        "AmazonOrderId": number,
        "PurchaseDate": "2011-12-01T09:00:00Z",
        "LastUpdateDate": sent_at,
        "OrderStatus": status,
        "OrderTotal": {"CurrencyCode": "GBP", "Amount": "30.00"},
        "LatestShipDate": "2011-12-03T23:59:59Z",
        "LatestDeliveryDate": "2011-12-06T23:59:59Z",
        "BuyerInfo": {"BuyerEmail": "13078@marketplace.amazon.co.uk"},
        "ShippingAddress": {"City": "London", "CountryCode": "GB"},
    }


def amazon_items(number: str, *, quantity: int = 2, amount: str = "25.50") -> dict:
    return {
        "AmazonOrderId": number,
        "OrderItems": [
            {
                "OrderItemId": "101",
                "SellerSKU": "22423",
                "Title": "Cakestand",
                "QuantityOrdered": quantity,
                "ItemPrice": {"CurrencyCode": "GBP", "Amount": amount},
                "ShippingPrice": {"CurrencyCode": "GBP", "Amount": "4.50"},
            }
        ],
    }


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


def sales_row(order: str, line: int, *, of: int, **changes: str) -> str:
    row = {
        "order_no": order,
        "line_no": str(line),
        "order_lines": str(of),
        "order_date": "2011-12-01 09:30:00",
        "customer_no": "18102",
        "country": "United Kingdom",
        "currency": "GBP",
        "item_code": "22423",
        "description": '"Cakestand, ""Regency"""',
        "quantity": "24",
        "unit_price": "10.95",
        "requested_delivery_date": "2011-12-06",
        "canceled_at": "",
        "exported_at": "2011-12-01T09:30:00Z",
    } | changes
    return ",".join(row.values())


def facts(intake: Intake) -> dict[str, list[tuple]]:
    """Every canonical fact without the numbers that only count documents: what must not depend on how often
    intake ran. The stream of facts is in its order.
    """
    with reader(intake.settings) as con:
        tables = {
            name: con.table(f"core.{name}").project("* EXCLUDE (document_seq)").order("ALL").fetchall()
            for name in FACT_TABLES
        }
        stream = con.table("core.intake_fact").project("apply_seq, fact_kind, fact_id, recorded_at")
        return tables | {"intake_fact": stream.order("apply_seq").fetchall()}


FACT_TABLES = (
    "product",
    "order_header",
    "order_line",
    "order_cancellation",
    "refund",
    "refund_line",
    "ledger_entry",
    "purchase_order_line",
    "receipt",
    "stock_count",
    "stock_adjustment",
    "shipment",
    "delivery",
)
