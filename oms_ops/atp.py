"""Available to promise, dated: how many units can be promised for a day, and the first day for a quantity.

Pure. atp(t) = min over u >= t of (cumulative supply(u) - cumulative demand(u)): a promise must not take what
a later demand is already counting on, and goods due in three months cover nothing this week. Instants are
microseconds; what arrives at t can be promised for t.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Flow:
    """Units that come (a purchase order line, a transfer) or are owed (a waiting line); `at` may be None."""

    at: int | None
    units: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """A step function: `units[i]` may be promised from `since[i]` on; the last step holds for ever.

    `ignored`: supply without a date or overdue. Nobody knows when it comes, so nothing is promised from it.
    """

    since: tuple[int, ...]
    units: tuple[float, ...]
    ignored: tuple[Flow, ...] = ()

    def on(self, at: int) -> float:
        """Units that can be promised for `at`; never below zero. A moment gone by is judged as now."""
        return max(0, self.units[max(0, bisect_right(self.since, at) - 1)])

    def first_at(self, quantity: int) -> int | None:
        """The first instant for which `quantity` can be promised; None where no known supply brings it."""
        return next((at for at, units in zip(self.since, self.units, strict=True) if units >= quantity), None)


def promise(now: int, available: float, *, supply: Iterable[Flow], demand: Iterable[Flow]) -> Promise:
    """From `available` units at `now`. Undated or overdue demand is owed at once."""
    supply = list(supply)
    ignored = tuple(flow for flow in supply if flow.at is None or flow.at < now)
    steps: dict[int, float] = {now: available}
    for flow in supply:
        if flow.at is not None and flow.at >= now:
            steps[flow.at] = steps.get(flow.at, 0) + flow.units
    for flow in demand:
        due = now if flow.at is None else max(now, flow.at)
        steps[due] = steps.get(due, 0) - flow.units
    since = sorted(steps)
    levels = list(accumulate(steps[at] for at in since))
    least_to_come = list(accumulate(reversed(levels), min))[::-1]
    return Promise(tuple(since), tuple(least_to_come), ignored)
