"""What the pooled model may know about every series at one week (the edge), and nothing after it.

Demand enters without its season (`seasons`) and relative to the series' own level, so that all series look
alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.seasons import YEAR, week_index
from models.series import Series

ALPHAS = (0.03, 0.06, 0.1, 0.2, 0.4)
LEVELS = ("level_3", "level_6", "level_10", "level_20")
WINDOWS = (1, 2, 4, 8, 13, 52)
SHARED_WINDOWS = (2, 4)
LEAST_LEVEL = 0.05
LONGEST = 104
PRIOR_UNITS = 4.0
CALENDAR_COLUMNS = 2
NAMED = 8


@dataclass(frozen=True)
class View:
    """`season` (series, steps) times `base` is the usual demand; `smoothed` the level of the last weeks.

    `design` is (series, steps, features), the last `CALENDAR_COLUMNS` of them telling only the week of the
    year.
    """

    season: np.ndarray
    base: np.ndarray
    smoothed: np.ndarray
    design: np.ndarray


def view(series: Series, *, edge: int, steps: int) -> View:
    """All series as seen before column `edge`, for the `steps` weeks from it."""
    seen = series.until(edge)
    season, everyone = week_index(seen, ahead=steps)
    plain = np.where(seen.known, seen.filled / season[:, :edge], 0.0)
    levels = _levels(plain, seen.known)
    base = np.maximum((levels["level_6"] + levels["level_10"]) / 2, LEAST_LEVEL)
    now = _recent(plain, seen.known, base, levels) | _shared(plain, seen, base)
    week = seen.weeks_of_year(edge + steps)
    columns = []
    for step in range(steps):
        then = _last_year(seen, edge + step, base)
        dated = {"season": season[:, edge + step], "step": step, "all": everyone[edge + step],
                 "week": week[edge + step]}  # fmt: skip
        ahead = {name: np.broadcast_to(value, base.shape) for name, value in dated.items()}
        columns.append(np.column_stack(list((now | then | ahead).values())))
    smoothed = sum(levels[name] for name in LEVELS) / len(LEVELS)
    return View(season[:, edge:], base, smoothed, np.stack(columns, axis=1).astype(np.float32))


def _levels(plain: np.ndarray, known: np.ndarray) -> dict[str, np.ndarray]:
    age = np.arange(plain.shape[1])[::-1]
    found = {}
    for alpha in ALPHAS:
        weight = (1 - alpha) ** age
        found[f"level_{alpha * 100:.0f}"] = plain @ weight / np.maximum(known @ weight, 1e-9)
    return found


def _recent(plain: np.ndarray, known: np.ndarray, base: np.ndarray, levels: dict) -> dict[str, np.ndarray]:
    width = plain.shape[1]
    found = {name: level / base for name, level in levels.items()}
    for weeks in WINDOWS:
        found[f"mean_{weeks}"] = _mean(plain[:, -weeks:], known[:, -weeks:]) / base
    half, seen = plain[:, -26:], known[:, -26:]
    mean = np.nan_to_num(_mean(half, seen))
    spread = np.sqrt(np.maximum(np.nan_to_num(_mean(half**2, seen)) - mean**2, 0.0))
    found["variation"] = spread / np.maximum(mean, LEAST_LEVEL)
    for weeks in (8, 26):
        found[f"zeros_{weeks}"] = _mean((plain == 0)[:, -weeks:] * 1.0, known[:, -weeks:])
    last = np.where(plain > 0, np.arange(width)[None, :], -1).max(axis=1, initial=-1)
    found["silent"] = np.minimum(width - 1 - last, LONGEST)
    found["age"] = np.minimum(known.sum(axis=1), LONGEST)
    found["base"] = np.log(base)
    return found


def _shared(plain: np.ndarray, seen: Series, base: np.ndarray) -> dict[str, np.ndarray]:
    """How those that share a trait, and all series, sold lately against their levels.

    A trait enters by its own code too where eight series or more share one on average.
    """
    found = {
        name: codes for name, codes in seen.traits.items() if seen.count >= NAMED * len(np.unique(codes))
    }
    everyone = {"all": np.zeros(seen.count, dtype=int)}
    pool = seen.season_traits[:1]
    for name, member in (seen.traits | everyone).items():
        if name in pool:
            continue
        _names, place = np.unique(member, return_inverse=True)
        for weeks in SHARED_WINDOWS:
            sold = np.bincount(place, weights=plain[:, -weeks:].sum(axis=1))
            usual = np.bincount(place, weights=seen.known[:, -weeks:].sum(axis=1) * base)
            found[f"{name}_{weeks}"] = ((sold + PRIOR_UNITS) / (usual + PRIOR_UNITS))[place]
    return found


def _last_year(seen: Series, column: int, base: np.ndarray) -> dict[str, np.ndarray]:
    same, edge = column - YEAR, seen.width
    around = _window(seen, same - 1, same + 2)
    found = {
        "year_ago": _window(seen, same, same + 1) / base,
        "year_ago_3": around / base,
        "year_ago_5": _window(seen, same - 2, same + 3) / base,
        "year_ago_rise": around / np.maximum(_window(seen, edge - YEAR - 8, edge - YEAR), 0.2 * base),
    }
    for name in seen.season_traits[1:]:
        _names, place = np.unique(seen.traits[name], return_inverse=True)
        then = np.bincount(place, weights=_total(seen.filled, same - 1, same + 2))
        usual = np.bincount(place, weights=_total(seen.known, same - 1, same + 2) * base)
        before = np.bincount(place, weights=_total(seen.filled, edge - YEAR - 8, edge - YEAR))
        expected = np.bincount(place, weights=_total(seen.known, edge - YEAR - 8, edge - YEAR) * base)
        year_ago = (then + PRIOR_UNITS) / (usual + PRIOR_UNITS)
        found[f"{name}_year_ago"] = year_ago[place]
        found[f"{name}_rise"] = (year_ago * (expected + PRIOR_UNITS) / (before + PRIOR_UNITS))[place]
    return found


def _window(seen: Series, first: int, last: int) -> np.ndarray:
    count = _total(seen.known, first, last)
    return np.where(count > 0, _total(seen.filled, first, last) / np.maximum(count, 1), np.nan)


def _total(values: np.ndarray, first: int, last: int) -> np.ndarray:
    width = values.shape[1]
    return values[:, min(max(first, 0), width) : min(max(last, 0), width)].sum(axis=1).astype(float)


def _mean(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    count = known.sum(axis=1)
    return np.where(count > 0, (values * known).sum(axis=1) / np.maximum(count, 1), np.nan)
