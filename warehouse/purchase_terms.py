"""What was agreed with suppliers, as `[[purchase_terms]]` in oms.toml states it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OF_SUPPLIERS = ("order_weekdays", "receipt_weekdays", "closed", "review_days", "min_order_value")
MOST_DAYS = {"review_days": 365, "shelf_life_days": 3650, "max_cover_days": 3650}
NUMBERS = ("review_days", "pallet_size", "shelf_life_days", "max_stock", "max_cover_days", "min_order_value")


@dataclass(frozen=True)
class PurchaseTerms:
    """Of a supplier's products, of some skus, or of both; a later table wins, setting by setting.

    With `locations` only for stock pools that hold one of them.

    `price_breaks`: ((from quantity, unit cost), …), the price of all units ordered. `closed`: days on which
    the supplier neither takes orders nor delivers. `max_stock` and `max_cover_days` bound what may lie on the
    shelf when the order comes.
    """

    supplier_id: str = ""
    skus: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    order_weekdays: tuple[str, ...] = ()
    receipt_weekdays: tuple[str, ...] = ()
    closed: tuple[date, ...] = ()
    review_days: int | None = None
    min_order_value: float | None = None
    pallet_size: float | None = None
    price_breaks: tuple[tuple[float, float], ...] = ()
    shelf_life_days: int | None = None
    max_stock: float | None = None
    max_cover_days: int | None = None


def problem(terms: Sequence[PurchaseTerms], *, locations: Collection[str]) -> str | None:
    """The first thing wrong, in words; None where all is well. `locations`: those there are."""
    found = (_problem(number, one, locations) for number, one in enumerate(terms, start=1))
    return next((said for said in found if said), None)


def _problem(number: int, one: PurchaseTerms, locations: Collection[str]) -> str | None:
    where = f"[[purchase_terms]] number {number}"
    if not one.supplier_id and not one.skus:
        return f"{where} names neither a supplier_id nor skus"
    if one.skus:
        stated = [name for name in OF_SUPPLIERS if getattr(one, name)]
        if stated:
            return (
                f"{where}: {', '.join(stated)} hold for a whole supplier; state them in a table without skus"
            )
    if strangers := set(one.locations) - set(locations):
        known = ", ".join(sorted(locations))
        return f"{where}: unknown locations {', '.join(sorted(map(str, strangers)))}; known: {known}"
    if one.locations and one.min_order_value:
        return f"{where}: min_order_value holds for all locations; state it in a table without locations"
    for name in ("order_weekdays", "receipt_weekdays"):
        if strangers := set(getattr(one, name)) - set(WEEKDAYS):
            return (
                f"{where}: {name} are {', '.join(WEEKDAYS)}, found {', '.join(sorted(map(str, strangers)))}"
            )
    if not all(type(day) is date for day in one.closed):
        return f"{where}: closed is a list of days such as 2026-12-24, found {list(one.closed)}"
    for name in NUMBERS:
        value = getattr(one, name)
        if value is not None and not 0 < value < inf:
            return f"{where}: {name} must be above 0, found {value}"
        if (value or 0) > MOST_DAYS.get(name, inf):
            return f"{where}: {name} must be at most {MOST_DAYS[name]:,}, found {value:,}"
    return _wrong_breaks(where, one.price_breaks)


def _wrong_breaks(where: str, breaks: Sequence) -> str | None:
    for step in breaks:
        is_pair = isinstance(step, (list, tuple)) and len(step) == 2
        if not is_pair or not all(isinstance(part, (int, float)) and part > 0 for part in step):
            return f"{where}: price_breaks are [[from quantity, unit cost], …], both above 0, found {step}"
    if len({step[0] for step in breaks}) < len(breaks):
        return f"{where}: price_breaks name a quantity twice: {[list(step) for step in breaks]}"
    return None
