"""The best choice of one option per item under a budget and suppliers' minimums, by dynamic programming
over money.

Exact but for what shares a cell of a few thousandths of the budget, hence for the few dozen items about
which a ranking by return can err; `basket` does the ranking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

CELLS = 4096
Pick = np.ndarray


class _Table(NamedTuple):
    """By cell of money spent: the best gain, and what it really costs."""

    gain: np.ndarray
    money: np.ndarray


class _Choice(NamedTuple):
    """Of one item: the cells of its options, and the option chosen at each cell."""

    item: int
    cells: np.ndarray
    chosen: np.ndarray


class _Group(NamedTuple):
    """The choices of one supplier's items; `own`: by cell of the whole, the cells that are this
    supplier's.
    """

    choices: list[_Choice]
    own: np.ndarray | None


def best_choice(
    cost: np.ndarray,
    gain: np.ndarray,
    *,
    groups: np.ndarray,
    allowed: Callable[[int, np.ndarray], np.ndarray],
    budget: float,
) -> Pick | None:
    """(items,) option of each item, of (items, options) `cost` and `gain`; None where nothing fits.

    `groups` (items,) are suppliers, -1 without a minimum; `allowed(group, money)` says which totals the
    group may come to.
    """
    cell = budget / CELLS if budget > 0 else 1.0
    size = CELLS + len(cost) // 2 + 1
    whole, back = _nothing(size), []
    for group in sorted(set(groups.tolist())):
        items = np.flatnonzero(groups == group)
        if group < 0:
            whole, choices = _add_items(whole, items, cost, gain, cell=cell)
            back.append(_Group(choices, None))
            continue
        found, choices = _add_items(_nothing(size), items, cost, gain, cell=cell)
        kept = found._replace(gain=np.where(allowed(group, found.money), found.gain, -np.inf))
        whole, own = _join(whole, kept)
        back.append(_Group(choices, own))
    fits = np.where(whole.money <= budget + 1e-6, whole.gain, -np.inf)
    end = int(np.argmax(fits))
    return _trace(end, back, len(cost)) if np.isfinite(fits[end]) else None


def _nothing(size: int) -> _Table:
    gain = np.full(size, -np.inf)
    gain[0] = 0.0
    return _Table(gain, np.zeros(size))


def _add_items(
    table: _Table, items: Iterable[int], cost: np.ndarray, gain: np.ndarray, *, cell: float
) -> tuple[_Table, list[_Choice]]:
    size, choices = len(table.gain), []
    for item in items:
        cells = np.full(cost.shape[1], size)
        known = np.isfinite(cost[item])
        cells[known] = np.minimum(np.floor(cost[item, known] / cell + 0.5), size).astype(int)
        best, money, chosen = table.gain.copy(), table.money.copy(), np.zeros(size, dtype=np.int16)
        for option in np.flatnonzero(cells < size):
            shift = int(cells[option])
            tried = table.gain[: size - shift] + gain[item, option]
            better = tried > best[shift:]
            best[shift:][better] = tried[better]
            money[shift:][better] = table.money[: size - shift][better] + cost[item, option]
            chosen[shift:][better] = option
        table = _Table(best, money)
        choices.append(_Choice(int(item), cells, chosen))
    return table, choices


def _join(whole: _Table, own: _Table) -> tuple[_Table, np.ndarray]:
    """Best of both together by cell, and how many of its cells are the second's."""
    size = len(whole.gain)
    best, money, spent = np.full(size, -np.inf), np.zeros(size), np.zeros(size, dtype=int)
    for shift in np.flatnonzero(np.isfinite(own.gain)).tolist():
        tried = whole.gain[: size - shift] + own.gain[shift]
        better = tried > best[shift:]
        best[shift:][better] = tried[better]
        money[shift:][better] = whole.money[: size - shift][better] + own.money[shift]
        spent[shift:][better] = shift
    return _Table(best, money), spent


def _trace(end: int, back: list[_Group], items: int) -> Pick:
    pick = np.zeros(items, dtype=int)
    for group in reversed(back):
        at = end if group.own is None else int(group.own[end])
        rest = 0 if group.own is None else end - at
        for choice in reversed(group.choices):
            option = int(choice.chosen[at])
            pick[choice.item] = option
            at -= int(choice.cells[option]) if option else 0
        end = at if group.own is None else rest
    return pick
