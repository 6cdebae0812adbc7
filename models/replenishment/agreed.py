"""What was agreed with suppliers, brought to every sku: order days, review, pallets, price breaks, room,
shelf life. Arrays in, arrays out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import polars as pl

from models.lead_times import LeadTimes
from models.replenishment.rounding import Terms, allowed, price_break
from models.replenishment.supplier_calendar import SupplierCalendar
from models.stock import Stock

YEAR = 365
BREAK = "price_break"


@dataclass(frozen=True)
class Agreed:
    """One statement, of a supplier's products, of some skus, or both; None and empty say nothing. With
    `locations` only where stock is planned that one of them holds.
    """

    supplier_id: str = ""
    skus: frozenset[str] = frozenset()
    locations: frozenset[str] = frozenset()
    order_weekdays: tuple[int, ...] = ()
    receipt_weekdays: tuple[int, ...] = ()
    closed: tuple[date, ...] = ()
    review_days: int | None = None
    pallet_size: float | None = None
    price_breaks: tuple[tuple[float, float], ...] = ()
    shelf_life_days: int | None = None
    max_stock: float | None = None
    max_cover_days: int | None = None

    def covers(self, sku: str, supplier_id: str | None) -> bool:
        return (not self.supplier_id or self.supplier_id == supplier_id) and (
            not self.skus or sku in self.skus
        )

    @property
    def has_calendar(self) -> bool:
        return bool(self.order_weekdays or self.receipt_weekdays or self.closed)


class Traded(Protocol):
    """Skus with their suppliers, as of a day; `models.stock.Stock` is one."""

    @property
    def today(self) -> date: ...
    @property
    def skus(self) -> Sequence[str]: ...
    @property
    def supplier_id(self) -> Sequence[str | None]: ...


@dataclass(frozen=True)
class SkuTerms:
    """By sku: days between reviews, pallet (0: none), days a new unit keeps, units and days of cover that may
    lie on the shelf (inf: no bound); `breaks` by row; `calendars` by supplier.
    """

    review_days: np.ndarray
    pallet: np.ndarray
    shelf_life: np.ndarray
    most_stock: np.ndarray
    most_cover: np.ndarray
    breaks: Mapping[int, list[tuple[float, float]]] = field(default_factory=dict)
    calendars: Mapping[str, SupplierCalendar] = field(default_factory=dict)

    @property
    def is_bound(self) -> bool:
        limits = (self.shelf_life, self.most_stock, self.most_cover)
        return bool(self.pallet.any() or self.breaks or any(np.isfinite(limit).any() for limit in limits))


def at(locations: Sequence[str], agreed: Sequence[Agreed]) -> list[Agreed]:
    """Those that hold for stock at these locations."""
    return [one for one in agreed if not one.locations or one.locations & set(locations)]


def of_skus(found: Traded, agreed: Sequence[Agreed], *, review_days: int) -> SkuTerms:
    """A later statement wins over an earlier one, term by term."""
    count = len(found.skus)
    terms = SkuTerms(
        np.full(count, review_days), np.zeros(count), np.full(count, np.inf), np.full(count, np.inf),
        np.full(count, np.inf), {}, {},
    )  # fmt: skip
    suppliers = np.array([name or "" for name in found.supplier_id], dtype=object)
    for one in agreed:
        rows = np.ones(count, dtype=bool) if not one.supplier_id else suppliers == one.supplier_id
        if one.skus:
            rows &= np.array([sku in one.skus for sku in found.skus], dtype=bool)
        stated = (
            (terms.review_days, one.review_days), (terms.pallet, one.pallet_size),
            (terms.shelf_life, one.shelf_life_days), (terms.most_stock, one.max_stock),
            (terms.most_cover, one.max_cover_days),
        )  # fmt: skip
        for values, value in stated:
            if value is not None:
                values[rows] = value
        if one.price_breaks:
            terms.breaks.update({int(row): sorted(one.price_breaks) for row in np.flatnonzero(rows)})
        if one.has_calendar:
            before = terms.calendars.get(one.supplier_id, SupplierCalendar())
            terms.calendars[one.supplier_id] = SupplierCalendar(
                one.order_weekdays or before.order_weekdays,
                one.receipt_weekdays or before.receipt_weekdays,
                frozenset(one.closed) or before.closed,
            )
    return terms


def whole_orders(
    product: pl.DataFrame, agreed: Sequence[Agreed], *, suppliers: frozenset[str]
) -> frozenset[str]:
    """Skus whose orders are not divided over locations: a pallet or a price break is of one order, and so is
    the least money that some `suppliers` take. `product`: sku, supplier_id.
    """
    one_order = [one for one in agreed if one.pallet_size or one.price_breaks]
    return frozenset(
        sku
        for sku, supplier in product.select("sku", "supplier_id").iter_rows()
        if supplier in suppliers or any(one.covers(sku, supplier) for one in one_order)
    )


def on_calendar(terms: SkuTerms, found: Traded, lead_days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(skus, draws) whole days until an order can be there, counted from today, and (skus,) days from that
    order to the next: on days the supplier takes orders and delivers. Of a closed one (`closed`) as if it
    were not.
    """
    lead, review = lead_days.copy(), terms.review_days.copy()
    suppliers = np.array([name or "" for name in found.supplier_id], dtype=object)
    for name, calendar in terms.calendars.items():
        if calendar.is_closed(found.today):
            continue
        for days in np.unique(review[suppliers == name]):
            rows = np.flatnonzero((suppliers == name) & (terms.review_days == days))
            wait, after = calendar.orders_between(found.today, int(days))
            ordered = found.today + timedelta(days=wait)
            lead[rows] = wait + calendar.arrival_days(ordered, lead_days[rows])
            review[rows] = after - wait
    return lead, review


