"""Purchase steps: what buying one pack more of an item is expected to earn and what it ties up.

The first step is the supplier's minimum, then pack by pack; price breaks change what all units cost.
Which steps a budget takes is in `basket`; where `need` comes from, in `models.paths`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.errors import PlanError

MOST_STEPS = 24
CHUNK = 4096
Breaks = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Goods:
    """Per item (a sku at a location): money per unit (`holding`: of a unit left over at the interval's
    end).

    `most` bounds the units bought (inf: no bound); `supplier` numbers the suppliers from 0. `breaks`
    names for some items the price of all units from a quantity on, [(from quantity, unit cost), …].
    `offer`: units up to which options go on although they no longer pay, so that a supplier's minimum can
    be filled with them.
    """

    unit_cost: np.ndarray
    unit_margin: np.ndarray
    holding: np.ndarray
    pack: np.ndarray
    least: np.ndarray
    most: np.ndarray
    supplier: np.ndarray
    breaks: Mapping[int, Breaks] | None = None
    offer: np.ndarray | None = None


@dataclass(frozen=True)
class Menu:
    """(items, options) in rising quantity: units, money, expected margin less holding. Option 0 buys nothing.

    Options an item does not have cost inf and gain -inf.
    """

    quantity: np.ndarray
    cost: np.ndarray
    gain: np.ndarray
    supplier: np.ndarray


def menu(goods: Goods, need: np.ndarray, *, most_steps: int | None = MOST_STEPS) -> Menu:
    """The options of every item from (items, draws) `need`, rising: units an order placed now could still
    sell.

    A unit bought sells with the chance that the need exceeds what was bought before it, and is held
    otherwise. A price break saves on what would be bought without it; what is bought beyond that to reach it
    is worth what it costs. Options end where one pack more costs more than it is expected to earn; price
    breaks beyond are options of their own. Where that takes more than `most_steps`, each takes several packs.
    """
    _check(goods, need)
    quantity = _quantities(goods, need, most_steps)
    cost = np.full(quantity.shape, np.inf)
    gain = np.full(quantity.shape, -np.inf)
    held = np.isfinite(quantity)
    price = _prices(goods, quantity)
    sold = _sold(need, np.where(held, quantity, 0.0))
    saved = goods.unit_cost[:, None] - price
    earned = (goods.unit_margin + goods.holding)[:, None] * sold
    wanted = np.maximum(_worth(goods, need), np.maximum(goods.least, goods.pack))[:, None]
    earned += np.where(held, np.minimum(quantity, wanted) * saved - quantity * goods.holding[:, None], 0.0)
    cost[held] = (quantity * price)[held]
    gain[held] = earned[held]
    return Menu(np.where(held, quantity, 0.0), cost, gain, goods.supplier)


def hull(found: Menu) -> tuple[np.ndarray, np.ndarray]:
    """(items, options) whether an option lies on the upper concave hull of money to gain, and the return
    on the money of the step that leads to it from the one before; NaN where it does not.

    What lies below the hull, such as half a minimum order's worth, is never worth a step of its own.
    """
    items, options = found.cost.shape
    rows, at = np.arange(items), np.zeros(items, dtype=int)
    on, slope = np.zeros((items, options), dtype=bool), np.full((items, options), np.nan)
    on[:, 0] = True
    places = np.arange(options)
    for _ in range(options - 1):
        money = found.cost - found.cost[rows, at][:, None]
        more = (money > 1e-12) & np.isfinite(found.cost)
        more &= places[None, :] > at[:, None]
        rise = np.where(more, found.gain - found.gain[rows, at][:, None], -np.inf)
        ratio = np.where(more, rise / np.where(more, money, 1.0), -np.inf)
        best = options - 1 - np.argmax((ratio >= ratio.max(axis=1, keepdims=True) - 1e-12)[:, ::-1], axis=1)
        moves = np.isfinite(ratio[rows, best])
        if not moves.any():
            break
        on[rows[moves], best[moves]] = True
        slope[rows[moves], best[moves]] = ratio[rows, best][moves]
        at = np.where(moves, best, at)
    return on, slope


def _quantities(goods: Goods, need: np.ndarray, most_steps: int | None) -> np.ndarray:
    """(items, 1 + steps), inf where an item has no such step."""
    first = np.ceil(np.maximum(goods.least, goods.pack) / goods.pack - 1e-9)
    enough = np.maximum(_worth(goods, need), 0.0 if goods.offer is None else goods.offer)
    packs = np.ceil(np.maximum(enough, first * goods.pack) / goods.pack - 1e-9)
    packs = np.minimum(packs, np.floor(goods.most / goods.pack + 1e-9))
    count = np.maximum(packs - first + 1, 0)
    wide = int(min(count.max(initial=0), most_steps or np.inf))
    stride = np.maximum(np.ceil((count - 1) / max(wide - 1, 1)), 1.0)
    taken = first[:, None] + stride[:, None] * np.arange(wide)[None, :]
    taken = np.where(
        taken > packs[:, None],
        np.where(taken - stride[:, None] < packs[:, None], packs[:, None], np.inf),
        taken,
    )
    taken = np.where(count[:, None] > 0, taken, np.inf)
    table = np.where(np.isfinite(taken), taken * goods.pack[:, None], np.inf)
    table = np.concatenate([np.zeros((len(first), 1)), table], axis=1)
    return _with_breaks(goods, table)


def _with_breaks(goods: Goods, table: np.ndarray) -> np.ndarray:
    """Each price break's first whole pack is an option of its own."""
    if not goods.breaks:
        return table
    more = np.full((len(table), max(len(steps) for steps in goods.breaks.values())), np.inf)
    for item, steps in goods.breaks.items():
        for place, (least, _price) in enumerate(steps):
            units = np.ceil(least / goods.pack[item] - 1e-9) * goods.pack[item]
            is_new = units not in table[item] and units >= goods.least[item] and units <= goods.most[item]
            more[item, place] = units if is_new else np.inf
    wider = np.sort(np.concatenate([table, more], axis=1), axis=1)
    return wider[:, np.isfinite(wider).any(axis=0)]


