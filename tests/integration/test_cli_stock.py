"""`oms stock`: invariants proved over a real book, a drifted balance rebuilt, a balance explained."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from oms_ops.commands.stock import StockService
from oms_ops.store import open_book
from pipelines.cli import main
from tests.support.cli_home import build
from warehouse.connection import writer
from warehouse.settings import load

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
    assert oms("stock", "repair") == (0, "1 balance set to what the ledger says\n", "")
    assert oms("stock", "repair") == (0, "every balance agrees with the ledger\n", "")
    assert oms("stock", "verify")[0] == 0


def test_why_shows_each_movement_and_what_was_there_after_it(oms, home):
    assert "there is no warehouse at" in oms("stock", "why", "20001")[2]
    with writer(load(environ={"OMS_HOME": str(home)})) as con:
        con.execute(
            "insert into core.movement_kind by name "
            "select * from (values "
            "('received', 1, 1, 0, -1), ('allocated', 0, -1, 1, 0), ('shipped', -1, 0, -1, 0)) "
            "as k(kind, on_hand, available, committed, incoming), "
            "(select 0 as reserved, 0 as damaged, 0 as safety_stock, 0 as quality_control)"
        )
        con.execute(
            "insert into core.inventory_movement by name "
            "select *, '20001' as sku, 'LEICESTER' as location_id, null as line_id, null as reason, "
            "timestamptz '2011-12-01 08:00:00Z' as occurred_at, occurred_at as recorded_at from "
            "(values (1, 'received', 10, null, 'R-1'), (2, 'allocated', 3, 'shopify:1', null), "
            "(3, 'shipped', 3, 'shopify:1', null)) as m(movement_seq, kind, quantity, order_id, reference)"
        )
    rows = json.loads(oms("stock", "why", "20001", "leicester", "--json")[1])
    balances = [(row["kind"], row["on_hand"], row["available"], row["committed"]) for row in rows]
    assert balances == [("received", 10, 10, 0), ("allocated", 10, 7, 3), ("shipped", 7, 7, 0)]
    code, printed, _ = oms("stock", "why", "20001")
    assert code == 0
    assert printed.splitlines()[1].split()[-1] == "R-1"
    assert "order shopify:1" in printed
    assert oms("stock", "why", "20001", "LONDON")[1] == "nothing has moved\n"


def test_an_unknown_sku_or_location_names_the_closest(oms):
    assert "unknown sku '20002'; did you mean 20001" in oms("stock", "why", "20002")[2]
    assert (
        "unknown location 'LIECESTER'; did you mean LEICESTER?"
        in oms("stock", "why", "20001", "LIECESTER")[2]
    )
