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
        found = self._next(day, self.order_weekdays)
        if found is None:
            raise PlanError(
                f"no day within a year of {day} takes orders: weekdays {sorted(self.order_weekdays)}"
            )
        return found

    def is_closed(self, today: date) -> bool:
        """Whether nothing ordered within a year from `today` could come within a year of its order."""
        first = self._next(today, self.order_weekdays)
        return first is None or self._next(first, self.receipt_weekdays) is None

    def orders_between(self, today: date, review_days: int) -> tuple[int, int]:
        """Days until the order that can be placed now or next, and until the one after the next review; where
        that one is more than a year off, a year.
        """
        first = self.next_order_day(today)
        review = first + timedelta(days=review_days)
        after = self._next(review, self.order_weekdays) or review + timedelta(days=HORIZON_DAYS)
        return (first - today).days, (after - today).days

    def last_order_day(self, today: date, wanted: date) -> date:
        """The last day at or before `wanted` that takes orders, but none before the next that does."""
        found = self.next_order_day(today)
        while later := self._next(found + timedelta(days=1), self.order_weekdays):
            if later > wanted:
                break
            found = later
        return found

    def arrival_days(self, ordered: date, lead_days: np.ndarray) -> np.ndarray:
        """Whole days from `ordered` to receipt for each lead time, moved on to a day that receives."""
        found = {
            int(days): self._receipt(ordered, int(days)) for days in np.unique(np.ceil(lead_days - 1e-9))
        }
        return np.vectorize(found.__getitem__, otypes=[np.int64])(np.ceil(lead_days - 1e-9).astype(int))

    def _receipt(self, ordered: date, days: int) -> int:
        ready = ordered + timedelta(days=days)
        return (
            (self._next(ready, self.receipt_weekdays) or ready + timedelta(days=HORIZON_DAYS)) - ordered
        ).days

    def _next(self, day: date, weekdays: Collection[int]) -> date | None:
        """The first such day from `day` on, within a year."""
        for offset in range(HORIZON_DAYS):
            found = day + timedelta(days=offset)
            if found.weekday() in weekdays and found not in self.closed:
                return found
        return None
