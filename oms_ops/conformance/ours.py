"""The adapter to our own order book: its services under the kit's commands, its rows as the kit's snapshot.

`BOOK` is what the command line knows as `oms_ops.conformance.ours:BOOK`: books on SQLite, each in a folder of
its own. A book on any other URL is opened by its URL.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from oms_ops import bulk
from oms_ops.availability import of_state
from oms_ops.conformance import adapter as a
from oms_ops.conformance.reports import reports
from oms_ops.errors import OmsError, OutOfStock
from oms_ops.facts import PurchaseOrderFact
from oms_ops.invariants import verify
from oms_ops.ledger import QUANTITIES
from oms_ops.service import NewLine, NewOrder, OrderService, ReservationService, StockService
from oms_ops.store import open_book, snapshot, supply
from oms_ops.units import instant
from warehouse.settings import Channel, Location, Settings, load

_REPORTS_PER_TRANSACTION = 10


def settings_of(setup: a.Setup, home: Path) -> Settings:
    """Our settings for the kit's shop."""
    locations = [
        Location(
            place.name, place.name.title(), number, is_active=place.is_active,
            facility_buffer=place.buffer, takes_returns=number == 1,
        )
        for number, place in enumerate(setup.locations, start=1)
    ]  # fmt: skip
    channels = [
        Channel(
            terms.name, terms.name.title(), "flat", terms.network, threshold=terms.threshold,
            share=terms.share, max_quantity=terms.cap,
        )
        for terms in setup.channels
    ]  # fmt: skip
    settings = load(environ={"OMS_HOME": str(home)})
    return replace(settings, locations=tuple(locations), channels=tuple(channels))


class Books:
    """A Maker. `fresh` gives books on SQLite; their tables are made once and copied."""

    warm = ("sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.dialects.postgresql.psycopg", "psycopg")

    def __init__(self) -> None:
        self.settings = settings_of(a.SETUP, Path(tempfile.gettempdir()))
        self._empty: bytes | None = None

    @contextmanager
    def fresh(self) -> Iterator[str]:
        folder = Path(tempfile.mkdtemp(prefix="oms-conformance-"))
        file = folder / "book.sqlite"
        try:
            if self._empty is None:
                with open_book(f"sqlite:///{file}"):
                    pass
                self._empty = file.read_bytes()
            file.write_bytes(self._empty)
            yield f"sqlite:///{file}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def open(self, address: str) -> OurSystem:
        return OurSystem(address, self.settings)


BOOK = Books()


class BooksOnServer(Books):
    """Books on a private PostgreSQL server (benchmarks/postgres.py): a database each."""

    def __init__(self, server) -> None:
        super().__init__()
        self._server = server
        self._made = 0

    @contextmanager
    def fresh(self) -> Iterator[str]:
        if not self._made:
            self._server.create_database("conformance")
            with open_book(self._server.url("conformance")):
                pass
        self._made += 1
        name = f"conformance_{self._made}"
        self._server.create_database(name, template="conformance")
        yield self._server.url(name)


