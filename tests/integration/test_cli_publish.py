"""`oms publish`, `oms policy` and `oms promise` on a real book: told, acknowledged, decided, promised."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oms_ops import facts as f
from oms_ops.bulk import apply
from oms_ops.service import StockService
from oms_ops.store import open_book
from oms_ops.units import micros
from pipelines.cli import main
from pipelines.cli_stock import explained
from tests.support.cli_home import build
from warehouse.settings import load

AT = datetime(2011, 12, 1, tzinfo=UTC)
NEW_YEAR = datetime(2012, 1, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path) -> Path:
    home = build(tmp_path)
    settings = load(environ={"OMS_HOME": str(home)})
    with open_book(settings.order_book_url) as book:
        coming = f.PurchaseOrderFact(
            apply_seq=1, purchase_order_line_id="P1/1", supplier_id="S", sku="20001", location_id="LONDON",
            quantity=60, ordered_at=micros(AT), expected_at=micros(NEW_YEAR), recorded_at=micros(AT),
        )  # fmt: skip
        apply(book, [[coming]], settings=settings)
        StockService(book, settings).receive("20001", "LEICESTER", quantity=40, at=AT, key="receipt-1")
    return home


@pytest.fixture
def oms(home, monkeypatch, capsys):
    monkeypatch.setenv("OMS_HOME", str(home))

    def run(words: str) -> tuple[int, str, str]:
        code = main(words.split())
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_values_are_told_once_then_only_what_changed(oms, home):
    assert oms("publish now") == (
        0, "4 new values of 4 computed (nothing was published from this state yet), 4 handed over\n", "",
    )  # fmt: skip
    assert oms("publish now") == (0, "0 new values of 0 computed, 0 handed over\n", "")
    assert oms("policy set amazon threshold 12 --sku 20001 --reason fragile --by ana")[1] == (
        "amazon: threshold of 20001 is 12; the next `oms publish now` uses it\n"
    )
    assert oms("publish now")[1] == "1 new values of 4 computed, 1 handed over\n"
    lines = [json.loads(line) for line in (home / "ats.jsonl").read_text(encoding="utf-8").splitlines()]
    told = [(line["channel_id"], line["available_to_sell"]) for line in lines]
    assert told[0:4] == [("shopify", 40), ("amazon", 34), ("woocommerce", 35), ("wholesale", 40)]
    assert told[4:] == [("amazon", 25)]
    assert lines[4]["explanation"].endswith("- 12 threshold (fragile) = 28; x 0.9, at most 500 = 25")


def test_what_a_channel_acknowledged_shows_in_the_history_and_the_lag(oms):
    oms("publish now")
    assert oms("publish ack amazon --at 2011-12-10T00:01Z")[1] == "1 values of amazon are acknowledged\n"
    (row,) = json.loads(oms("publish history 20001 --channel amazon --json")[1])
    assert (row["value"], row["acknowledged_at"]) == (34, "2011-12-10T00:01:00Z")
    assert oms("publish history 20001 --channel amazon")[1].splitlines()[1].split()[:3] == [
        "2",
        "amazon",
        "34",
    ]
    assert json.loads(oms("publish lag --json")[1]) == []
    assert oms("publish ack amazon --through 1") == (
        1, "", "oms: publication 1 is not one of channel amazon\n",
    )  # fmt: skip


def test_a_decision_says_who_and_why_and_can_be_taken_back(oms):
    oms("policy set LONDON facility_buffer 2 --reason floor --by ana")
    oms("policy set LONDON facility_buffer default --reason moved --by ben")
    rows = json.loads(oms("policy list --place LONDON --json")[1])
    assert [(row["value"], row["author"], row["reason"]) for row in rows] == [
        (2, "ana", "floor"), (None, "ben", "moved"),
    ]  # fmt: skip
    code, _, complaint = oms("policy set amazon shar 0.5 --reason x --by ana")
    assert (code, "no term 'shar'; known: threshold, share" in complaint) == (1, True)
    code, _, complaint = oms("policy set amazn share 0.5 --reason x --by ana")
    assert (code, "unknown channel 'amazn'" in complaint) == (1, True)
    assert oms("policy set amazon share half --reason x --by ana")[0] == 2


def test_a_promise_counts_on_a_purchase_order_from_its_day_on(oms):
    found = json.loads(oms("promise 20001 --channel shopify --on 2011-12-31 --quantity 41 --json")[1])
    assert [(step["from"], step["units"]) for step in found["steps"]] == [
        ("2011-12-10T00:00:00Z", 40), ("2012-01-01T00:00:00Z", 100),
    ]  # fmt: skip
    assert (found["on"], found["first_at"]) == (40, "2012-01-01T00:00:00Z")
    assert "101 units: nothing known brings" in oms("promise 20001 --channel shopify --quantity 101")[1]


def test_without_a_budget_or_a_measured_lag_buffers_stay_and_it_says_so(oms):
    assert oms("publish buffers")[1].startswith("no channel states an oversell_budget")


def test_ats_explained_says_what_its_columns_do_not():
    row = {
        "free_by_location": {}, "unrouted_units": 0, "threshold": 0, "pool": 3, "share": 1,
        "max_quantity": None, "ats": 0, "note": "not listed; kits of (12 CUP by 4)",
    }  # fmt: skip
    assert explained(row) == "its components = 3 -> 0 (not listed; kits of (12 CUP by 4))"
    assert explained(row | {"note": None, "free_by_location": {"L1": 3}, "ats": 3}) == "L1 3 = 3 -> 3"