def _worth(goods: Goods, need: np.ndarray) -> np.ndarray:
    """Units after which one more is held more dearly than it is likely to earn: the newsvendor's quantile."""
    both = goods.unit_margin + goods.holding
    ratio = np.where(both > 0, goods.unit_margin / np.where(both > 0, both, 1.0), 0.0)
    place = np.clip(np.ceil(ratio * need.shape[1] - 1e-9).astype(int) - 1, 0, need.shape[1] - 1)
    return np.maximum(need[np.arange(len(need)), place], 0.0)


def _prices(goods: Goods, quantity: np.ndarray) -> np.ndarray:
    price = np.repeat(goods.unit_cost[:, None].astype(float), quantity.shape[1], axis=1)
    for item, steps in (goods.breaks or {}).items():
        for least, cost in sorted(steps):
            price[item] = np.where(quantity[item] >= least - 1e-9, cost, price[item])
    return price


def _sold(need: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """(items, options) mean of the smaller of need and quantity."""
    sold = np.empty(quantity.shape)
    for first in range(0, len(need), CHUNK):
        rows = slice(first, first + CHUNK)
        wanted = np.maximum(need[rows], 0.0)
        for option in range(quantity.shape[1]):
            less = np.minimum(wanted, quantity[rows, option, None].astype(wanted.dtype))
            sold[rows, option] = less.mean(axis=1, dtype=np.float64)
    return sold


def _check(goods: Goods, need: np.ndarray) -> None:
    if need.ndim != 2 or len(need) != len(goods.unit_cost):
        raise PlanError(f"need must be (items, draws) of {len(goods.unit_cost)} items, found {need.shape}")
    for name, least in (("unit_cost", 0.0), ("pack", 0.0)):
        values = getattr(goods, name)
        if not (np.isfinite(values) & (values > least)).all():
            raise PlanError(f"{name} must be above {least:g} for every item")
    for name in ("unit_margin", "holding", "least"):
        values = getattr(goods, name)
        if not (np.isfinite(values) & (values >= 0)).all():
            raise PlanError(f"{name} must be at least 0 for every item")
