"""Where orders go: zones of countries and postcodes, and the distance between two points on the globe."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0088  # mean radius, IUGG

Point = tuple[float, float]  # degrees of latitude (north above 0) and longitude (east above 0)


@dataclass(frozen=True, slots=True)
class Zone:
    """One price of the shipping table: countries, or those of their postcodes that begin with a prefix."""

    zone_id: str
    countries: tuple[str, ...]
    postcodes: tuple[str, ...] = ()
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one order goes and how; what nobody has told us is empty."""

    country: str
    postcode: str = ""
    point: Point | None = None
    shipping_method: str = ""

    @property
    def digest(self) -> str:
        """Tells two destinations apart without saying where they are."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def kilometers(one: Point, other: Point) -> float:
    """Great-circle distance by the haversine formula."""
    north, south = radians(one[0]), radians(other[0])
    across = radians(other[1] - one[1])
    half = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(across / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def zone_of(destination: Destination, zones: Sequence[Zone]) -> Zone | None:
    """The zone with the longest matching postcode prefix, else the country's; the first of equals."""
    best, length = None, -1
    postcode = _squeezed(destination.postcode)
    for zone in zones:
        if destination.country in zone.countries:
            fits = [len(prefix) for prefix in zone.postcodes if postcode.startswith(_squeezed(prefix))]
            found = max(fits, default=-1) if zone.postcodes else 0
            if found > length:
                best, length = zone, found
    return best


def point_of(destination: Destination, zones: Sequence[Zone]) -> Point | None:
    """The destination's own point where it is known, else its zone's."""
    if destination.point is not None:
        return destination.point
    zone = zone_of(destination, zones)
    return zone.point if zone else None


def _squeezed(postcode: str) -> str:
    return postcode.replace(" ", "").upper()
