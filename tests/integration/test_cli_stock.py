"""`oms stock`: invariants proved over a real book, a drifted balance rebuilt, a balance explained."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from oms_ops.service import NewLine, NewOrder, OrderService, StockService
from oms_ops.store import open_book
from warehouse.settings import StockFeed, load

AT = datetime(2011, 12, 1, tzinfo=UTC)


def test_a_balance_that_drifted_is_found_and_rebuilt_from_the_ledger(oms, cli_home):
    settings = load(environ={"OMS_HOME": str(cli_home)})
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


def test_why_tells_each_movement_and_what_was_there_after_it_out_of_the_book(oms, cli_home):
    settings = load(environ={"OMS_HOME": str(cli_home)})
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


def test_why_starts_from_the_last_snapshot_unless_asked_for_all(oms, cli_home):
    settings = load(environ={"OMS_HOME": str(cli_home)})
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


def test_an_unknown_sku_or_location_names_the_closest(oms, cli_home):
    settings = load(environ={"OMS_HOME": str(cli_home)})
    with open_book(settings.order_book_url) as book:
        StockService(book, settings).receive("20001", "LONDON", quantity=1, at=AT, key="receipt-5")
    assert "nothing has moved of sku '20002'; did you mean 20001" in oms("stock", "why", "20002")[2]
    assert (
        "unknown location 'LIECESTER'; did you mean LEICESTER?"
        in oms("stock", "why", "20001", "LIECESTER")[2]
    )


def test_a_person_at_the_shell_orders_receives_counts_and_transfers(oms):
    drafted = ("stock", "po", "draft", "PO1", "TOY=10", "--supplier", "SUP", "--location", "leicester")
    assert oms(*drafted, "--key", "k1")[0] == 0
    assert oms(*drafted, "--key", "k1")[0] == 0
    assert oms("stock", "po", "order", "PO1", "--expected", "2011-12-20")[0] == 0
    code, printed, _ = oms("stock", "po", "receive", "PO1", "TOY=6")
    assert printed.splitlines()[0].startswith("purchase_order_id PO1, state partially_received")
    assert printed.splitlines()[2].split() == ["TOY", "10", "6", "0", "4"]
    assert "up to 4 may come in, found 5" in oms("stock", "po", "receive", "PO1", "TOY=5")[2]
    assert "oms stock po close needs --reason" in oms("stock", "po", "close", "PO1")[2]
    assert oms("stock", "po", "close", "PO1", "--reason", "short")[0] == 0
    assert oms("stock", "count", "TOY", "LEICESTER", "5", "--reason", "shelf check")[0] == 0
    balance = json.loads(oms("stock", "adjust", "TOY", "leicester", "-1", "--reason", "broken", "--json")[1])
    assert (balance["on_hand"], balance["available"], balance["incoming"]) == (4, 4, 0)
    ways = ("--from", "LEICESTER", "--to", "LONDON")
    assert oms("stock", "transfers") == (0, "no transfers\n", "")
    assert oms("stock", "transfer", "draft", "T1", "TOY=3", *ways)[0] == 0
    listed = oms("stock", "transfers")[1].splitlines()[1]
    assert listed.split()[:7] == ["T1", "draft", "LEICESTER", "LONDON", "1", "3", "0"]
    for step in ("ready", "ship", "receive"):
        code, printed, _ = oms("stock", "transfer", step, "T1")
        assert code == 0
    assert printed.splitlines()[0] == "transfer_id T1, state received"
    assert json.loads(oms("stock", "transfers", "--json")[1]) == []
    assert json.loads(oms("stock", "transfers", "--all", "--json")[1])[0]["state"] == "received"
    assert "transfer T1 is received and cannot become canceled" in oms("stock", "transfer", "cancel", "T1")[2]
    assert oms("stock", "verify")[0] == 0


def test_a_lot_is_received_expired_and_traced(oms, cli_home):
    settings = load(environ={"OMS_HOME": str(cli_home)})
    with open_book(settings.order_book_url) as book:
        StockService(book, settings).track_lots("TEA", at=AT, key="track")
    came = ("stock", "receive", "TEA", "LONDON", "5", "--lot", "L7", "--expires", "2011-12-05")
    assert oms(*came)[0] == 0  # the sample's clock is 2011-12-10: it has expired already
    code, printed, _ = oms("stock", "lot", "L7")
    assert code == 0
    assert printed.splitlines()[:2] == [
        "lot L7 of TEA, expires 2011-12-05",
        "  LONDON: 5 on hand, 5 of them set aside",
    ]
    assert "came in blocked or expired" in printed
    assert oms("stock", "expire")[1] == "nothing to do\n"
    assert "no lot 'L9' in the order book" in oms("stock", "lot", "L9")[2]
    assert oms("stock", "receive", "TEA", "LONDON", "0")[0] == 2


def test_an_order_is_told_from_the_book_this_minute_with_its_parcel(oms, cli_home):
    settings = load(environ={"OMS_HOME": str(cli_home)})
    with open_book(settings.order_book_url) as book:
        StockService(book, settings).receive("FRESH", "LEICESTER", quantity=2, at=AT, key="fresh")
        orders = OrderService(book, settings)
        line = NewLine("a", "FRESH", 2, "3")
        new = NewOrder("shopify", "F-1", [line], country="United Kingdom", currency="GBP")
        orders.place(new, at=AT, key="fresh 1")
        orders.ship(
            "shopify:F-1", shipment_id="P-1", carrier="DPD", tracking_number="T77", at=AT, key="fresh 2"
        )
    code, out, _ = oms("order", "F-1", "--now")
    assert code == 0
    assert out.startswith("Order shopify:F-1 is open: 2 units handed over by DPD (T77).")
    assert "P-1" in out and "allocated" in out
    code, out, _ = oms("order", "F-1", "--now", "--json")
    assert json.loads(out)["shipments"][0]["tracking_number"] == "T77"
    code, _, err = oms("order", "F-404", "--now")
    assert (code, "unknown order 'F-404'" in err) == (1, True)
