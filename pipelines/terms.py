"""The settings' terms with suppliers, in the words of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warehouse.purchase_terms import WEEKDAYS
from warehouse.settings import Settings

if TYPE_CHECKING:
    from models.replenishment.agreed import Agreed


def agreed(settings: Settings) -> list[Agreed]:
    """Weekdays as numbers, skus in capitals."""
    from models.replenishment.agreed import Agreed

    def days(names: tuple[str, ...]) -> tuple[int, ...]:
        return tuple(WEEKDAYS.index(name) for name in names)

    return [
        Agreed(
            supplier_id=one.supplier_id, skus=frozenset(sku.upper() for sku in one.skus),
            locations=frozenset(one.locations),
            order_weekdays=days(one.order_weekdays), receipt_weekdays=days(one.receipt_weekdays),
            closed=one.closed, review_days=one.review_days, pallet_size=one.pallet_size,
            price_breaks=tuple((float(least), float(cost)) for least, cost in one.price_breaks),
            shelf_life_days=one.shelf_life_days, max_stock=one.max_stock, max_cover_days=one.max_cover_days,
        )
        for one in settings.purchase_terms
    ]  # fmt: skip
