"""When a supplier takes orders and when goods can arrive, in whole days from today."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from models.errors import PlanError

HORIZON_DAYS = 366


@dataclass(frozen=True)
class SupplierCalendar:
    """Weekdays (0 Monday) on which orders are taken and on which goods are received; days on which neither
    happens.
    """

    order_weekdays: Collection[int] = tuple(range(7))
    receipt_weekdays: Collection[int] = tuple(range(7))
    closed: Collection[date] = field(default_factory=frozenset)

    def next_order_day(self, day: date) -> date:
        """The first day from `day` on that takes orders."""
        return self._next(day, self.order_weekdays, "takes orders")

    def orders_between(self, today: date, review_days: int) -> tuple[int, int]:
        """Days until the order that can be placed now or next, and until the one after the next review."""
        first = self.next_order_day(today)
        after = self.next_order_day(first + timedelta(days=review_days))
        return (first - today).days, (after - today).days

    def arrival_days(self, ordered: date, lead_days: np.ndarray) -> np.ndarray:
        """Whole days from `ordered` to receipt for each lead time, moved on to a day that receives."""
        found = {
            int(days): self._receipt(ordered, int(days)) for days in np.unique(np.ceil(lead_days - 1e-9))
        }
        return np.vectorize(found.__getitem__, otypes=[np.int64])(np.ceil(lead_days - 1e-9).astype(int))

    def _receipt(self, ordered: date, days: int) -> int:
        return (self._next(ordered + timedelta(days=days), self.receipt_weekdays, "receives") - ordered).days

    def _next(self, day: date, weekdays: Collection[int], what: str) -> date:
        for offset in range(HORIZON_DAYS):
            found = day + timedelta(days=offset)
            if found.weekday() in weekdays and found not in self.closed:
                return found
        raise PlanError(f"no day within a year of {day} {what}: weekdays {sorted(weekdays)}")
