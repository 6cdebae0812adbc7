"""The order book on either database: a test that asks for a `shop`, a `book` or an `order_book_url` runs on
SQLite and on PostgreSQL.

Beside it, an inbox, a warehouse with core tables to fill by hand, and the `oms` command over a small shop.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from pathlib import Path

import pytest

from benchmarks.postgres import MISSING, installations
from oms_ops.invariants import verify
from oms_ops.store import open_book
from pipelines.cli import main
from tests.support.cli_home import build
from tests.support.core_rows import warehouse_of
from tests.support.intake import Intake, known
from tests.support.order_book import Shop, open_shop
from warehouse import releases
from warehouse.settings import load


@contextmanager
def _books(*, durable: bool = False) -> Iterator:
    if not installations():
        pytest.skip(MISSING)
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("PostgreSQL's driver, psycopg, is not installed")
    from tests.support.postgres import postgres_books

    with postgres_books(durable=durable) as books:
        yield books


@pytest.fixture(scope="session")
def shared_postgres():
    """One server for all books that only need to be fresh. It writes no faster than it must: no fsync."""
    with _books() as books:
        yield books


@pytest.fixture
def own_postgres():
    """A durable server of the test's own, to kill (`.server.kill()`) and start again (`.server.start()`)."""
    with _books(durable=True) as books:
        yield books


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory) -> Path:
    """A new book's file, to copy: what PostgreSQL's template is to the books of a server."""
    path = tmp_path_factory.mktemp("template") / "book.sqlite"
    with open_book(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture
def new_book(engine, tmp_path, request) -> Callable[[], AbstractContextManager[str]]:
    """For tests that need several: `with new_book() as url` is another empty book on the engine."""
    if engine == "postgresql":
        return request.getfixturevalue("shared_postgres").book
    template, numbers = request.getfixturevalue("empty_sqlite"), count(1)

    def copied() -> AbstractContextManager[str]:
        path = shutil.copyfile(template, tmp_path / f"book-{next(numbers)}.sqlite")
        return nullcontext(f"sqlite:///{path}")

    return copied


@pytest.fixture
def order_book_url(new_book) -> Iterator[str]:
    with new_book() as url:
        yield url


@pytest.fixture
def book(order_book_url):
    with open_book(order_book_url) as opened:
        yield opened


@pytest.fixture
def new_shop(tmp_path, new_book) -> Callable[[], AbstractContextManager[Shop]]:
    """For tests that need several: `with new_shop() as shop` has a home and a book of its own."""
    numbers = count(1)

    @contextmanager
    def opened() -> Iterator[Shop]:
        home = tmp_path / f"shop-{next(numbers)}"
        with new_book() as url, open_shop(home, order_book_url=url) as shop:
            yield shop
            assert verify(shop.book) == []

    return opened


@pytest.fixture
def shop(new_shop) -> Iterator[Shop]:
    """A shop to give commands to; whatever the test did, its book keeps the invariants."""
    with new_shop() as shop:
        yield shop


@pytest.fixture
def core(tmp_path):
    """A warehouse whose core tables hold the settings' channels and locations alone, and the settings."""
    with warehouse_of(tmp_path / "home") as (con, settings):
        yield con, settings


@pytest.fixture
def intake(tmp_path) -> Intake:
    return known(tmp_path)


@pytest.fixture(scope="module")
def cli_home(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("home"))


@pytest.fixture
def oms(cli_home, monkeypatch, capsys):
    """Runs a command; returns exit code, what it printed, and what it complained."""
    monkeypatch.setenv("OMS_HOME", str(cli_home))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def query(cli_home):
    """Rows of the current release."""
    with releases.current(load(environ={"OMS_HOME": str(cli_home)})).connect() as con:
        yield lambda sql: con.execute(sql).fetchall()
