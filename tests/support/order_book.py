"""A small shop to try the order book on: commands and facts in a few words, and the whole book to compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects import registry

from oms_ops import facts as f
from oms_ops.ledger import QUANTITIES
from oms_ops.service import NewLine, NewOrder, OrderService, StockService, order_view
from oms_ops.store import OrderBook, open_book
from oms_ops.store.lifecycle_tables import LIFECYCLE
from oms_ops.store.papers import PAPERS
from oms_ops.store.stock_tables import STOCK_PAPERS
from oms_ops.store.supply import available
from oms_ops.store.tables import ORDER_BOOK, stock_balance
from oms_ops.units import e4
from tests.support.home import settings_for
from warehouse.settings import Settings

NOON = datetime(2011, 3, 1, 12, tzinfo=UTC)
HOUR = 3_600_000_000
T0 = 1_298_980_800_000_000  # 2011-03-01 12:00 UTC in microseconds


@dataclass
class Shop:
    """The commands with keys and times filled in: each call is a command of its own, a minute later."""

    book: OrderBook
    settings: Settings
    calls: int = 0

    @property
    def orders(self) -> OrderService:
        return OrderService(self.book, self.settings)

    @property
    def stock(self) -> StockService:
        return StockService(self.book, self.settings)

    def next(self) -> dict:
        self.calls += 1
        return {"at": NOON + timedelta(minutes=self.calls), "key": f"call {self.calls}"}

    def receive(self, sku: str, location_id: str, quantity: int, **more) -> dict:
        return self.stock.receive(sku, location_id, quantity=quantity, **more, **self.next())

    def place(
        self, name: str, *lines: tuple, may_wait: bool = False, channel: str = "shopify", **more
    ) -> str:
        """`lines`: (sku, quantity) or (sku, quantity, price); line ids are a, b, c ..."""
        order = new_order(name, *lines, channel=channel, **more)
        return self.orders.place(order, may_wait=may_wait, **self.next())["order_id"]

    def pay(self, order_id: str, amount: object, kind: str = "sale") -> dict:
        return self.orders.pay(order_id, kind=kind, amount=amount, **self.next())

    def ship(self, order_id: str, shipment_id: str, **more) -> dict:
        return self.orders.ship(order_id, shipment_id=shipment_id, **more, **self.next())

    def view(self, order_id: str) -> dict:
        return order_view(self.book, order_id)

    def balance(self, sku: str, location_id: str) -> dict[str, int]:
        """The quantities that are not zero."""
        with self.book.read() as con:
            place = (stock_balance.c.sku == sku) & (stock_balance.c.location_id == location_id)
            row = con.execute(select(stock_balance).where(place)).first()
        values = dict(zip(QUANTITIES, row[3:], strict=True)) if row else {}
        return {name: units for name, units in values.items() if units}

    def available(self) -> dict[str, dict[str, int]]:
        with self.book.read() as con:
            return available(con)


@contextmanager
def open_shop(home: Path, **changes: object) -> Iterator[Shop]:
    settings = settings_for(home, **changes)
    with open_book(settings.order_book_url) as book:
        yield Shop(book, settings)


def new_order(name: str, *lines: tuple, channel: str = "shopify", **more: object) -> NewOrder:
    return NewOrder(
        channel_id=channel,
        external_id=name,
        lines=[
            NewLine(line_id, line[0], line[1], line[2] if len(line) > 2 else "1.00", *line[3:])
            for line_id, line in zip("abcdefghij", lines, strict=False)
        ],
        country="United Kingdom",
        currency="GBP",
        **more,
    )


class Stream:
    """Facts in the order they are said, numbered from 1, an hour apart."""

    def __init__(self) -> None:
        self.facts: list[f.Fact] = []

    def _add(self, kind: type, **values: object) -> f.Fact:
        number = len(self.facts) + 1
        moment = T0 + number * HOUR
        times = {name: moment for name in kind._fields if name.endswith("_at") and name not in values}
        fact = kind(apply_seq=number, **(times | values))
        self.facts.append(fact)
        return fact

    def count(self, sku: str, location_id: str, quantity: int) -> f.Fact:
        name = f"N{len(self.facts) + 1}"
        return self._add(f.StockCountFact, count_id=name, sku=sku, location_id=location_id, quantity=quantity)

    def purchase(self, name: str, sku: str, location_id: str, quantity: int) -> f.Fact:
        return self._add(
            f.PurchaseOrderFact,
            purchase_order_line_id=name,
            supplier_id="SUP",
            sku=sku,
            location_id=location_id,
            quantity=quantity,
        )

    def receipt(self, sku: str, location_id: str, quantity: int, purchase: str | None = None) -> f.Fact:
        return self._add(
            f.ReceiptFact,
            receipt_id=f"R{len(self.facts) + 1}",
            purchase_order_line_id=purchase,
            sku=sku,
            location_id=location_id,
            quantity=quantity,
        )

    def adjustment(self, sku: str, location_id: str, quantity: int, reason: str = "damages") -> f.Fact:
        name = f"A{len(self.facts) + 1}"
        return self._add(
            f.StockAdjustmentFact,
            adjustment_id=name,
            sku=sku,
            location_id=location_id,
            quantity=quantity,
            reason=reason,
        )

    def order(self, name: str, *lines: tuple, channel: str = "shopify", is_test: bool = False) -> f.Fact:
        """`lines`: (sku, quantity), with a price and a line type where the test is about them."""
        return self._add(
            f.OrderFact,
            order_id=f"{channel}:{name}",
            channel_id=channel,
            external_id=name,
            order_number=name,
            customer_id="c1",
            country="United Kingdom",
            currency="GBP",
            is_test=is_test,
            promised_ship_by=None,
            promised_deliver_by=None,
            lines=[_line_fact(number, line) for number, line in enumerate(lines, start=1)],
        )

    def cancellation(self, name: str, reason: str = "customer", channel: str = "shopify") -> f.Fact:
        return self._add(f.CancellationFact, order_id=f"{channel}:{name}", cancel_reason=reason)

    def refund(self, refund_id: str, name: str | None, *lines: tuple, channel: str = "shopify") -> f.Fact:
        """`lines`: (line id, sku, quantity, restock kind), with the money per unit (default 1.00)."""
        return self._add(
            f.RefundFact,
            refund_id=refund_id,
            order_id=None if name is None else f"{channel}:{name}",
            lines=[
                f.RefundLineFact(
                    line_id, sku, "product", units, units * e4(more[0] if more else 1), restock_kind
                )
                for line_id, sku, units, restock_kind, *more in lines
            ],
        )

    def shipment(self, shipment_id: str, name: str, channel: str = "shopify") -> f.Fact:
        return self._add(
            f.ShipmentFact,
            shipment_id=shipment_id,
            order_id=f"{channel}:{name}",
            carrier="DPD",
            tracking_number=f"T{shipment_id}",
        )

    def delivery(self, shipment_id: str, name: str, channel: str = "shopify") -> f.Fact:
        return self._add(f.DeliveryFact, shipment_id=shipment_id, order_id=f"{channel}:{name}")

    def chunks(self, size: int | None = None) -> list[Sequence[f.Fact]]:
        size = size or max(1, len(self.facts))
        return [self.facts[start : start + size] for start in range(0, len(self.facts), size)]


def _line_fact(number: int, line: tuple) -> f.OrderLineFact:
    sku, quantity, *more = line
    price_e4 = e4(more[0]) if more else e4(1)
    line_type = more[1] if len(more) > 1 else "product"
    return f.OrderLineFact(number, "abcdefghij"[number - 1], sku, line_type, quantity, price_e4)


def without_place(settings: Settings, location_id: str) -> Settings:
    """The same settings with one location closed."""
    places = tuple(
        replace(place, is_active=False) if place.location_id == location_id else place
        for place in settings.locations
    )
    return replace(settings, locations=places)


def whole_book(book: OrderBook) -> dict[str, list[tuple]]:
    """Every row of every table, as the driver hands it over."""
    with book.read() as con:
        return {
            name: con.exec_driver_sql(query).cursor.fetchall()
            for name, query in _every_row(con.dialect.name).items()
        }


@cache
def _every_row(dialect: str) -> dict[str, str]:
    """A query by table; the walks ask them all before and after each command."""
    queries = {
        table.name: table.select().order_by(*table.primary_key.columns)
        for table in (*ORDER_BOOK, *LIFECYCLE, *PAPERS, *STOCK_PAPERS)
    }
    spoken = registry.load(dialect)()
    return {name: str(query.compile(dialect=spoken)) for name, query in queries.items()}