def closed(terms: SkuTerms, found: Traded) -> np.ndarray:
    """(skus,) whether the supplier takes no orders, or delivers none, within a year."""
    shut = {name for name, calendar in terms.calendars.items() if calendar.is_closed(found.today)}
    return np.array([(supplier or "") in shut for supplier in found.supplier_id], dtype=bool)


def leads(
    found: Stock, lead_times: LeadTimes, lead_days: np.ndarray, terms: SkuTerms
) -> tuple[np.ndarray, np.ndarray]:
    """(skus,) mean and 90 % days until an order can be there; with a calendar, of the days it leaves."""
    of = [lead_times.of(supplier) for supplier in found.supplier_id]
    mean, p90 = np.array([lead.mean for lead in of]), np.array([lead.p90 for lead in of])
    dated = np.array([(supplier or "") in terms.calendars for supplier in found.supplier_id], dtype=bool)
    if dated.any():
        mean[dated] = lead_days[dated].mean(axis=1)
        p90[dated] = np.quantile(lead_days[dated], 0.9, axis=1)
    return mean, p90


def last_order_days(terms: SkuTerms, found: Stock, wanted: list[date | None]) -> list[date | None]:
    """The last day at or before the wanted one that takes orders, but none before the next that does; None
    where the supplier is closed.
    """
    shut = closed(terms, found)
    return [
        None if day is None or shut[row]
        else terms.calendars[supplier or ""].last_order_day(found.today, day)
        if (supplier or "") in terms.calendars
        else day
        for row, (supplier, day) in enumerate(zip(found.supplier_id, wanted, strict=True))
    ]  # fmt: skip


def room(
    terms: SkuTerms, found: Stock, position: np.ndarray, *, lead: np.ndarray, until_end: np.ndarray
) -> np.ndarray:
    """(skus,) units an order may hold: what lies on the shelf when it comes keeps to its bounds and sells
    before the product ends (`Stock.sellable_before_end`).
    """
    most, life = _limits(terms, found, lead)
    return np.minimum(np.maximum(np.minimum(most, life) - position, 0.0), until_end)


def quantities(
    wanted: np.ndarray,
    position: np.ndarray,
    *,
    found: Stock,
    terms: SkuTerms,
    lead: np.ndarray,
    review: np.ndarray,
    holding_rate: float,
    until_end: np.ndarray,
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Units to order, what bound them, and the price of one."""
    most, life = _limits(terms, found, lead)
    bounds = Terms(found.pack_size, found.min_order_quantity, terms.pallet, most, life, until_end=until_end)
    quantity, bound = allowed(wanted, position, bounds)
    price = found.unit_cost.copy()
    daily = found.expected(np.maximum(review, 1)) / np.maximum(review, 1)
    left = np.minimum(np.minimum(most, life) - position, until_end)
    for row, steps in terms.breaks.items():
        if quantity[row] <= 0 or not price[row] > 0:
            continue
        pack = found.pack_size[row]
        every = [(0.0, float(price[row])), *steps]
        has_room = [step for step in every if np.ceil(step[0] / pack - 1e-9) * pack <= left[row] + 1e-9]
        units, price[row] = price_break(
            float(quantity[row]), breaks=has_room or every[:1], demand=float(daily[row]),
            holding_rate=holding_rate / YEAR,
        )  # fmt: skip
        if units > quantity[row]:
            quantity[row], bound[row] = np.ceil(units / pack - 1e-9) * pack, BREAK
    return quantity, bound.tolist(), price


def _limits(terms: SkuTerms, found: Stock, lead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of position plus order: by the shelf's room, and by what will be asked for while it keeps."""
    before = found.expected(np.maximum(np.round(lead), 1))
    cover = _until(found, lead, terms.most_cover)
    most = np.minimum(terms.most_stock + before, cover)
    return most, _until(found, lead, terms.shelf_life)


def _until(found: Stock, lead: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Expected demand until so many days after the delivery; inf where there is no bound."""
    known = np.isfinite(days)
    if not known.any():
        return np.full(len(days), np.inf)
    last = np.where(known, np.round(lead) + np.where(known, days, 0.0), 1.0)
    return np.where(known, found.expected(np.maximum(last, 1)), np.inf)
