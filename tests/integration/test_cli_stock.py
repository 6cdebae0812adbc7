"""`oms stock`: invariants proved over a real book, a drifted balance rebuilt, a balance explained."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from oms_ops.service import NewLine, NewOrder, OrderService, StockService
from oms_ops.store import open_book
from pipelines.cli import main
from tests.support.cli_home import build
from warehouse.settings import StockFeed, load

AT = datetime(2011, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("home"))


@pytest.fixture
def oms(home, monkeypatch, capsys):
    monkeypatch.setenv("OMS_HOME", str(home))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_a_balance_that_drifted_is_found_and_rebuilt_from_the_ledger(oms, home):
    settings = load(environ={"OMS_HOME": str(home)})
    with open_book(settings.order_book_url) as book:
        StockService(book, settings).receive("20001", "LEICESTER", quantity=40, at=AT, key="receipt-1")
        assert oms("stock", "verify")[0] == 0
        with book.write() as con:
            con.execute(text("UPDATE stock_balance SET on_hand = 41, available = 41"))
    code, printed, _ = oms("stock", "verify", "--json")
    answer = json.loads(printed)
    assert code == 1
    assert [row["invariant"] for row in answer["invariants"] if not row["holds"]] == ["I2"]
    assert [(row["found"], row["expected"]) for row in answer["violations"]] == [(41, 40), (41, 40)]
    code, printed, _ = oms("stock", "verify")
    assert code == 1
    assert "I2  BROKEN" in printed
    drifted = [
        {"place": "20001 at LEICESTER", "quantity": name, "stored": 41, "ledger": 40}
        for name in ("on_hand", "available")
    ]
    assert json.loads(oms("stock", "repair", "--dry-run", "--json")[1]) == {
        "is_repaired": False,
        "drifts": drifted,
    }
    code, printed, _ = oms("stock", "repair")
    assert code == 0
    assert printed.splitlines()[1].split() == ["20001", "at", "LEICESTER", "on_hand", "41", "40"]
    assert printed.endswith("1 balance set to what the ledger says\n")
    assert oms("stock", "repair") == (0, "every balance agrees with the ledger\n", "")
    assert oms("stock", "verify")[0] == 0


def test_why_tells_each_movement_and_what_was_there_after_it_out_of_the_book(oms, home):
    settings = load(environ={"OMS_HOME": str(home)})
    with open_book(settings.order_book_url) as book:
        stock = StockService(book, settings)
        stock.receive("POT", "LEICESTER", quantity=10, at=AT, key="receipt-2")
        order = NewOrder("shopify", "P1", [NewLine("a", "POT", 3, "2.00")], "United Kingdom", "GBP")
        OrderService(book, settings).place(order, at=AT, key="p1")
        stock.adjust("POT", "LEICESTER", quantity=-1, reason="dropped", at=AT, key="write-off-1")
        (told,) = json.loads(oms("stock", "why", "POT", "leicester", "--json")[1])
        balances = [
            (row["kind"], row["on_hand"], row["available"], row["committed"]) for row in told["movements"]
        ]
        assert balances == [
            ("received_unordered", 10, 10, 0),
            ("allocated", 10, 7, 3),
            ("adjusted", 9, 6, 3),
        ]
        assert (told["stored"]["available"], told["ledger"]["available"], told["drift"]) == (6, 6, {})
        code, printed, _ = oms("stock", "why", "POT")
        lines = printed.splitlines()
        assert code == 0
        assert lines[0] == "POT at LEICESTER"
        assert lines[2].endswith("receipt-2")
        assert lines[3].endswith("order shopify:P1")
        assert lines[4].endswith("write-off-1, dropped")
        assert lines[5] == "on_hand 9, available 6, committed 3 = ledger"
        assert oms("stock", "why", "POT", "LONDON")[1] == "nothing has moved\n"
        with book.write() as con:
            con.execute(text("UPDATE stock_balance SET on_hand = 8 WHERE sku = 'POT'"))
        code, printed, _ = oms("stock", "why", "POT")
        assert code == 1
        assert "on_hand 8, available 6, committed 3 - off from the ledger: on_hand by -1;" in printed
        assert oms("stock", "repair")[0] == 0


def test_why_starts_from_the_last_snapshot_unless_asked_for_all(oms, home):
    settings = load(environ={"OMS_HOME": str(home)})
    settings = replace(settings, stock_feeds=(StockFeed("wms", "snapshot", ("LONDON",)),))
    with open_book(settings.order_book_url) as book:
        stock = StockService(book, settings)
        stock.receive("LID", "LONDON", quantity=10, at=AT, key="receipt-3")
        counted = AT + timedelta(hours=1)
        snapshot = {"document_id": "d1", "counted_at": counted, "at": counted, "units": {"LID": 8}}
        stock.apply_snapshot("wms", "LONDON", **snapshot)
        stock.receive("LID", "LONDON", quantity=1, at=AT + timedelta(hours=2), key="receipt-4")
    _, printed, _ = oms("stock", "why", "LID")
    assert "from the last snapshot on; 1 movements before it with --all" in printed
    assert "d1, snapshot of wms" in printed
    assert "receipt-3" not in printed
    assert "receipt-3" in oms("stock", "why", "LID", "--all")[1]
    assert printed.splitlines()[-2] == "on_hand 9, available 9 = ledger"


def test_an_unknown_sku_or_location_names_the_closest(oms, home):
    settings = load(environ={"OMS_HOME": str(home)})
    with open_book(settings.order_book_url) as book:
        StockService(book, settings).receive("20001", "LONDON", quantity=1, at=AT, key="receipt-5")
    assert "nothing has moved of sku '20002'; did you mean 20001" in oms("stock", "why", "20002")[2]
    assert (
        "unknown location 'LIECESTER'; did you mean LEICESTER?"
        in oms("stock", "why", "20001", "LIECESTER")[2]
    )
