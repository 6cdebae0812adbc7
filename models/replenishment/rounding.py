"""From the units a policy wants to the units a supplier sells: minimum, packs, pallets, price breaks, shelf
life, room, the product's end. Arrays in, arrays out; each quantity says what bound it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.errors import PlanError

NONE, PACK, LEAST, PALLET, PRICE, MOST, LIFE, END = (
    "none", "pack_size", "min_order_quantity", "pallet_size", "price_break", "max_stock", "shelf_life",
    "discontinued",
)  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """Per sku; 0 pallet: none, inf for no limit. A pallet is taken where at least `pallet_from` of it is
    wanted.

    `most_stock` bounds position plus order; `life_demand` is what will be asked for while new stock keeps;
    `until_end` bounds the order itself: what will sell of it before the product is discontinued, None for no
    bound.
    """

    pack: np.ndarray
    least: np.ndarray
    pallet: np.ndarray
    most_stock: np.ndarray
    life_demand: np.ndarray
    pallet_from: float = 0.9
    until_end: np.ndarray | None = None

    @staticmethod
    def plain(count: int, **given: np.ndarray) -> Terms:
        usual = {
            "pack": np.ones(count), "least": np.zeros(count), "pallet": np.zeros(count),
            "most_stock": np.full(count, np.inf), "life_demand": np.full(count, np.inf),
        }  # fmt: skip
        return Terms(**usual | given)


def allowed(wanted: np.ndarray, position: np.ndarray, terms: Terms) -> tuple[np.ndarray, np.ndarray]:
    """Units to order and the constraint that bound each: raised to the minimum, up to whole packs, to a
    pallet that is nearly full where there is room for all of it; then lowered to what there is room for, what
    will sell before it spoils and what before the product ends, in whole packs.

    Where the room does not hold the minimum, nothing is ordered and `max_stock`, `shelf_life` or
    `discontinued` says why.
    """
    need = np.ceil(np.maximum(wanted, 0.0) - 1e-9)
    raised = np.where(need > 0, np.maximum(need, terms.least), 0.0)
    quantity = np.abs(np.ceil(raised / terms.pack - 1e-9) * terms.pack)
    bound = np.where(quantity > need, np.where(raised > need, LEAST, PACK), NONE).astype(object)
    limits = [(terms.most_stock, MOST), (terms.life_demand, LIFE)]
    if terms.until_end is not None:
        limits.append((position + terms.until_end, END))
    room = np.min([np.maximum(limit - position, 0.0) for limit, _name in limits], axis=0)
    quantity, bound = _to_pallets(quantity, bound, terms, room)
    for limit, name in limits:
        room = np.floor(np.maximum(limit - position, 0.0) / terms.pack + 1e-9)
        over = quantity > np.where(np.isfinite(room), room * terms.pack, np.inf)
        lowered = np.where(over, np.nan_to_num(room, posinf=0.0) * terms.pack, quantity)
        quantity = np.where(over & (lowered < terms.least), 0.0, lowered)
        bound = np.where(over, name, bound)
    return quantity, bound


def _to_pallets(
    quantity: np.ndarray, bound: np.ndarray, terms: Terms, room: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    size = np.maximum(terms.pallet, 1.0)
    full = np.ceil(quantity / size - 1e-9) * size
    last = quantity - (full - size)
    takes = (terms.pallet > 0) & (quantity > 0) & (full > quantity) & (last >= terms.pallet_from * size)
    takes &= full <= room + 1e-9
    takes &= np.abs(full / terms.pack - np.round(full / terms.pack)) < 1e-9
    return np.where(takes, full, quantity), np.where(takes, PALLET, bound)


def price_break(
    quantity: float, *, breaks: list[tuple[float, float]], demand: float, holding_rate: float
) -> tuple[float, float]:
    """Quantity and unit cost after all-units price breaks [(from quantity, unit cost), …].

    A later break is taken if what it saves on the units wanted exceeds holding the surplus: each surplus
    unit is held half the time `demand` per period needs to use the surplus up after the wanted units;
    `holding_rate` is money per money of stock and period.
    """
    ordered = sorted(breaks)
    if not ordered or quantity <= 0:
        raise PlanError(
            f"price breaks need a quantity above 0 and at least one step, found {quantity}, {breaks}"
        )
    best_quantity, best_price = quantity, _price(quantity, ordered)
    best_cost = quantity * best_price
    for least, price in ordered:
        if least <= quantity:
            continue
        surplus = least - quantity
        held = surplus * (quantity + surplus / 2) / demand if demand > 0 else np.inf
        # What is bought beyond the need is worth its price later, less the cost of keeping it till then.
        total = least * price - surplus * price + held * holding_rate * price
        if total < best_cost - 1e-9:
            best_quantity, best_price, best_cost = least, price, total
    return best_quantity, best_price


def _price(quantity: float, ordered: list[tuple[float, float]]) -> float:
    found = [price for least, price in ordered if least <= quantity]
    return found[-1] if found else ordered[0][1]
