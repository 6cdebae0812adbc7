"""Whatever arrives, intake ends: a document makes facts or waits with a reason, and the contracts hold."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator

import pytest

from oms_ops.channels import Kind, feeds
from tests.support.home import settings_for
from tests.support.intake import (
    Intake,
    amazon_items,
    amazon_order,
    products,
    shopify_order,
    shopify_refund,
)
from warehouse import contracts
from warehouse.connection import reader

ODD = (
    None, True, 0, -1, 1.5, 1e308, 10**18, 10**30, "", "  ", "\x00x", "é☕", "'; drop table x;--", '"', "a,b",
    "NaN", "-infinity", "2011-12-01", "294247-01-01T00:00:00Z", "0001-01-01", "290309-12-22 (BC) 00:00:00+00",
    "9" * 40, "9" * 17 + ".99999", [], {}, [None], {"a": 1}, "x" * 10_000, "GIFT", "POST", "TEST001", "22423",
)  # fmt: skip
ROW = {
    "currency": "GBP", "item_code": "22423", "location": "LEICESTER", "quantity": "1", "unit_price": "1.00",
    "unit_cost": "1.00", "order_lines": "1", "note_lines": "1", "channel": "shopify", "code": "POST",
    "product_kind": "product", "restock_type": "return", "country": "USA", "lead_time_days": "5",
    "pack_size": "1", "min_order_quantity": "1", "order_date": "2011-12-01 09:30:00",
    "credit_date": "2011-12-01 09:30:00", "booked_at": "2011-12-01 09:30:00", "canceled_at": "",
}  # fmt: skip


def places(node: object, path: tuple = ()) -> Iterator[tuple]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def spoiled(document: dict, rng: random.Random) -> dict:
    document = copy.deepcopy(document)
    *path, last = rng.choice(list(places(document)))
    node = document
    for key in path:
        node = node[key]
    if rng.random() < 0.2 and isinstance(node, dict):
        del node[last]
    else:
        node[last] = rng.choice(ODD)
    return document


def spoiled_lines(document: dict, key: str, rng: random.Random) -> bytes:
    variants = [document | {key: f"N{number}"} if number % 3 else document for number in range(60)]
    text = "\n".join(json.dumps(spoiled(variant, rng), ensure_ascii=False) for variant in variants)
    return f"{json.dumps(document)}\n{text}".encode()[: -rng.randrange(1, 100)]


def spoiled_rows(kind: Kind, rng: random.Random) -> bytes:
    rows = [",".join(kind.columns)]
    for number in range(60):
        said = {column: "2011-12-01T10:00:00Z" if column.endswith("_at") else "1" for column in kind.columns}
        row = said | {column: ROW[column] for column in kind.columns if column in ROW}
        row[kind.columns[0]] = f"N{number if number % 3 else 0}"
        row[rng.choice(kind.columns)] = str(rng.choice(ODD))
        values = list(row.values())
        if number % 20 == 0:
            values.insert(rng.randrange(len(values)), "shifted")
        rows.append(",".join(value if rng.random() < 0.7 else f'"{value}"' for value in values))
    return "\n".join(rows).encode().replace("é".encode(), b"\xe9")


@pytest.mark.parametrize("seed", [1, 2])
def test_spoiled_documents_never_stop_the_others_and_never_break_a_contract(tmp_path, seed):
    rng = random.Random(seed)
    intake = Intake(settings_for(tmp_path))
    intake.put("erp/products/2011-11-30.csv", products())
    for path, document, key in (
        ("shopify/orders", shopify_order(1), "id"),
        ("shopify/refunds", shopify_refund(7, 1), "id"),
        ("amazon/orders", amazon_order("A-1"), "AmazonOrderId"),
        ("amazon/order_items", amazon_items("A-1"), "AmazonOrderId"),
    ):
        intake.put(f"{path}/2011-12-01.jsonl", spoiled_lines(document, key, rng))
    for feed in feeds(intake.settings):
        if feed.kind.layout == "csv":
            intake.put(f"{feed.channel_id}/{feed.kind.name}/2011-12-02.csv", spoiled_rows(feed.kind, rng))

    intake.run()

    assert {"shopify:1", "amazon:A-1"} <= set(intake.orders())
    assert intake.one("SELECT count(*) FROM raw.quarantine WHERE status = 'open'") > 500
    assert intake.rows("SELECT * FROM raw.quarantine WHERE length(reason) < 8") == []
    with reader(intake.settings) as con:
        broken = [
            check
            for schema in ("raw", "core")
            for name in contracts.tables(schema)
            for check in contracts.check(con, f"{schema}.{name}")
            if not check.passed
        ]
    assert broken == []
    assert intake.run().documents_in == 0
