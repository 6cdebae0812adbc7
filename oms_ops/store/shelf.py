"""The desk's shelf: orders, stock and queues out of the database, kept at hand while they are worked on.

A command's shelf lives for one transaction. A bulk run's outlives many: it loads the stock and the queues of
waiting lines once, fetches ahead what a chunk names, and is thrown away when somebody else wrote in between.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection, select

from oms_ops import ledger
from oms_ops.desk import Journal
from oms_ops.documents import Papers, PurchaseLine, Reservation, Shipment
from oms_ops.ledger import Stock
from oms_ops.orders import Order
from oms_ops.stock_papers import LotTracking
from oms_ops.store import papers as written
from oms_ops.store import policies, reading, stock_papers, watches
from oms_ops.store import tables as t
from oms_ops.store.routing_facts import RoutingFacts
from oms_ops.store.stock_tables import lot_tracking
from oms_ops.watching import Seen, Watch


class _StockByPlace(dict[tuple[str, str], Stock]):
    """(sku, location_id) to its stock: a plain dict to whoever asks again, found or made the first time."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._shelf = shelf

    def __missing__(self, place: tuple[str, str]) -> Stock:
        return self._shelf.find_stock(*place)


class Shelf:
    def __init__(self, con: Connection, *, preload: bool = False) -> None:
        self.con = con
        self.stock = _StockByPlace(self)
        self._is_preloaded = preload
        self._stock_by_no: dict[int, Stock] = {}
        self._orders: dict[str, Order | None] = {}
        self._headers: dict[str, Order | None] = {}
        self._by_seq: dict[int, Order] = {}
        self._waiting = reading.waiting(con) if preload else {}
        self._shipments: dict[str, list[Shipment]] = {}
        self._purchase_lines: dict[str, PurchaseLine | None] = {}
        self._refunded_here: set[str] = set()
        self._told: set[str] = set()
        self.routing = RoutingFacts(self)
        self._preorders: Mapping[str, int] | None = None
        self._told_before: set[str] = set()
        self._stock_papers: dict[tuple, object] = {}
        self._tracked: set[str] | None = None
        self._kits: set[str] | None = None
        self._buffers: dict[str, Callable[[str, str, int], int]] = {}
        if preload:
            self._keep(reading.stock(con))

    def order(self, order_id: str) -> Order | None:
        if order_id not in self._orders:
            self.fetch_orders([order_id])
        return self._orders[order_id]

    def header(self, order_id: str) -> Order | None:
        """The order, perhaps without its lines, to note an event on."""
        if self._orders.get(order_id) is None and order_id not in self._headers:
            self.fetch_headers([order_id])
        return self._orders.get(order_id) or self._headers[order_id]

    def order_by_seq(self, order_seq: int) -> Order:
        if order_seq not in self._by_seq:
            self._add_orders("order_seq", [order_seq])
        return self._by_seq[order_seq]

    def add_order(self, order: Order) -> None:
        self._orders[order.order_id] = order
        self._by_seq[order.order_seq] = order

    def stock_by_no(self, stock_no: int) -> Stock:
        if stock_no not in self._stock_by_no:
            self._keep(reading.stock(self.con, t.stock_balance.c.stock_no == stock_no))
        return self._stock_by_no[stock_no]

    def add_stock(self, stock: Stock) -> None:
        self._stock_by_no[stock.stock_no] = stock

    def find_stock(self, sku: str, location_id: str) -> Stock:
        """The row of a place nobody has asked for yet; a new one where the book has none."""
        if not self._is_preloaded:
            balance = t.stock_balance.c
            self._keep(reading.stock(self.con, (balance.sku == sku) & (balance.location_id == location_id)))
        if not dict.__contains__(self.stock, (sku, location_id)):
            fresh = Stock(0, sku, location_id, ledger.new_balance(), is_new=True)
            if self._is_tracked(sku):
                fresh.watch = Watch(lots={})
            self.stock[sku, location_id] = fresh
        return self.stock[sku, location_id]

    def waiting(self, sku: str) -> list[tuple[int, int, int]]:
        queue = self._waiting.get(sku)
        if queue is None:
            found = {} if self._is_preloaded else reading.waiting(self.con, sku)
            queue = self._waiting[sku] = found.get(sku, [])
        return queue

    def wait(self, sku: str, place: tuple[int, int, int]) -> None:
        queue = self.waiting(sku)
        if not queue or queue[-1] < place:
            queue.append(place)
        elif place not in queue:
            insort(queue, place)

    @property
    def preorders(self) -> Mapping[str, int]:
        """When each preorder sku ships."""
        if self._preorders is None:
            self._preorders = policies.preorders(self.con)
        return self._preorders

    def kept_back(self, sku: str, location_id: str, otherwise: int) -> int:
        """Units a location keeps back from checkouts: as decided, else as the settings say."""
        if sku not in self._buffers:
            self._buffers[sku] = policies.buffers(self.con, [sku])
        return self._buffers[sku](sku, location_id, otherwise)

    def backorder_cap(self, sku: str) -> int | None:
        return policies.backorder_cap(self.con, sku)

    def units_waiting_elsewhere(self, sku: str, *, order_seq: int) -> int:
        return policies.units_waiting(self.con, sku, except_order=order_seq)

    def shipments(self, shipment_id: str) -> list[Shipment]:
        if shipment_id not in self._shipments:
            self.fetch_shipments([shipment_id])
        return self._shipments[shipment_id]

    def add_shipment(self, shipment: Shipment) -> None:
        self._shipments.setdefault(shipment.shipment_id, []).append(shipment)

    def purchase_line(self, purchase_order_line_id: str) -> PurchaseLine | None:
        if purchase_order_line_id not in self._purchase_lines:
            self.fetch_purchase_lines([purchase_order_line_id])
        return self._purchase_lines[purchase_order_line_id]

    def add_purchase_line(self, line: PurchaseLine) -> None:
        self._purchase_lines[line.purchase_order_line_id] = line

    def papers(self, order_seq: int) -> Papers:
        return written.papers(self.con, order_seq)

    def order_of_refund(self, refund_id: str) -> str | None:
        return written.order_id_of(self.con, written.refund, refund_id)

    def fetch_refunds(self, refund_ids: Iterable[str]) -> None:
        self._refunded_here = written.given(self.con, refund_ids)

    def is_refunded_here(self, refund_id: str) -> bool:
        """Whether a command gave this refund; asked after `fetch_refunds`."""
        return refund_id in self._refunded_here

    def find(self, kind: type, *key: str):
        """The document of the warehouse under that key, or None (oms_ops.stock_papers)."""
        name = (kind, *key)
        if name not in self._stock_papers:
            self._stock_papers[name] = stock_papers.READERS[kind](self, *key)
        return self._stock_papers[name]

    def add_paper(self, paper) -> None:
        self._stock_papers[type(paper), *paper.key] = paper

    def know(self, paper):
        """The document as it is at hand already, or this one from now on."""
        name = (type(paper), *paper.key)
        if self._stock_papers.get(name) is None:
            self._stock_papers[name] = paper
        return self._stock_papers[name]

    def kits_among(self, skus: Sequence[str]) -> set[str]:
        """Those of the skus that are kits sold out of their components' stock."""
        if not self._is_preloaded:
            return stock_papers.kit_skus(self.con, skus)
        if self._kits is None:
            self._kits = stock_papers.kit_skus(self.con)
        return self._kits and self._kits.intersection(skus)

    def places(
        self,
        *,
        sku: str | None = None,
        location_id: str | None = None,
        stock_nos: Sequence[int] | None = None,
    ) -> list[Stock]:
        """Every place of a sku, of a location, or those numbered."""
        balance = t.stock_balance.c
        if stock_nos is not None:
            condition = balance.stock_no.in_(stock_nos)
        elif sku is not None:
            condition = balance.sku == sku
        else:
            condition = balance.location_id == location_id
        found = reading.stock(self.con, condition)
        self._keep(stock for stock in found if stock.stock_no not in self._stock_by_no)
        return [self._stock_by_no[stock.stock_no] for stock in found]

    def open_logs(self, places: Sequence[Stock], *, after: int) -> None:
        """What moved after that instant, or was told after it, at places that get their first snapshot."""
        for stock_no, *seen in watches.moved_after(self.con, [stock.stock_no for stock in places], after):
            place = self._stock_by_no[stock_no]
            place.watch = place.watch or Watch()
            place.watch.log.append(Seen(*seen))

    def moved_on_hand(self, stock_no: int, *, after: int, until: int) -> int:
        """How `on_hand` changed by movements numbered above `after` that happened up to `until`."""
        return watches.moved_on_hand(self.con, stock_no, after=after, until=until)

    def reservation(self, reservation_id: str) -> Reservation | None:
        found = reading.reservations(self.con, "reservation_id", [reservation_id])
        return found[0] if found else None

    def due_reservations(self, at: int, *, limit: int) -> list[Reservation]:
        """Active ones that expire by `at`, the longest overdue first."""
        due = reading.due_reservations(self.con, at, limit=limit)
        found = {held.reservation_id: held for held in reading.reservations(self.con, "reservation_id", due)}
        return [found[reservation_id] for reservation_id in due]

    def fetch_orders(self, order_ids: Iterable[str]) -> None:
        wanted = [order_id for order_id in dict.fromkeys(order_ids) if order_id not in self._orders]
        self._orders |= dict.fromkeys(wanted)
        self._add_orders("order_id", wanted)

    def fetch_headers(self, order_ids: Iterable[str]) -> None:
        wanted = [order_id for order_id in dict.fromkeys(order_ids) if self._orders.get(order_id) is None]
        self._headers |= dict.fromkeys(wanted)
        for order in reading.headers(self.con, wanted):
            self._headers[order.order_id] = order

    def fetch_shipments(self, shipment_ids: Iterable[str]) -> None:
        wanted = [name for name in dict.fromkeys(shipment_ids) if name not in self._shipments]
        found = reading.shipments(self.con, wanted)
        self._shipments |= {name: found.get(name, []) for name in wanted}

    def fetch_purchase_lines(self, line_ids: Iterable[str]) -> None:
        wanted = [name for name in dict.fromkeys(line_ids) if name not in self._purchase_lines]
        found = reading.purchase_lines(self.con, wanted)
        self._purchase_lines |= {name: found.get(name) for name in wanted}

    def fetch_keys(self, keys: Iterable[str]) -> None:
        self._told |= reading.known_keys(self.con, keys)

    def first_time(self, key: str) -> bool:
        """Whether nothing was noted under the key yet; asked once per key, after `fetch_keys`."""
        is_new = key not in self._told and key not in self._told_before
        self._told.add(key)
        return is_new

    def tidy(self, written: Journal, *, keep_lines: int) -> None:
        """Forget what is finished; forget the open orders where they alone have too many lines.

        What was `written` last stays: it may be on its way to the database still. Whatever else is asked for
        again is read again.
        """
        kept = [order for order in self._by_seq.values() if order.order_status == "open"]
        if sum(len(order.lines) for order in kept) > keep_lines:
            kept = []
        self._by_seq = {order.order_seq: order for order in kept} | written.orders
        self._orders = {order.order_id: order for order in self._by_seq.values()}
        self._headers = {}
        shipment_ids = {parcel.shipment_id for parcel in written.shipments.values()}
        self._shipments = {name: self._shipments[name] for name in shipment_ids}
        self._stock_papers = dict(written.stock_papers)
        self._purchase_lines = stock_papers.lines_of(written.stock_papers.values()) | written.purchase_lines
        self._tracked = self._kits = None
        self._told_before, self._told = self._told, set()
        self.routing.clear()

    def _add_orders(self, column: str, keys: list) -> None:
        for order in reading.orders(self.con, column, keys, stock_by_no=self.stock_by_no):
            self.add_order(order)

    def _is_tracked(self, sku: str) -> bool:
        if not self._is_preloaded:
            return self.find(LotTracking, sku) is not None
        if self._tracked is None:
            self._tracked = set(self.con.execute(select(lot_tracking.c.sku)).scalars())
        return sku in self._tracked

    def _keep(self, found: Iterable[Stock]) -> None:
        found = list(found)
        watched = {stock.stock_no: stock.sku for stock in found if stock.watch}
        known = watches.watches(self, watched) if watched else {}
        for stock in found:
            stock.watch = known.get(stock.stock_no)
            self.stock[stock.sku, stock.location_id] = stock
            self.add_stock(stock)
