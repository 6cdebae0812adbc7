"""How long a supplier takes, as a distribution: from past receipts, shrunk to all suppliers where they are
few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.errors import PlanError
from models.frames import checked, require

DEFAULT_DAYS = 14.0
POOLED_RECEIPTS = 10
POINTS = 99
LONGEST_DAYS = 365.0
RECEIPTS = {
    "supplier_id": pl.String,
    "ordered_at": pl.Datetime("us", "UTC"),
    "received_at": pl.Datetime("us", "UTC"),
}
SUPPLIERS = {"supplier_id": pl.String, "quoted_lead_time_days": pl.Float64}
A_DAY = 86_400_000_000
OFTEN = 20  # receipts that tell how long a supplier takes to one place


@dataclass(frozen=True)
class LeadTime:
    """Days from order to receipt; `draws` are equally likely, in rising order, of `size` as asked for."""

    mean: float
    p90: float
    draws: np.ndarray


class LeadTimes:
    """One distribution per supplier; `of(None)` and unknown suppliers get that of all receipts together.

    A supplier's own n receipts weigh n / (n + 10); the rest is how all suppliers' receipts compare with what
    they quoted, times its own quote. Without any receipt the quote holds; without a quote, 14 days. What took
    longer than a year counts as a year.
    """

    def __init__(self, receipts: pl.DataFrame, suppliers: pl.DataFrame, *, size: int) -> None:
        quoted = _quoted(suppliers)
        days = _observed(receipts)
        self.size = size
        self._own = {name: rows["days"].to_numpy() for (name,), rows in days.group_by(["supplier_id"])}
        self._quoted = dict(quoted.iter_rows())
        together = days.join(quoted, on="supplier_id", how="inner").filter(
            pl.col("quoted_lead_time_days") > 0
        )
        self._ratio = _points(together["days"].to_numpy() / together["quoted_lead_time_days"].to_numpy())
        self._usual = _points(days["days"].to_numpy())
        self._known: dict[str | None, LeadTime] = {}

    def of(self, supplier_id: str | None) -> LeadTime:
        if supplier_id not in self._known:
            self._known[supplier_id] = self._mix(supplier_id)
        return self._known[supplier_id]

    def whole_days(self, supplier_ids: Sequence[str | None], *, rng: np.random.Generator) -> np.ndarray:
        """(len(supplier_ids), size) whole days until an order placed now is there, shuffled per supplier."""
        names = sorted({supplier or "" for supplier in supplier_ids})
        place = {name: row for row, name in enumerate(names)}
        drawn = [rng.permutation(np.ceil(self.of(name or None).draws - 1e-9)) for name in names]
        table = np.array(drawn, dtype=np.int16).reshape(len(names), self.size)
        return table[[place[supplier or ""] for supplier in supplier_ids]]

    def _mix(self, supplier_id: str | None) -> LeadTime:
        own = np.sort(self._own.get(supplier_id, np.empty(0)))
        pooled = self._pooled(supplier_id)
        days = np.concatenate([own, pooled])
        weight = np.concatenate([np.ones(len(own)), np.full(len(pooled), POOLED_RECEIPTS / len(pooled))])
        order = np.argsort(days, kind="stable")
        days, weight = np.clip(days[order], 0.0, LONGEST_DAYS), weight[order]
        reached = np.cumsum(weight) / weight.sum()
        wanted = (np.arange(self.size) + 0.5) / self.size
        draws = days[np.minimum(np.searchsorted(reached, wanted), len(days) - 1)]
        p90 = days[min(np.searchsorted(reached, 0.9 - 1e-12), len(days) - 1)]
        return LeadTime(mean=float((days * weight).sum() / weight.sum()), p90=float(p90), draws=draws)

    def _pooled(self, supplier_id: str | None) -> np.ndarray:
        quote = self._quoted.get(supplier_id)
        if quote is None:
            return self._usual if len(self._usual) else np.array([DEFAULT_DAYS])
        return self._ratio * quote if len(self._ratio) else np.array([quote])


def nearest(own: pl.DataFrame, every: pl.DataFrame) -> pl.DataFrame:
    """Of a supplier that has delivered often to a place its `own` receipts alone, of others `every` one."""
    often = own.group_by("supplier_id").len().filter(pl.col("len") >= OFTEN)
    return pl.concat(
        [
            own.join(often, on="supplier_id", how="semi"),
            every.join(often, on="supplier_id", how="anti"),
        ]
    )


def _points(values: np.ndarray) -> np.ndarray:
    """At most 99 evenly spaced quantiles of `values`."""
    ordered = np.sort(values)
    if len(ordered) <= POINTS:
        return ordered
    return ordered[((np.arange(POINTS) + 0.5) / POINTS * len(ordered)).astype(int)]


def _quoted(suppliers: pl.DataFrame) -> pl.DataFrame:
    found = checked(suppliers, name="suppliers", schema=SUPPLIERS, key=("supplier_id",), error=PlanError)
    rule = pl.col("quoted_lead_time_days").is_finite() & (pl.col("quoted_lead_time_days") >= 0)
    require(found, rule, name="suppliers", allowed="quoted_lead_time_days must be at least 0",
            key=("supplier_id",), error=PlanError)  # fmt: skip
    return found.sort("supplier_id")


def _observed(receipts: pl.DataFrame) -> pl.DataFrame:
    """supplier_id, days; a receipt before its order tells nothing and is left out."""
    lacking = [name for name in RECEIPTS if name not in receipts.columns]
    if lacking:
        raise PlanError(f"receipts lacks {', '.join(lacking)}; it needs {', '.join(RECEIPTS)}")
    span = (pl.col("received_at") - pl.col("ordered_at")).dt.total_microseconds()
    return (
        receipts.select(pl.col(name).cast(kind) for name, kind in RECEIPTS.items())
        .drop_nulls()
        .select("supplier_id", days=span / A_DAY)
        .filter(pl.col("days") >= 0)
        .sort("supplier_id", "days")
    )
