"""Available to sell: one formula per (channel, sku), answered with the terms it came from.

Pure; oms_ops.availability finds the terms for every channel and sku, oms_ops.kit_ats takes kits apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Terms:
    """What the formula needs. Units; `share` in 0..1; `max_quantity` None for no cap.

    `available` and `facility_buffer` have the channel's active locations alone. `threshold_reason` says where
    the threshold came from when it is not the settings' own.
    """

    available: Mapping[str, int]
    facility_buffer: Mapping[str, float]
    unrouted_units: int = 0
    threshold: float = 0
    share: float = 1.0
    max_quantity: float | None = None
    is_listed: bool = True
    threshold_reason: str = ""


@dataclass(frozen=True, slots=True)
class Ats:
    """`pool` may be below zero; `value` never is. A kit's `components`: sku to (its ATS, units per kit)."""

    value: int
    pool: float
    free_by_location: Mapping[str, float]
    terms: Terms
    components: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def explanation(self) -> str:
        terms = self.terms
        cap = "" if terms.max_quantity is None else f", at most {terms.max_quantity:g}"
        unlisted = "" if terms.is_listed else ", not listed"
        reason = f" ({terms.threshold_reason})" if terms.threshold_reason else ""
        return (
            f"{self._source} - {terms.unrouted_units:g} unrouted - {terms.threshold:g} threshold{reason} = "
            f"{self.pool:g}; x {terms.share:g}{cap}{unlisted} = {self.value}"
        )

    @property
    def note(self) -> str | None:
        """What the other terms do not say; None if nothing."""
        words = (
            "" if self.terms.is_listed else "not listed",
            self._source if self.components else "",
            f"threshold: {self.terms.threshold_reason}" if self.terms.threshold_reason else "",
        )
        return "; ".join(word for word in words if word) or None

    @property
    def _source(self) -> str:
        if self.components:
            parts = (f"{units:g} {sku} by {per_kit}" for sku, (units, per_kit) in self.components.items())
            return f"kits of ({', '.join(parts)})"
        free = " + ".join(f"{units:g} at {location}" for location, units in self.free_by_location.items())
        return free or "0"


def ats(terms: Terms) -> Ats:
    """Each location is clamped at zero before summing: one oversold place must not hide stock elsewhere."""
    free = {
        location: _plain(max(0, units - terms.facility_buffer.get(location, 0)))
        for location, units in terms.available.items()
    }
    pool = _plain(sum(free.values()) - terms.unrouted_units - terms.threshold)
    return Ats(_value(pool, terms), pool, free, terms)


def ats_of_kit(components: Mapping[str, tuple[int, int]], terms: Terms) -> Ats:
    """A kit sells as often as its scarcest component, less what its own terms keep back.

    `components`: base sku to (its ATS in the channel, units of it in one kit); `terms`: the kit's own.
    """
    kits = kit_ats(
        {sku: units for sku, (units, _) in components.items()},
        quantity_per_kit={sku: per_kit for sku, (_, per_kit) in components.items()},
    )
    pool = _plain(kits - terms.threshold)
    return Ats(_value(pool, terms), pool, {}, terms, components)


def kit_ats(components: Mapping[str, int], *, quantity_per_kit: Mapping[str, int]) -> int:
    """How many kits the components' ATS yields; 0 for a kit of nothing."""
    return min((components.get(sku, 0) // quantity for sku, quantity in quantity_per_kit.items()), default=0)


def value_of(pool: float, share: float, cap: float | None) -> int:
    """clamp(floor(greatest(0, pool) x share), 0, cap). Rounded at a millionth first: 10 x 0.7 is 7, not 6."""
    value = math.floor(round(max(0, pool) * share, 6))
    return value if cap is None else min(value, math.floor(max(0, cap)))


def _value(pool: float, terms: Terms) -> int:
    return value_of(pool, terms.share, terms.max_quantity) if terms.is_listed else 0


def _plain(units: float) -> float:
    """A whole number of units reads as one."""
    return int(units) if units == int(units) else units
