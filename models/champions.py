"""Which candidate speaks for a segment: the reigning one, until another has proven better.

Proof is a lower error by a margin, at most origins, and more than chance over the weeks forecast (after
Diebold and Mariano 1995, with Newey and West's variance). Errors come from `backtest`; nothing here looks
at a series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

MARGIN = 0.01
LEAST_ORIGINS = 3
LEAST_WEEKS = 8
LEAST_T = 2.5
LAGS = 4


@dataclass(frozen=True)
class Cells:
    """A segment's absolute errors summed over its skus, one entry per (origin, week forecast)."""

    origin: Sequence[date]
    week: Sequence[date]
    errors: Mapping[str, np.ndarray]

    def total(self, name: str) -> float:
        return float(self.errors[name].sum())


@dataclass(frozen=True)
class Verdict:
    """`gain` is the share of the reigning model's error the challenger saves; `t_value` its certainty.

    A champion named at no origin at all is a stopgap: it reigns over nothing once something was measured.
    """

    champion: str
    before: str
    challenger: str | None = None
    gain: float | None = None
    t_value: float | None = None
    wins: int = 0
    origins: int = 0
    reason: str = ""

    @property
    def is_changed(self) -> bool:
        return self.champion != self.before


def holders(verdicts: Mapping[str, Verdict]) -> dict[str, str]:
    """Demand class -> the champion that holds it until another has proven better."""
    return {name: verdict.champion for name, verdict in verdicts.items() if verdict.origins}


def decide(cells: Cells | None, *, reigning: str) -> Verdict:
    """The champion by `cells`, where `reigning` has been it so far; it stays where there is no proof."""
    if cells is None or not len(cells.week):
        return Verdict(champion=reigning, before=reigning, reason="nothing measured yet")
    challenger = min((name for name in cells.errors if name != reigning), key=cells.total, default=None)
    if challenger is None or cells.total(reigning) <= 0:
        told = len(set(cells.origin))
        return Verdict(champion=reigning, before=reigning, origins=told, reason="nothing to compare")
    gain = 1 - cells.total(challenger) / cells.total(reigning)
    wins, origins = _wins(cells, challenger, reigning)
    t_value = certainty(weekly_gains(cells, challenger, reigning=reigning))
    doubt = _doubt(gain, wins=wins, origins=origins, t_value=t_value)
    return Verdict(
        champion=reigning if doubt else challenger,
        before=reigning,
        challenger=challenger,
        gain=gain,
        t_value=t_value,
        wins=wins,
        origins=origins,
        reason=doubt
        or f"{challenger} is better by {gain:.1%}, at {wins} of {origins} origins, t = {t_value:.1f}",
    )


def weekly_gains(cells: Cells, challenger: str, *, reigning: str) -> np.ndarray:
    """What the challenger saves in each week, as a share of the reigning model's mean weekly error; in order.

    A week that several origins forecast counts once, with their sum.
    """
    order = sorted(set(cells.week))
    place = np.searchsorted(np.array(order, dtype=object), np.array(cells.week, dtype=object))
    ours = np.bincount(place, weights=cells.errors[challenger], minlength=len(order))
    theirs = np.bincount(place, weights=cells.errors[reigning], minlength=len(order))
    return (theirs - ours) / max(theirs.mean(), 1e-12)


def certainty(gains: np.ndarray) -> float | None:
    """Mean over its standard error, neighbors' correlation counted up to four weeks; None for too few
    weeks.
    """
    count = len(gains)
    if count < LEAST_WEEKS:
        return None
    left = gains - gains.mean()
    variance = left @ left / count
    for lag in range(1, min(LAGS, count - 1) + 1):
        variance += 2 * (1 - lag / (LAGS + 1)) * (left[lag:] @ left[:-lag]) / count
    error = np.sqrt(max(variance, 0.0) / count)
    if error <= 1e-12:
        return float(np.sign(gains.mean()) * 99) if gains.mean() else 0.0
    return float(np.clip(gains.mean() / error, -99, 99))


def _wins(cells: Cells, challenger: str, reigning: str) -> tuple[int, int]:
    wins, known = 0, sorted(set(cells.origin))
    origin = np.array(cells.origin, dtype=object)
    for each in known:
        here = origin == each
        wins += cells.errors[challenger][here].sum() < cells.errors[reigning][here].sum()
    return int(wins), len(known)


def _doubt(gain: float, *, wins: int, origins: int, t_value: float | None) -> str:
    """Why the challenger does not take over; empty where it does."""
    if gain <= 0:
        return "no other is better"
    if gain < MARGIN:
        return f"the next is better by {gain:.1%}, less than {MARGIN:.0%}"
    if origins < LEAST_ORIGINS or t_value is None:
        return f"the next is better by {gain:.1%}, but {origins} origins prove little"
    if wins * 2 <= origins:
        return f"the next is better by {gain:.1%}, but only at {wins} of {origins} origins"
    if t_value < LEAST_T:
        return f"the next is better by {gain:.1%}, which may be chance (t = {t_value:.1f})"
    return ""
