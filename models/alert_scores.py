"""How good alerts were: precision, recall, days warned, calibration; beside plain rules at as many alerts.

Works on the mornings of `replay`. An alert is an episode of one sku in one stock pool: raised at a
threshold, standing until a lower one, as in production.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

IN_TIME_DAYS = 7.0
DECILES = 10
SEARCHES = 40
TOO_FEW = 0.25


@dataclass(frozen=True)
class Score:
    """`right` of `alerts` came true; of `stockouts`, `warned` had an alert before.

    `warned_in_time`: at least seven days before. `raise_at`: an alert is raised at or above it, in the rule's
    own measure.
    """

    rule: str
    alerts: int
    right: int
    stockouts: int
    warned: int
    warned_in_time: int
    days_warned: float | None
    raise_at: float

    @property
    def precision(self) -> float | None:
        return self.right / self.alerts if self.alerts else None

    @property
    def recall(self) -> float | None:
        return self.warned / self.stockouts if self.stockouts else None

    @property
    def recall_in_time(self) -> float | None:
        return self.warned_in_time / self.stockouts if self.stockouts else None

    def row(self) -> dict[str, object]:
        shares = ("precision", "recall", "recall_in_time")
        return asdict(self) | {name: getattr(self, name) for name in shares}


def score(
    mornings: pl.DataFrame, measure: np.ndarray, *, rule: str, raise_at: float, resolve_below: float
) -> Score:
    """`mornings` by stock pool, sku and morning, one a week, with known `came_true`; `measure` per row, high
    is bad.

    An episode goes on over weeks in a row while the measure is at least `resolve_below`; it is right where a
    stock-out came true on one of its mornings. A stock-out is warned of from the episode's first morning on.
    """
    walk = _Walk.of(mornings)
    starts, standing = walk.episodes(measure, raise_at=raise_at, resolve_below=resolve_below)
    episode = np.cumsum(starts) - 1
    begun = walk.day[starts]
    hits = np.flatnonzero(standing & walk.came_true)
    first: dict[int, float] = {}
    for row in hits.tolist():
        first.setdefault(int(walk.event[row]), float(walk.out_day[row] - begun[episode[row]]))
    notice = np.array(list(first.values()))
    return Score(
        rule=rule,
        alerts=int(starts.sum()),
        right=len(np.unique(episode[hits])),
        stockouts=walk.events,
        warned=len(notice),
        warned_in_time=int((notice >= IN_TIME_DAYS).sum()),
        days_warned=round(float(np.median(notice)), 1) if len(notice) else None,
        raise_at=float(raise_at),
    )


def at_equal_count(
    mornings: pl.DataFrame, measure: np.ndarray, *, rule: str, alerts: int, slack: float
) -> Score:
    """`score` at the threshold that raises as many alerts, or the most below that.

    Alerts resolve below the threshold x `slack`. Rules measure shortage: 1 / days of cover, level / position.
    """
    walk = _Walk.of(mornings)
    levels = np.unique(measure[measure > 0])
    low, high = 0, len(levels)  # the answer lies in levels[low:high], most alerts first
    for _ in range(SEARCHES):
        if low >= high:
            break
        middle = (low + high) // 2
        starts, _standing = walk.episodes(
            measure, raise_at=levels[middle], resolve_below=levels[middle] * slack
        )
        low, high = (middle + 1, high) if starts.sum() > alerts else (low, middle)
    chosen = levels[low] if low < len(levels) else np.inf
    return score(mornings, measure, rule=rule, raise_at=chosen, resolve_below=chosen * slack)


def measures(mornings: pl.DataFrame) -> dict[str, np.ndarray]:
    """The plain rules' shortages, from mean daily sales of 28 days.

    days_of_cover: sales / stock. min_max: sales of the lead time / (stock + on order).
    """
    held = pl.col("available")
    table = mornings.select(
        days_of_cover=pl.col("daily_sales") / held,
        min_max=pl.col("daily_sales") * pl.col("lead_time_days") / (held + pl.col("on_order")),
    )
    return {name: table[name].to_numpy() for name in table.columns}


def calibration(probability: np.ndarray, came_true: np.ndarray) -> pl.DataFrame:
    """decile, said_from, said_to, cases, said (mean), came_true (share) by tenth of the scale."""
    tenth = np.clip((probability * DECILES + 1e-9).astype(int), 0, DECILES - 1)
    table = pl.DataFrame({"decile": tenth, "said": probability, "came_true": came_true.astype(float)})
    found = table.group_by("decile").agg(
        cases=pl.len().cast(pl.Int64), said=pl.col("said").mean(), came_true=pl.col("came_true").mean()
    )
    return (
        pl.DataFrame({"decile": range(DECILES)}, schema={"decile": pl.Int64})
        .join(found.with_columns(pl.col("decile").cast(pl.Int64)), on="decile", how="left")
        .with_columns(
            pl.col("cases").fill_null(0),
            said_from=(pl.col("decile") / DECILES).round(1),
            said_to=((pl.col("decile") + 1) / DECILES).round(1),
        )
        .sort("decile")
        .select("decile", "said_from", "said_to", "cases", "said", "came_true")
    )


def beside(mornings: pl.DataFrame, *, raise_at: float, resolve_below: float) -> list[Score]:
    """Our alerts on `probability`, then each plain rule with as many.

    Where few sayings ever reach `raise_at` (fewer alerts than a quarter of the stock-outs), all rules are
    compared at as many alerts as there were stock-outs.
    """
    known = mornings.filter(pl.col("came_true").is_not_null()).sort("stock_pool", "sku", "at")
    said = known["probability"].to_numpy()
    ours = score(known, said, rule="forecast", raise_at=raise_at, resolve_below=resolve_below)
    if ours.alerts < ours.stockouts * TOO_FEW:
        ours = at_equal_count(
            known, said, rule="forecast", alerts=ours.stockouts, slack=resolve_below / raise_at
        )
    others = [
        at_equal_count(known, measure, rule=rule, alerts=ours.alerts, slack=resolve_below / raise_at)
        for rule, measure in measures(known).items()
    ]
    return [ours, *others]


def ratios(scores: list[Score]) -> Mapping[str, dict[str, float | None]]:
    """By plain rule: our recall over its recall, at any notice and in time."""
    ours, *others = scores
    return {
        other.rule: {
            "recall": _over(ours.recall, other.recall),
            "recall_in_time": _over(ours.recall_in_time, other.recall_in_time),
        }
        for other in others
    }


def _over(ours: float | None, theirs: float | None) -> float | None:
    return None if ours is None or not theirs else round(ours / theirs, 3)


@dataclass(frozen=True)
class _Walk:
    """Mornings as arrays; `follows`: the row is the same sku and pool a week after the row before."""

    day: np.ndarray
    out_day: np.ndarray
    came_true: np.ndarray
    event: np.ndarray
    events: int
    follows: np.ndarray

    @staticmethod
    def of(mornings: pl.DataFrame) -> _Walk:
        epoch = pl.col("at").dt.timestamp("us") / 86_400_000_000
        out = pl.col("out_at").dt.timestamp("us") / 86_400_000_000
        days = mornings.select(day=epoch, out=out)
        came = mornings["came_true"].to_numpy().astype(bool)
        event = mornings.select(pl.struct("stock_pool", "sku", "out_at").rank("dense").alias("event"))
        is_same = [pl.col(name) == pl.col(name).shift(1) for name in ("stock_pool", "sku")]
        same_sku = mornings.select(is_same=pl.all_horizontal(is_same).fill_null(value=False))
        event, same_sku = event["event"].to_numpy(), same_sku["is_same"].to_numpy()
        day = days["day"].to_numpy()
        near = np.diff(day, prepend=-np.inf) < 8
        return _Walk(
            day=day,
            out_day=days["out"].to_numpy(),
            came_true=came,
            event=event,
            events=len(np.unique(event[came])),
            follows=same_sku & near,
        )

    def episodes(
        self, measure: np.ndarray, *, raise_at: float, resolve_below: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Whether an episode starts, and whether one stands, on each morning."""
        starts = np.zeros(len(measure), dtype=bool)
        standing = np.zeros(len(measure), dtype=bool)
        candidate = np.flatnonzero(measure >= min(resolve_below, raise_at))
        is_open, before = False, -2
        for row in candidate.tolist():
            is_open = is_open and before == row - 1 and self.follows[row]
            if not is_open and measure[row] >= raise_at:
                is_open = starts[row] = True
            standing[row] = is_open
            before = row
        return starts, standing
