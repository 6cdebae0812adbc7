"""When open purchase orders will be there, as draws: what is late already comes late, not yesterday.

Lead times are in `lead_times`; stock and demand are elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zlib import crc32

import numpy as np
import polars as pl

from models.errors import PlanError
from models.frames import checked
from models.lead_times import LeadTimes

OPEN = {
    "purchase_order_line_id": pl.String, "supplier_id": pl.String, "sku": pl.String,
    "open_quantity": pl.Float64, "ordered_at": pl.Datetime("us", "UTC"),
    "expected_at": pl.Datetime("us", "UTC"),
}  # fmt: skip


@dataclass(frozen=True)
class Arrivals:
    """Per open line the row of its sku and its units; `day` (lines, draws): whole days, at least 1."""

    row: np.ndarray
    units: np.ndarray
    day: np.ndarray


def draw(
    incoming_supply: pl.DataFrame,
    *,
    place: Mapping[str, int],
    lead_times: LeadTimes,
    quoted: Mapping[str, float],
    as_of: datetime,
    seed: int,
) -> Arrivals:
    """Arrivals of the lines whose sku is in `place`, in the order of `lead_times`' draws, shuffled per order:
    by what it is itself, so that one order more leaves the others' draws as they are.

    A line takes as long as its supplier's deliveries, stretched by what was promised for it against the
    supplier's quote, given that it has not come yet. Overdue beyond every delivery known, it is expected
    between tomorrow and twice as many days hence as it is overdue. What no supplier sends, a transfer of our
    own, comes on its day.
    """
    found = checked(
        incoming_supply, name="incoming_supply", schema=OPEN, key=("purchase_order_line_id",),
        nullable=("supplier_id", "ordered_at", "expected_at"), error=PlanError,
    ).filter((pl.col("open_quantity") > 0) & pl.col("sku").is_in(list(place)))  # fmt: skip
    lines = found.sort("supplier_id", "ordered_at", "expected_at", "sku", "purchase_order_line_id")
    day = np.empty((len(lines), lead_times.size), dtype=np.int16)
    drawn: dict[tuple, np.ndarray] = {}
    for number, (supplier, ordered, expected) in enumerate(
        lines.select("supplier_id", "ordered_at", "expected_at").iter_rows()
    ):
        key = (supplier, ordered, expected)
        if key not in drawn and supplier is None and ordered is None and expected is not None:
            drawn[key] = np.full(lead_times.size, max(ceil((expected - as_of) / timedelta(days=1)), 1))
        elif key not in drawn:
            total = _spans(supplier, ordered, expected, lead_times=lead_times, quoted=quoted)
            drawn[key] = _rng(key, seed).permutation(_left(total, ordered, expected, as_of=as_of))
        day[number] = drawn[key]
    rows = np.array([place[sku] for sku in lines["sku"]], dtype=np.int64)
    return Arrivals(row=rows, units=lines["open_quantity"].to_numpy(), day=day)


def _rng(key: tuple, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed % 2**32, crc32("|".join(map(str, key)).encode())])


def _spans(
    supplier: str | None,
    ordered: datetime | None,
    expected: datetime | None,
    *,
    lead_times: LeadTimes,
    quoted: Mapping[str, float],
) -> np.ndarray:
    """Days from order to arrival, rising."""
    spans = lead_times.of(supplier).draws
    quote = quoted.get(supplier or "", 0.0)
    if ordered is None or expected is None or quote <= 0:
        return spans
    promised = (expected - ordered).total_seconds() / 86_400
    return spans * max(promised, 0.0) / quote


def _left(
    spans: np.ndarray, ordered: datetime | None, expected: datetime | None, *, as_of: datetime
) -> np.ndarray:
    """Whole days still to wait, of as many draws, given the wait so far."""
    waited = 0.0 if ordered is None else (as_of - ordered).total_seconds() / 86_400
    possible = spans[spans > waited]
    even = (np.arange(len(spans)) + 0.5) / len(spans)
    if len(possible):
        left = possible[(even * len(possible)).astype(int)] - waited
    else:
        overdue = 0.0 if expected is None else (as_of - expected).total_seconds() / 86_400
        left = even * 2 * max(overdue, 1.0)
    return np.clip(np.ceil(left - 1e-9), 1, np.iinfo(np.int16).max)
