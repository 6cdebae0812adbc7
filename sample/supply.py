"""Simulates what the ledger lacks, from its real demand: suppliers, lead times, purchases, arrivals.

Each sku is supplied in batches that cover the next weeks of its real sales and come before the first
unit that needs them. Where a sku that sells often did not sell for unusually long, its stock ran out as
the gap began. A few batches come late. Times are seconds since 1970 in UTC. Tables and documents are
made elsewhere.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

DAY = 86_400
HOUR = 3_600
SUPPLIERS = 40
LATE_SHARE = 0.015
LOW_SHARE = 0.12
SPLIT_SHARE = 0.10
COVER_DAYS = (20, 60)
COVER_SALES = (4, 10)
AHEAD_DAYS = (1, 20)
OPENING_DAYS = 21
SEASON_DAYS = 45
FUTURE_WEEKS = 10
RATE_WEEKS = 8
NEVER = -1


@dataclass(frozen=True)
class Supplier:
    number: int
    lead_days: int
    spread: float


@dataclass(frozen=True)
class Sku:
    """A sku and its stock events in time order; `change` is negative for orders, else goods back or found."""

    code: str
    pack_size: int
    min_order_quantity: int
    sells_in_europe: bool
    supplier: Supplier
    at: np.ndarray
    change: np.ndarray


@dataclass(frozen=True)
class Batch:
    """One purchase; three tenths come at `rest_at` where that is set. An opening batch is there first."""

    quantity: int
    ordered_at: int
    arrives_at: int
    rest_at: int | None = None
    is_opening: bool = False
    is_late: bool = False


def suppliers(seed: int) -> list[Supplier]:
    rng = np.random.default_rng([seed, 1])
    leads = rng.integers(5, 46, SUPPLIERS)
    spreads = rng.uniform(0.05, 0.35, SUPPLIERS)
    return [Supplier(no + 1, int(leads[no]), float(spreads[no])) for no in range(SUPPLIERS)]


def batches(sku: Sku, *, seed: int, opening: int, clock: int, open_days: np.ndarray) -> list[Batch]:
    """The purchases of one sku, opening stock first. `open_days`: days since 1970 on which the shop sold."""
    rng = np.random.default_rng([seed, zlib.crc32(sku.code.encode())])
    at, change = _with_future(sku, clock=clock, is_low=rng.random() < LOW_SHARE)
    if not len(at):
        return []
    shortfall = -np.minimum.accumulate(np.cumsum(change))
    gap_after, gap_before = _gaps(at, change, open_days)
    found: list[Batch] = []
    supplied = 0
    while True:
        first = int(np.searchsorted(shortfall, supplied, side="right"))
        if first == len(at):
            return found
        end, is_cut = _covered(at, first, gap_after=gap_after, rng=rng)
        quantity = int(shortfall[end - 1]) - supplied
        if not is_cut:
            spare = max(1, round(quantity * rng.uniform(0.03, 0.12)))
            quantity = max(sku.min_order_quantity, -(-(quantity + spare) // sku.pack_size) * sku.pack_size)
        follows_gap = first in gap_before
        wanted_at = int(at[first]) if follows_gap else _missed_from(at, first)
        found.append(
            _dated(
                quantity,
                wanted_at,
                needed_at=int(at[first]),
                sku=sku,
                rng=rng,
                opening=opening,
                is_tight=follows_gap,
            )
        )
        supplied += quantity


def _covered(
    at: np.ndarray, first: int, *, gap_after: np.ndarray, rng: np.random.Generator
) -> tuple[int, bool]:
    """Where a batch for the event `first` ends (exclusive), and whether an unusual gap ends it."""
    days = rng.integers(COVER_DAYS[0], COVER_DAYS[1] + 1)
    sales = int(rng.integers(COVER_SALES[0], COVER_SALES[1] + 1))
    end = max(int(np.searchsorted(at, at[first] + days * DAY, side="right")), min(first + sales, len(at)))
    cut = gap_after[np.searchsorted(gap_after, first) :]
    if len(cut) and cut[0] < end:
        return int(cut[0]) + 1, True
    return end, False


def _missed_from(at: np.ndarray, first: int) -> int:
    """From when an empty shelf shows: the sale before the one in need, unless a season lies between."""
    if first and at[first] - at[first - 1] <= SEASON_DAYS * DAY:
        return int(at[first - 1])
    return int(at[first])


def _with_future(sku: Sku, *, clock: int, is_low: bool) -> tuple[np.ndarray, np.ndarray]:
    """The events and, after the clock, the last weeks' rate carried on, as buyers do."""
    recent = (sku.at >= clock - RATE_WEEKS * 7 * DAY) & (sku.change < 0)
    weekly = -int(sku.change[recent].sum()) // RATE_WEEKS
    if is_low or weekly == 0:
        return sku.at, sku.change
    weeks = clock + DAY + np.arange(FUTURE_WEEKS) * 7 * DAY
    return np.append(sku.at, weeks), np.append(sku.change, np.full(FUTURE_WEEKS, -weekly))


