"""How far a channel lags behind what was computed for it, and the thresholds that follow from a budget.

The arithmetic of a buffer is oms_ops.oversell; a threshold from a budget is a decision like a person's, kept
with its explanation, and never replaces a person's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from oms_ops.ats_policy import BUDGET, EVERY_SKU, Policy
from oms_ops.desk import Places
from oms_ops.kit_ats import base_components
from oms_ops.oversell import Demand, buffer_for
from oms_ops.store import OrderBook, publication, supply
from oms_ops.store.commands import Answer, carry_out_once
from oms_ops.units import micros
from warehouse.settings import Channel, Settings

LEAST_LAGS = 20  # fewer acknowledgements say nothing about a 95th percentile
_SECOND = 1_000_000


@dataclass(frozen=True)
class Lag:
    """Seconds from computing a value to the channel's having it, over `count` acknowledgements."""

    count: int
    p50_seconds: float
    p95_seconds: float

    @property
    def is_measured(self) -> bool:
        return self.count >= LEAST_LAGS


def sync_lag(book: OrderBook, settings: Settings, *, now: datetime) -> dict[str, Lag]:
    """Of each channel that acknowledged something in the last `lag_days`."""
    since = now - timedelta(days=settings.publication.lag_days)
    with book.read() as con:
        found = publication.lags(con, since=micros(since), until=micros(now) + 1)
    return {channel_id: _lag(sorted(lags)) for channel_id, lags in found.items()}


def refresh_buffers(book: OrderBook, settings: Settings, *, now: datetime, key: str) -> Answer:
    """Set the thresholds of the channels that state an oversell budget; what changed, and why others stay.

    Where the lag is not measured the settings' threshold holds, and the answer says so.
    """
    lags = sync_lag(book, settings, now=now)

    def act(con) -> Answer:
        standing = {(row.place, row.sku): row for row in publication.policies(con) if row.term == "threshold"}
        sold = _sold_by_day(con, settings, now=now)
        answer: Answer = {}
        for channel in settings.channels:
            wanted, note = _thresholds(channel, settings, lags.get(channel.channel_id), sold)
            rows = list(_decisions(channel.channel_id, wanted, standing))
            publication.add_policies(con, [row | {"decided_at": micros(now)} for row in rows])
            if note or rows:
                answer[channel.channel_id] = {"changed": len(rows), "note": note}
        return answer

    terms = {"now": now.isoformat()}
    return carry_out_once(book, act, command="refresh_ats_buffers", key=key, terms=terms, at=micros(now))


def demand_of_days(units: Mapping[int, int], *, days: int) -> Demand:
    """From units by day number; a day that is not there sold nothing."""
    mean = sum(units.values()) / days
    squares = sum(value * value for value in units.values())
    variance = max(0.0, (squares - days * mean * mean) / (days - 1)) if days > 1 else mean
    return Demand(mean, variance)


def quantile(values: Sequence[float], q: float) -> float:
    """Of sorted values, interpolated between neighbors."""
    place = q * (len(values) - 1)
    below = floor(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)


def _lag(lags: Sequence[int]) -> Lag:
    return Lag(len(lags), quantile(lags, 0.5) / _SECOND, quantile(lags, 0.95) / _SECOND)


def _thresholds(
    channel: Channel, settings: Settings, lag: Lag | None, sold: Mapping[tuple[str, str], dict[int, int]]
) -> tuple[dict[str, tuple[int, str]], str]:
    """Sku to (threshold, explanation), and a note where the budget cannot be turned into any."""
    if channel.oversell_budget is None:
        return {}, ""
    if lag is None or not lag.is_measured:
        count = 0 if lag is None else lag.count
        return {}, (
            f"sync lag not measured ({count} acknowledgements, {LEAST_LAGS} needed): "
            f"the fixed threshold {channel.threshold:g} holds"
        )
    days = settings.publication.demand_days
    found = {}
    for sku, units in _of_network(channel, settings, sold).items():
        buffer = buffer_for(
            channel.oversell_budget,
            measure=channel.oversell_measure,
            lag_seconds=lag.p95_seconds,
            demand=demand_of_days(units, days=days),
        )
        found[sku] = (buffer.units, buffer.explanation)
    return found, f"lag p95 {lag.p95_seconds:.3g} s over {lag.count} acknowledgements"


def _of_network(
    channel: Channel, settings: Settings, sold: Mapping[tuple[str, str], dict[int, int]]
) -> dict[str, dict[int, int]]:
    """Units by sku and day of all channels that sell from one of this channel's locations."""
    places = Places.of(settings)
    network = set(places.network(channel.channel_id))
    found: dict[str, dict[int, int]] = {}
    for (channel_id, sku), days in sold.items():
        if not network.isdisjoint(places.network(channel_id)):
            total = found.setdefault(sku, {})
            for day, units in days.items():
                total[day] = total.get(day, 0) + units
    return found


def _sold_by_day(con, settings: Settings, *, now: datetime) -> dict[tuple[str, str], dict[int, int]]:
    """Kits sold count as their components."""
    since = micros(now - timedelta(days=settings.publication.demand_days))
    bases = base_components(supply.kits(con))
    found: dict[tuple[str, str], dict[int, int]] = {}
    for channel_id, sku, day, units in supply.sold_by_day(con, since=since, until=micros(now)):
        for base, per_kit in bases.get(sku, {sku: 1}).items():
            days = found.setdefault((channel_id, base), {})
            days[day] = days.get(day, 0) + units * per_kit
    return found


def _decisions(
    channel_id: str, wanted: Mapping[str, tuple[int, str]], standing: Mapping[tuple[str, str], Policy]
) -> Iterator[dict]:
    """Rows where a threshold from the budget changes, begins or ends. A person's decision stays."""
    ours = {
        sku: row
        for (place, sku), row in standing.items()
        if place == channel_id and row.author == BUDGET and row.value is not None
    }
    row = {"place": channel_id, "term": "threshold", "author": BUDGET}
    for sku, (units, explanation) in wanted.items():
        held = standing.get((channel_id, sku))
        is_persons = held is not None and held.author != BUDGET and held.value is not None
        if not is_persons and (sku not in ours or ours[sku].value != units):
            yield row | {"sku": sku, "value": float(units), "reason": explanation}
    for sku in ours.keys() - wanted.keys() - {EVERY_SKU}:
        yield row | {"sku": sku, "value": None, "reason": "no budget, no measured lag or nothing sold"}
