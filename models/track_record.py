"""How alerts have done so far: past mornings walked again, on stock as recorded and as a plain buyer has it.

Tables in, tables out; the walk is `replay`, the played stock `played`, the measures `alert_scores`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from models import alert_scores, buyer, history, panel, played, pools, replay
from models.alert_scores import Score
from models.errors import PlanError
from models.forecast import categories
from models.known import Past
from models.panel import WEEK
from models.pool_demand import PoolDemand
from models.recalibration import Recalibration
from models.replay import Ground, Spoken
from models.replenishment import agreed
from models.replenishment.agreed import Agreed

LEARNING_WEEKS = 10
SETTLING_WEEKS = 13


@dataclass(frozen=True)
class PoolRecord:
    """Of one stock pool alone: as many alerts a rule as ours were there, what was said and what came true."""

    stock_pool: str
    sayings: int
    scores: list[Score]
    calibration: pl.DataFrame


@dataclass(frozen=True)
class Record:
    """On one stock: our score, each plain rule's at as many alerts, what was said and what came true.

    `uncorrected` is the calibration of what the simulation alone would have said. `pools`: the same of each
    stock pool, where there are several.
    """

    stock: str
    first_morning: date
    last_morning: date
    mornings: int
    sayings: int
    scores: list[Score]
    calibration: pl.DataFrame
    uncorrected: pl.DataFrame
    recalibration: Recalibration
    pools: tuple[PoolRecord, ...] = ()


def measure(
    *,
    demand_daily: pl.DataFrame,
    availability_day: pl.DataFrame | None,
    past: Past,
    pool_demand: PoolDemand,
    product: pl.DataFrame,
    suppliers: pl.DataFrame,
    as_of: datetime,
    zone: str,
    weeks: int,
    raise_at: float,
    resolve_below: float,
    seed: int,
    terms: Sequence[Agreed] = (),
    stocks: tuple[str, ...] = ("played", "recorded"),
    progress: Callable[[str], None] | None = None,
) -> list[Record]:
    """One record per wanted stock, over the last `weeks` Mondays; ten more before them are for learning only.

    Fewer where history is short: a forecast needs eight weeks of it. Raises `PlanError` where none is left.
    """
    cutoff = as_of.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    days = history.validate(demand_daily, availability_day=availability_day)
    whole = panel.build(days, cutoff=cutoff, category=categories(product), ended=history.ends(product))
    spoken = list(
        replay.forecasts(days, whole=whole, weeks=weeks + LEARNING_WEEKS, seed=seed, progress=progress)
    )
    if not spoken:
        raise PlanError(f"demand from {whole.first_week} to {cutoff} is too short to walk a morning again")
    opening = spoken[0].cutoff + timedelta(days=1) - SETTLING_WEEKS * WEEK
    recorded = _grounds(past, days, pool_demand, spoken, terms, opening=opening)
    found = []
    for stock in stocks:
        grounds = recorded
        if stock == "played":
            when = {"opening": opening, "last_day": cutoff, "as_of": as_of, "zone": zone}
            grounds = played.grounds(recorded, product, **when, seed=seed)
        if progress:
            progress(f"walking {len(spoken)} mornings on {stock} stock")
        tables = {"grounds": grounds, "days": days, "product": product, "suppliers": suppliers}
        mornings = replay.walk(spoken, **tables, zone=zone, seed=seed, now=as_of)
        found.append(
            _record(
                stock,
                mornings,
                weeks=weeks,
                raise_at=raise_at,
                resolve_below=resolve_below,
                now=as_of,
                zone=zone,
            )
        )
    return found


def _grounds(
    past: Past,
    days: pl.DataFrame,
    demand: PoolDemand,
    spoken: Sequence[Spoken],
    terms: Sequence[Agreed],
    *,
    opening: date,
) -> list[Ground]:
    """The stock pools as recorded; a shop of one pool is walked whole."""
    held = [agreed.at(pool.locations, terms) for pool in demand.pools]
    if len(demand.pools) == 1:
        return [Ground(demand.pools[0].pool_id, past, days, terms=held[0])]
    asked = demand.asked(since=opening - timedelta(days=buyer.RATE_DAYS))
    shares = {one.cutoff: demand.shares(one.cutoff, one.weekly["sku"].unique().sort()) for one in spoken}
    return [
        Ground(
            pool.pool_id,
            past.part(pools.here(pool, demand.pools)),
            asked.filter(pl.col("pool_id") == pool.pool_id).drop("pool_id"),
            {day: share.filter(pl.col("pool_id") == pool.pool_id) for day, share in shares.items()},
            agreed_there,
        )
        for pool, agreed_there in zip(demand.pools, held, strict=True)
    ]


def _record(
    stock: str,
    mornings: pl.DataFrame,
    *,
    weeks: int,
    raise_at: float,
    resolve_below: float,
    now: datetime,
    zone: str,
) -> Record:
    said, known = replay.calibrated(mornings, now=now)
    ats = said["at"].unique().sort().to_list()[-weeks:]
    scored = said.filter(pl.col("at").is_in(ats) & pl.col("came_true").is_not_null())
    closed = scored["at"].dt.convert_time_zone(zone).dt.date().unique().sort()
    bounds = {"raise_at": raise_at, "resolve_below": resolve_below}
    return Record(
        stock=stock,
        first_morning=closed.min() if len(closed) else now.date(),
        last_morning=closed.max() if len(closed) else now.date(),
        mornings=len(closed),
        sayings=len(scored),
        scores=alert_scores.beside(scored, **bounds),
        calibration=_calibration(scored, "probability"),
        uncorrected=_calibration(scored, "raw_probability"),
        recalibration=known,
        pools=_by_pool(scored, **bounds),
    )


def _by_pool(scored: pl.DataFrame, **bounds: float) -> tuple[PoolRecord, ...]:
    names = scored["stock_pool"].unique(maintain_order=True).to_list()
    if len(names) < 2:
        return ()
    parts = [(name, scored.filter(pl.col("stock_pool") == name)) for name in names]
    return tuple(
        PoolRecord(name, len(rows), alert_scores.beside(rows, **bounds), _calibration(rows, "probability"))
        for name, rows in parts
    )


def _calibration(scored: pl.DataFrame, said: str) -> pl.DataFrame:
    return alert_scores.calibration(scored[said].to_numpy(), scored["came_true"].to_numpy())
