"""What an edit may change of a placed order or a draft, as plain values; and where an order goes.

Changes are checked and carried out in rules/editing.py, all of them or none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from oms_ops.errors import InvalidCommand

Money = Decimal | int | str


@dataclass(frozen=True)
class Address:
    """Where an order goes: what a carrier needs and no more. It is in no event and in no command's terms."""

    name: str
    line1: str
    city: str
    country: str
    line2: str | None = None
    region: str | None = None
    postcode: str | None = None
    phone: str | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        missing = [
            field for field in ("name", "line1", "city", "country") if not getattr(self, field).strip()
        ]
        if missing:
            raise InvalidCommand(f"an address needs a {', a '.join(missing)}")

    @property
    def digest(self) -> str:
        """Tells two addresses apart without saying either."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class AddLine:
    """A price below 0 is for an adjustment: that is how a discount is given after placement."""

    line_id: str
    sku: str
    quantity: int
    unit_price: Money
    line_type: str = "product"


@dataclass(frozen=True)
class RemoveLine:
    """What of the line has not shipped is taken off the order."""

    line_id: str


@dataclass(frozen=True)
class SetQuantity:
    """Units the line shall have in all, shipped ones included."""

    line_id: str
    quantity: int


@dataclass(frozen=True)
class ShipTo:
    """`reroute`: what nobody has begun is claimed anew, as if the order were placed now."""

    address: Address
    reroute: bool = False


@dataclass(frozen=True)
class SetCountry:
    """For an order of which only the country is known."""

    country: str
    reroute: bool = False


@dataclass(frozen=True)
class SetPromise:
    """The promised instants; None leaves one as it is."""

    ship_by: datetime | None = None
    deliver_by: datetime | None = None


Change = AddLine | RemoveLine | SetQuantity | ShipTo | SetCountry | SetPromise


def terms(change: Change) -> Mapping[str, object]:
    """The change as it is remembered with its command and told in its event: an address by its digest."""
    named = {"change": type(change).__name__}
    if isinstance(change, ShipTo):
        return named | {"address": change.address.digest, "reroute": change.reroute}
    return named | asdict(change)
