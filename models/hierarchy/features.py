"""The boosted model's columns for every series and day ahead, as of one cutoff. Each reads a `Sight` or
what is known ahead; the upper levels' season comes in as `upper`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.hierarchy.series import WEEK
from models.hierarchy.sight import ALPHAS, BASE_ALPHA, LEAST_LEVEL, MANY_LABELS, Sight
from models.hierarchy.smoothing import between

YEAR_DAYS = 364
FAR_EVENT = 30
LONGEST_SILENCE = 200
OLDEST = 1500


@dataclass(frozen=True)
class Cells:
    """Rows and steps (0 for the first day ahead) of the cells wanted."""

    rows: np.ndarray
    steps: np.ndarray


@dataclass(frozen=True)
class Columns:
    """`design`: (cells, columns), float32, NaN for what is not known. `base`: (cells,) what it corrects."""

    design: np.ndarray
    base: np.ndarray
    names: tuple[str, ...]


CATEGORIES = "code_"


def columns(sight: Sight, cutoff: int, cells: Cells, *, upper: np.ndarray | None) -> Columns:
    """`upper`: (sums of the shape level, horizon) regression forecast as of the cutoff; NaN where there
    is none.
    """
    level = sight.levels[BASE_ALPHA][:, cutoff - 1]
    scale = np.maximum((level + sight.mean(cutoff, 91)) / 2, LEAST_LEVEL)
    shape = sight.shape(cutoff)
    of_series = (
        _pace(sight, cutoff, scale) | _habits(sight, cutoff) | _kin(sight, cutoff, level) | _codes(sight)
    )
    of_days = _season(sight, cutoff, scale, shape) | _days(sight, cutoff) | _price(sight, cutoff)
    if upper is not None:
        of_days["upper"] = _upper(sight, cutoff, upper, shape)
    base = np.maximum(level, LEAST_LEVEL)[:, None] * shape
    left = np.column_stack([np.asarray(v, np.float32) for v in of_series.values()])[cells.rows]
    whole = (sight.series.count, sight.series.horizon)
    right = [np.broadcast_to(v, whole)[cells.rows, cells.steps].astype(np.float32) for v in of_days.values()]
    design = np.concatenate([left, np.column_stack(right)], axis=1)
    return Columns(design, base[cells.rows, cells.steps], (*of_series, *of_days))


def _pace(sight: Sight, cutoff: int, scale: np.ndarray) -> dict[str, np.ndarray]:
    found = {f"level_{alpha:g}": sight.levels[alpha][:, cutoff - 1] / scale for alpha in ALPHAS}
    found |= {f"mean_{days}": sight.mean(cutoff, days) / scale for days in (7, 28, 56, 182, 364)}
    return found | {"scale": np.log(scale)}


def _habits(sight: Sight, cutoff: int) -> dict[str, np.ndarray]:
    mean, square = sight.mean(cutoff, 112), sight.share("square", cutoff, 112)
    return {
        "selling_28": sight.share("selling", cutoff, 28),
        "selling_112": sight.share("selling", cutoff, 112),
        "spread": (square - mean**2) / np.maximum(mean, LEAST_LEVEL),
        "silent": np.minimum(cutoff - 1 - sight.last_sale[:, cutoff - 1], LONGEST_SILENCE),
        "age": np.clip(cutoff - sight.series.launch, 0, OLDEST),
        "available": sight.sums["known"][:, cutoff] - sight.sums["known"][:, max(cutoff - 28, 0)],
    }


def _kin(sight: Sight, cutoff: int, level: np.ndarray) -> dict[str, np.ndarray]:
    found = {}
    for name, (codes, slow, fast) in sight.kin.items():
        before, now = slow[codes, cutoff - 1], fast[codes, cutoff - 1]
        found[f"trend_{name}"] = np.log((now + 0.1) / (before + 0.1))
        if name != "peers":
            found[f"share_{name}"] = level / (before + 0.05)
    return found


def _codes(sight: Sight) -> dict[str, np.ndarray]:
    found = {}
    for name, labels in sight.series.groups.items():
        names, codes = np.unique(labels.astype(str), return_inverse=True)
        if 1 < len(names) <= MANY_LABELS:
            found[CATEGORIES + name] = codes
    return found


def _season(sight: Sight, cutoff: int, scale: np.ndarray, shape: np.ndarray) -> dict[str, np.ndarray]:
    found = {"shape": shape}
    place = np.arange(sight.series.horizon) % WEEK
    for weeks in (4, 12):
        if cutoff >= WEEK * weeks:
            past = sight.units[:, cutoff - WEEK * weeks : cutoff].reshape(-1, weeks, WEEK).mean(axis=1)
            found[f"weekday_{weeks}"] = past[:, place] / (scale[:, None] * shape)
        else:
            found[f"weekday_{weeks}"] = np.full(shape.shape, np.nan)
    return found | _last_year(sight, cutoff, scale)


def _last_year(sight: Sight, cutoff: int, scale: np.ndarray) -> dict[str, np.ndarray]:
    same = cutoff + np.arange(sight.series.horizon) - YEAR_DAYS
    first, last = np.clip(same - WEEK, 0, cutoff), np.clip(same + WEEK + 1, 0, cutoff)
    start, end = max(cutoff - YEAR_DAYS - 28, 0), max(cutoff - YEAR_DAYS, 0)
    sums = sight.sums
    around = between(sums["units"], first, last) / np.maximum(between(sums["known"], first, last), 0.5)
    then = between(sums["units"], start, end) / np.maximum(between(sums["known"], start, end), 0.5)
    told = sums["known"][:, start, None] > 0
    return {
        "year_ago": np.where(told, around / scale[:, None], np.nan),
        "year_ago_rise": np.where(told, np.log((around + 0.2) / (then[:, None] + 0.2)), np.nan),
    }


def _days(sight: Sight, cutoff: int) -> dict[str, np.ndarray]:
    series, ahead = sight.series, slice(cutoff, cutoff + sight.series.horizon)
    dates = series.dates
    found = {
        "step": np.arange(series.horizon),
        "weekday": dates.weekday[ahead],
        "day_of_month": dates.day_of_month[ahead],
        "day_of_year": dates.day_of_year[ahead],
    }
    if series.events:
        number = np.full(series.days + series.horizon, np.nan)
        for place, days in enumerate(series.events.values()):
            number[np.flatnonzero(days)] = place
        found[CATEGORIES + "event"] = number[ahead]
        found["to_event"] = _days_to(~np.isnan(number))[ahead]
    return found | {f"flag_{name}": series.flag_of(name)[:, ahead] for name in series.flags}


def _days_to(is_event: np.ndarray) -> np.ndarray:
    found, distance = np.empty(len(is_event)), FAR_EVENT
    for day in range(len(is_event) - 1, -1, -1):
        distance = 0 if is_event[day] else min(distance + 1, FAR_EVENT)
        found[day] = distance
    return found


def _price(sight: Sight, cutoff: int) -> dict[str, np.ndarray]:
    if sight.prices is None or sight.series.price is None:
        return {}
    price = sight.series.price[:, cutoff : cutoff + sight.series.horizon]
    totals, counts = sight.prices
    found = {"price": np.log(np.maximum(price, 0.01))}
    for days in (28, 182, 728):
        first = max(cutoff - days, 0)
        usual = between(totals, first, cutoff) / np.maximum(between(counts, first, cutoff), 0.5)
        found[f"price_{days}"] = price / np.maximum(usual, 0.01)[:, None]
    return found


def _upper(sight: Sight, cutoff: int, upper: np.ndarray, shape: np.ndarray) -> np.ndarray:
    usual = sight.peer_level[:, cutoff - 1][sight.peers.codes][:, None] * shape
    return np.log((upper[sight.peers.codes] + 0.5) / (usual + 0.5))