class OurSystem:
    """One client: a book of its own opening, and the services on it."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._opened = ExitStack()
        self.settings = settings
        self.book = self._opened.enter_context(open_book(url))
        self._orders = OrderService(self.book, settings)
        self._stock = StockService(self.book, settings)
        self._reservations = ReservationService(self.book, settings)
        not_offered = () if hasattr(self._orders, "edit") else ("edit",)
        self.offers = frozenset(a.COMMANDS) - set(not_offered)

    def close(self) -> None:
        self._opened.close()

    def purchase(self, *, purchase: str, sku: str, location: str, units: int, at: int, key: str) -> a.Answer:
        """As a report, which is how purchases reach a book whose purchasing is done elsewhere."""
        number = self.book.applied_through() + 1
        fact = PurchaseOrderFact(number, at, purchase, "SUPPLIER", sku, location, units, at, at)
        bulk.apply(self.book, [[fact]], settings=self.settings)
        return {"purchase": purchase}

    def receive(
        self, *, sku: str, location: str, units: int, purchase: str | None, at: int, key: str
    ) -> a.Answer:
        act = self._stock.receive
        return _do(act, sku, location, quantity=units, purchase_order_line_id=purchase, at=at, key=key)

    def count(self, *, sku: str, location: str, units: int, at: int, key: str) -> a.Answer:
        return _do(self._stock.count, sku, location, quantity=units, reason="counted", at=at, key=key)

    def set_aside(
        self, *, sku: str, location: str, source: str, target: str, units: int, at: int, key: str
    ) -> a.Answer:
        ends = {"source": source, "target": target, "reason": "inspected"}
        return _do(self._stock.move_state, sku, location, quantity=units, **ends, at=at, key=key)

    def reserve(
        self, *, reservation: str, channel: str, items: Mapping[str, int], expires_at: int, at: int, key: str
    ) -> a.Answer:
        terms = {"channel_id": channel, "items": items, "expires_at": instant(expires_at)}
        return _do(self._reservations.reserve, reservation, **terms, at=at, key=key)

    def convert(
        self, *, reservation: str, order: str, channel: str, lines: Mapping, may_wait: bool, at: int, key: str
    ) -> a.Answer:
        new = _new_order(order, channel, lines)
        return _do(self._reservations.convert, reservation, new, may_wait=may_wait, at=at, key=key)

    def release(self, *, reservation: str, at: int, key: str) -> a.Answer:
        return _do(self._reservations.release, reservation, at=at, key=key)

    def expire(self, *, at: int, key: str) -> a.Answer:
        return _do(self._reservations.expire, at=at, key=key)

    def place(
        self, *, order: str, channel: str, lines: Mapping, may_wait: bool, at: int, key: str
    ) -> a.Answer:
        new = _new_order(order, channel, lines)
        return _do(self._orders.place, new, may_wait=may_wait, at=at, key=key)

    def allocate(self, *, order: str, at: int, key: str) -> a.Answer:
        return _do(self._orders.allocate, order, at=at, key=key)

    def ship(
        self, *, order: str, shipment: str, units: Mapping[int, int] | None, at: int, key: str
    ) -> a.Answer:
        return _do(self._orders.ship, order, shipment_id=shipment, units=units, at=at, key=key)

    def cancel(self, *, order: str, units: Mapping[str, int] | None, at: int, key: str) -> a.Answer:
        return _do(self._orders.cancel, order, units=units, reason="customer", at=at, key=key)

    def edit(self, *, order: str, units: Mapping[str, int], at: int, key: str) -> a.Answer:
        from oms_ops.changes import SetQuantity  # `offers` says whether there are edits

        changes = [SetQuantity(line, quantity) for line, quantity in units.items()]
        return _do(self._orders.edit, order, changes=changes, may_wait=True, at=at, key=key)

    def ask_return(
        self, *, order: str, returned: str, units: Mapping[str, int], at: int, key: str
    ) -> a.Answer:
        return _do(self._orders.return_, order, return_id=returned, units=units, at=at, key=key)

    def take_back(self, *, returned: str, disposition: str, location: str, at: int, key: str) -> a.Answer:
        terms = {"disposition": disposition, "location_id": location}
        return _do(self._orders.receive_return, returned, **terms, at=at, key=key)

    def pay(self, *, order: str, cents: int, at: int, key: str) -> a.Answer:
        return _do(self._orders.pay, order, kind="sale", amount=_money(cents), at=at, key=key)

    def refund(self, *, order: str, refund: str, cents: Mapping[str, int], at: int, key: str) -> a.Answer:
        amounts = {line: _money(value) for line, value in cents.items()}
        return _do(self._orders.refund, order, refund_id=refund, amounts=amounts, at=at, key=key)

    def bulk(self) -> None:
        """The kit's stream of reports, from where the book stands."""
        stream = reports(a.SETUP)
        size = _REPORTS_PER_TRANSACTION
        chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
        bulk.apply(self.book, chunks, settings=self.settings)

    def violations(self) -> Sequence[str]:
        return [str(violation) for violation in verify(self.book)]

    def state(self) -> a.Snapshot:
        with self.book.read() as con:
            rows = snapshot.rows(con)
            moved, marked = snapshot.moved(con)
            published = list(of_state(supply.available(con), supply.waiting(con), self.settings))
        line_ids = {(order, number): line_id for order, number, line_id, *_ in rows["lines"]}
        return a.Snapshot(
            stock={(sku, place): a.Balance(*units) for sku, place, *units in rows["stock"]},
            claims={
                (order, number): a.Claim(line_ids[order, line_no], *rest)
                for order, number, line_no, *rest in rows["claims"]
            },
            holds={(name, sku, place): a.Hold(*rest) for name, sku, place, *rest in rows["holds"]},
            orders=_orders(rows),
            expected=_expected(rows["expected"], line_ids),
            ats={(row.channel_id, row.sku): row.ats.value for row in published},
            owed={name: (sku, place, units) for name, sku, place, units in rows["owed"]},
            ledger={place: a.Balance(*(sums[name] for name in QUANTITIES)) for place, sums in moved.items()},
            oversold=marked,
            history=rows["events"][0][0],
        )


def _do(act: Callable, *named: object, at: int, key: str, **terms: object) -> a.Answer:
    try:
        return act(*named, **terms, at=instant(at), key=key)
    except OutOfStock as refusal:
        raise a.Refused(str(refusal), is_shortage=True) from refusal
    except OmsError as refusal:
        raise a.Refused(str(refusal)) from refusal


def _new_order(order: str, channel: str, lines: Mapping) -> NewOrder:
    """The kit's order ids are ours: channel:external id."""
    sold = [NewLine(line, sku, units, _money(price)) for line, (sku, units, price) in lines.items()]
    external_id = order.removeprefix(f"{channel}:")
    return NewOrder(channel, external_id, sold, country="United Kingdom", currency="GBP")


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _cents(value_e4: int) -> int:
    cents, rest = divmod(int(value_e4), 100)
    assert not rest, f"the kit deals in whole cents, found {value_e4} ten-thousandths"
    return cents


def _orders(rows: Mapping[str, list]) -> dict[str, a.Order]:
    shipped: dict[tuple[str, int], int] = {}
    for order, _, line_no, _, _, _, out, _ in rows["claims"]:
        shipped[order, line_no] = shipped.get((order, line_no), 0) + out
    lines: dict[str, dict[str, a.Line]] = {}
    for order, number, line_id, sku, units, canceled, waiting, returned, price, refunded in rows["lines"]:
        line = a.Line(
            sku, units, canceled, waiting, shipped.get((order, number), 0), returned, _cents(price),
            _cents(refunded),
        )  # fmt: skip
        lines.setdefault(order, {})[line_id] = line
    paid = {(order, kind): _cents(amount) for order, kind, amount in rows["money"]}
    return {
        order: a.Order(
            channel, status, lines[order], captured=paid.get((order, "sale"), 0),
            refunded=paid.get((order, "refund"), 0),
        )
        for order, channel, status in rows["orders"]
    }  # fmt: skip


def _expected(rows: Sequence[tuple], line_ids: Mapping) -> dict[str, list[a.Expected]]:
    found: dict[str, list[a.Expected]] = {}
    for returned, order, line_no, units in rows:
        found.setdefault(returned, []).append(a.Expected(order, line_ids[order, line_no], units))
    return found