def _gaps(at: np.ndarray, change: np.ndarray, open_days: np.ndarray) -> tuple[np.ndarray, frozenset[int]]:
    """Event numbers after which, and before which, an unusually long gap between sales lies.

    Unusual: 5 to 60 days of trade without a sale, where at the rate of the 40 before six sale days were due.
    """
    sales = np.flatnonzero(change < 0)
    day_no = np.searchsorted(open_days, at[sales] // DAY)
    last = np.flatnonzero(np.diff(day_no, append=np.iinfo(np.int64).max // 2))
    days = day_no[last]
    if len(days) < 9:
        return np.empty(0, dtype=np.int64), frozenset()
    rate = (np.arange(len(days)) - np.searchsorted(days, days - 40)) / 40
    gap = np.diff(days)
    unusual = (gap >= 5) & (gap <= 60) & (rate[:-1] >= 0.2) & (rate[:-1] * gap > 6)
    where = np.flatnonzero(unusual)
    return sales[last[where]], frozenset(sales[last[where] + 1].tolist())


def _dated(
    quantity: int,
    wanted_at: int,
    *,
    needed_at: int,
    sku: Sku,
    rng: np.random.Generator,
    opening: int,
    is_tight: bool,
) -> Batch:
    """A batch that comes days before `wanted_at` (one day where `is_tight`), or late for `needed_at`."""
    ahead = 1 if is_tight else int(rng.integers(AHEAD_DAYS[0], AHEAD_DAYS[1] + 1))
    dock = int(rng.integers(6 * 60, 10 * 60)) * 60
    late = int(rng.integers(1, 5)) if rng.random() < LATE_SHARE and not is_tight else 0
    lead = max(1, round(sku.supplier.lead_days * float(np.exp(rng.normal(0, sku.supplier.spread)))))
    planned = _day(wanted_at) - ahead * DAY + dock
    if planned < opening + 2 * DAY or needed_at < opening + OPENING_DAYS * DAY:
        return Batch(quantity, opening, opening, is_opening=True)
    arrival = _day(needed_at) + late * DAY + dock if late else planned
    ordered_at = _day(planned) - lead * DAY + 9 * HOUR
    is_split = rng.random() < SPLIT_SHARE and ahead > 4 and not late and quantity >= 20
    rest_at = arrival + int(rng.integers(1, 4)) * DAY if is_split else None
    return Batch(quantity, ordered_at, arrival, rest_at, is_late=bool(late))


def _day(at: int) -> int:
    return at // DAY * DAY


def split(quantity: int, sku: Sku, *, rng: np.random.Generator) -> dict[str, int]:
    """Units per location, in packs where the batch is. Glasgow holds only what the Europe shop never sold."""
    pack = sku.pack_size if quantity % sku.pack_size == 0 else 1
    if quantity < max(12, 2 * pack):
        return {"LEICESTER": quantity}
    london = int(quantity * rng.uniform(0.2, 0.35)) // pack * pack
    glasgow = 0 if sku.sells_in_europe else int(quantity * rng.uniform(0.05, 0.15)) // pack * pack
    places = {"LEICESTER": quantity - london - glasgow, "LONDON": london, "GLASGOW": glasgow}
    return {place: units for place, units in places.items() if units}


def ready_at(at: np.ndarray, change: np.ndarray, supplied: list[tuple[int, int]]) -> np.ndarray:
    """When each event's units are there, first come first served; its own time where they were already."""
    orders = change < 0
    gives_at = np.concatenate([at[~orders], np.array([s[0] for s in supplied], dtype=np.int64)])
    gives = np.concatenate([change[~orders], np.array([s[1] for s in supplied], dtype=np.int64)])
    order = np.argsort(gives_at, kind="stable")
    gives_at, total = gives_at[order], np.cumsum(gives[order])
    claimed = np.cumsum(np.where(orders, -change, 0))
    place = np.searchsorted(total, claimed, side="left")
    known = place < len(total)
    ready = np.full(len(at), NEVER, dtype=np.int64)
    ready[known] = np.maximum(gives_at[place[known]], at[known])
    ready[~orders] = at[~orders]
    return ready
