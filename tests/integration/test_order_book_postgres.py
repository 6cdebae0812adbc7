"""The same book on PostgreSQL, row for row. Needs `initdb` on the path and the psycopg driver."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from oms_ops import bulk
from oms_ops.errors import OutOfStock
from oms_ops.invariants import repair, verify
from oms_ops.pull import pull
from tests.integration.test_bulk_chunks import scenario
from tests.integration.test_order_book_race import race
from tests.integration.test_pull_copy import AS_OF, copied, said
from tests.support.order_book import open_shop, whole_book
from warehouse.connection import writer

pytestmark = pytest.mark.skipif(
    not (shutil.which("initdb") and importlib.util.find_spec("psycopg")),
    reason="PostgreSQL (initdb) or its driver (psycopg) is not installed",
)


@pytest.fixture(scope="module")
def server():
    """A private server on a socket in a folder of its own; it refuses to run as root."""
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        data = Path(folder) / "data"
        Path(folder).chmod(0o777)
        run = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL, **user}
        subprocess.run(["initdb", "-D", data, "-A", "trust", "-U", "oms"], **run)
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        subprocess.run(["pg_ctl", "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start"], **run)
        try:
            yield folder
        finally:
            subprocess.run(["pg_ctl", "-D", data, "-m", "immediate", "stop"], **run)


@pytest.fixture
def url(server, request):
    name = f"t{abs(hash(request.node.name)) % 10**9}"
    subprocess.run(["createdb", "-h", server, "-U", "oms", name], check=True)
    return f"postgresql+psycopg://oms@/{name}?host={server}"


def test_the_same_facts_leave_the_same_rows_on_either_database(tmp_path, url):
    with open_shop(tmp_path / "lite") as lite, open_shop(tmp_path / "pg", order_book_url=url) as pg:
        for shop in (lite, pg):
            bulk.apply(shop.book, scenario().chunks(4), settings=shop.settings)
            shop.place("9", ("LID", 3), may_wait=True)
            shop.orders.hold("shopify:9", reason="other", **shop.next())
            assert verify(shop.book) == []
        assert whole_book(pg.book) == whole_book(lite.book)


def test_the_copy_in_the_warehouse_is_the_same_from_either_database(tmp_path, url):
    copies = []
    for name, changes in (("lite", {}), ("pg", {"order_book_url": url})):
        with open_shop(tmp_path / name, **changes) as shop, writer(shop.settings) as con:
            bulk.apply(shop.book, said().chunks(), settings=shop.settings)
            pull(con, shop.book, shop.settings, as_of=AS_OF)
            copies.append(copied(con))
    assert copies[0] == copies[1]


def test_processes_racing_for_the_last_units_sell_each_once(tmp_path, url):
    with open_shop(tmp_path, order_book_url=url) as shop:
        shop.receive("CUP", "LEICESTER", 3)
        assert race(tmp_path, buyers=2, tries=3, order_book_url=url) == {"sold": 3, "refused": 3}
        assert verify(shop.book) == []
        with pytest.raises(OutOfStock):
            shop.place("9", ("CUP", 1))


def test_a_drifted_balance_is_found_and_repaired(tmp_path, url):
    with open_shop(tmp_path, order_book_url=url) as shop:
        shop.receive("CUP", "LEICESTER", 3)
        with shop.book.write() as con:
            con.exec_driver_sql("UPDATE stock_balance SET available = 9")
        assert [violation.invariant for violation in verify(shop.book)] == ["I1", "I2"]
        assert repair(shop.book) == 1
        assert verify(shop.book) == []
