"""Available to sell: one formula per (channel, sku), answered with the terms it came from.

Pure; oms_ops.availability reads the terms from the book for every channel and sku.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """What the formula needs. Units; `share` in 0..1; `max_quantity` None for no cap.

    `available` and `facility_buffer` have the channel's active locations alone.
    """

    available: Mapping[str, int]
    facility_buffer: Mapping[str, float]
    unrouted_units: int = 0
    threshold: float = 0
    share: float = 1.0
    max_quantity: float | None = None


@dataclass(frozen=True, slots=True)
class Ats:
    """`pool` may be below zero; `value` never is."""

    value: int
    pool: float
    free_by_location: Mapping[str, float]
    terms: Terms

    @property
    def explanation(self) -> str:
        free = " + ".join(f"{units:g} at {location}" for location, units in self.free_by_location.items())
        terms = self.terms
        cap = "" if terms.max_quantity is None else f", at most {terms.max_quantity:g}"
        return (
            f"{free or '0'} - {terms.unrouted_units:g} unrouted - {terms.threshold:g} threshold = "
            f"{self.pool:g}; x {terms.share:g}{cap} = {self.value}"
        )


def ats(terms: Terms) -> Ats:
    """Each location is clamped at zero before summing: one oversold place must not hide stock elsewhere."""
    free = {
        location: _plain(max(0, units - terms.facility_buffer.get(location, 0)))
        for location, units in terms.available.items()
    }
    pool = _plain(sum(free.values()) - terms.unrouted_units - terms.threshold)
    return Ats(value_of(pool, terms.share, terms.max_quantity), pool, free, terms)


def _plain(units: float) -> float:
    """A whole number of units reads as one."""
    return int(units) if units == int(units) else units


def value_of(pool: float, share: float, cap: float | None) -> int:
    """clamp(floor(greatest(0, pool) x share), 0, cap). Rounded at a millionth first: 10 x 0.7 is 7, not 6."""
    value = math.floor(round(max(0, pool) * share, 6))
    return value if cap is None else min(value, math.floor(max(0, cap)))


def kit_ats(components: Mapping[str, int], *, quantity_per_kit: Mapping[str, int]) -> int:
    """How many kits the components' ATS yields; 0 for a kit of nothing."""
    return min((components.get(sku, 0) // quantity for sku, quantity in quantity_per_kit.items()), default=0)
