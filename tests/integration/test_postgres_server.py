"""The private PostgreSQL server itself: a kill loses nothing committed, and used books come back empty."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from benchmarks.postgres import has_ended
from oms_ops import decisions
from oms_ops.invariants import verify
from oms_ops.store import open_book
from oms_ops.store.tables import stock_balance
from tests.integration.test_alert_episodes import NOW, candidate
from tests.support.order_book import open_shop, whole_book
from warehouse.settings import ROOT


def test_a_killed_server_has_what_was_committed_and_nothing_else_and_the_shop_goes_on(tmp_path, own_postgres):
    server = own_postgres.server
    with own_postgres.book() as url, open_shop(tmp_path, order_book_url=url) as shop:
        shop.receive("CUP", "LEICESTER", 5)
        shop.place("1", ("CUP", 2))
        before = whole_book(shop.book)
        with pytest.raises(OperationalError), shop.book.write() as con:
            con.execute(stock_balance.update().values(available=99))
            server.kill()
        server.start()
        assert whole_book(shop.book) == before
        shop.ship("shopify:1", "S1")
        assert shop.balance("CUP", "LEICESTER") == {"on_hand": 3, "available": 3}
        assert verify(shop.book) == []


def test_a_server_that_went_and_came_back_between_two_commands_is_not_noticed(tmp_path, own_postgres):
    with own_postgres.book() as url, open_shop(tmp_path, order_book_url=url) as shop:
        shop.receive("CUP", "LEICESTER", 5)
        own_postgres.server.kill()
        own_postgres.server.start()
        shop.place("1", ("CUP", 2))
        assert shop.balance("CUP", "LEICESTER") == {"on_hand": 5, "available": 3, "committed": 2}


def test_a_server_does_not_outlive_a_process_that_is_killed(shared_postgres):
    code = "with private_server() as server: print(server.folder, flush=True); time.sleep(60)"
    command = [sys.executable, "-c", f"import time; from benchmarks.postgres import private_server\n{code}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        folder = Path(process.stdout.readline().strip())
        postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        process.kill()
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert has_ended(postmaster)


def test_a_book_that_was_used_comes_back_empty_and_numbers_from_one(tmp_path, shared_postgres):
    names = []
    for _ in range(2):
        with shared_postgres.book() as url, open_shop(tmp_path, order_book_url=url) as shop:
            assert [name for name, rows in whole_book(shop.book).items() if rows] == ["movement_kind"]
            shop.receive("CUP", "LEICESTER", 5)
            shop.place("1", ("CUP", 2))
            decisions.sync_alerts(shop.book, [candidate()], now=NOW, run_id="run-1")
            names.append((url, decisions.episodes(shop.book)[0]["episode_id"]))
    assert names[0] == names[1]
    assert names[0][1] == "A-1"


@pytest.mark.parametrize(
    "change",
    ["ALTER TABLE stock_balance DROP COLUMN incoming", "INSERT INTO schema_migration VALUES (999, 'later')"],
)
def test_a_book_whose_tables_were_altered_is_not_given_out_again(shared_postgres, change):
    with shared_postgres.book() as altered, psycopg.connect(altered.replace("+psycopg", "")) as con:
        con.execute(change)
    with shared_postgres.book() as url, open_book(url) as book:
        assert url != altered
        assert verify(book) == []
