"""What a parcel costs and how long it takes: a table by zone to zone and weight band.

A parcel heavier than the heaviest band is sent as several: as many of the heaviest as it takes and the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ANYWHERE = "*"
Step = tuple[int, int]  # up to so many grams, at this price in ten-thousandths


@dataclass(frozen=True, slots=True)
class Rate:
    """`bands` rise in weight and never fall in price; `shipping_method` empty: any."""

    from_zone: str
    to_zone: str
    bands: tuple[Step, ...]
    lead_days: int = 0
    shipping_method: str = ""


FREE = Rate(ANYWHERE, ANYWHERE, ((1_000_000_000, 0),))


def find_rate(
    rates: Sequence[Rate], from_zone: str, to_zone: str | None, *, shipping_method: str
) -> Rate | None:  # fmt: skip
    """The most particular one: by method before any method, by zone before anywhere. No table: FREE."""
    if not rates:
        return FREE
    found, best = None, -1
    for rate in rates:
        fits = (
            rate.from_zone in (from_zone, ANYWHERE)
            and rate.to_zone in (to_zone, ANYWHERE)
            and rate.shipping_method in (shipping_method, "")
        )
        if fits:
            place = 2 * (rate.to_zone != ANYWHERE) + (rate.from_zone != ANYWHERE)
            score = 4 * bool(rate.shipping_method) + place
            if score > best:
                found, best = rate, score
    return found


def price_e4(bands: Sequence[Step], grams: int) -> int:
    heaviest, price = bands[-1]
    full = max(0, -(-grams // heaviest) - 1)
    rest = grams - full * heaviest
    return full * price + next(step_e4 for up_to, step_e4 in bands if rest <= up_to)


def steps(bands: Sequence[Step], least: int, most: int) -> list[Step]:
    """The table between two weights: the first step that holds `least` to the first that holds `most`."""
    heaviest, price = bands[-1]
    full = max(0, -(-least // heaviest) - 1)
    found: list[Step] = []
    while True:
        for up_to, step_e4 in bands:
            cap = full * heaviest + up_to
            if cap >= least:
                found.append((cap, full * price + step_e4))
                if cap >= most:
                    return found
        full += 1


@dataclass(frozen=True, slots=True)
class Weights:
    default_grams: int = 0
    grams: Mapping[str, int] | None = None

    def of(self, sku: str) -> int:
        return (self.grams or {}).get(sku, self.default_grams)
