"""What to buy now: demand over lead time and review against stock, what is owed and what arrives in time.

Tables in, tables out. Lead times are in `lead_times`, courses of demand in `paths`, sentences in `explain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from models import explain, paths, stock
from models.errors import PlanError
from models.lead_times import LeadTimes
from models.recalibration import Recalibration
from models.replenishment import agreed, offers
from models.replenishment.projected import quantile_around, worth_serving
from models.replenishment.shelf import Costs
from models.stock import Stock

LOWEST_CLASS = "C"
LONGEST_COVER_DAYS = 365
HOLDING_RATE = 0.25
CLOSED = "supplier_closed"
POLICIES = SERVICE_LEVEL, LEAST_COST = ("service_level", "least_cost")
MONEY, UNITS = pl.Decimal(18, 4), pl.Decimal(18, 3)
PROPOSAL = {
    "proposal_id": pl.String, "sku": pl.String, "supplier_id": pl.String, "location_id": pl.String,
    "quantity": UNITS, "unit_cost": MONEY, "cost": MONEY, "available": UNITS, "incoming_in_time": UNITS,
    "backordered": UNITS, "lead_time_days": pl.Float64, "lead_time_p90_days": pl.Float64,
    "review_days": pl.Int32, "expected_demand": pl.Float64, "demand_q50": pl.Float64,
    "demand_q90": pl.Float64, "service_level": pl.Float64, "reorder_point": pl.Float64,
    "order_up_to": pl.Float64, "stockout_probability": pl.Float64, "days_of_cover": pl.Float64,
    "order_by": pl.Date, "binding_constraint": pl.String, "demand_q05": pl.Float64,
    "demand_q25": pl.Float64, "demand_q75": pl.Float64, "demand_q95": pl.Float64,
    "incoming_dated": pl.String, "waiting_risk": pl.Float64, "cost_of_waiting": pl.Float64,
    "explanation": pl.String,
}  # fmt: skip
POSITION = {
    "sku": pl.String, "location_id": pl.String, "supplier_id": pl.String, "demand_class": pl.String,
    "abc_class": pl.String, "available": pl.Float64, "backordered": pl.Float64,
    "incoming_in_time": pl.Float64, "lead_time_days": pl.Float64, "lead_time_p90_days": pl.Float64,
    "review_days": pl.Int32, "expected_demand": pl.Float64, "demand_q50": pl.Float64,
    "demand_q90": pl.Float64, "service_level": pl.Float64, "reorder_point": pl.Float64,
    "order_up_to": pl.Float64, "position": pl.Float64, "position_at_review": pl.Float64,
    "stockout_probability": pl.Float64, "units_at_risk": pl.Float64, "unit_margin": pl.Float64,
    "margin_at_risk": pl.Float64, "days_of_cover": pl.Float64, "order_by": pl.Date,
    "suggested_quantity": pl.Float64, "binding_constraint": pl.String, "pack_size": pl.Float64,
    "min_order_quantity": pl.Float64, "unit_cost": pl.Float64, "next_arrival": pl.Date,
    "demand_q05": pl.Float64, "demand_q25": pl.Float64, "demand_q75": pl.Float64,
    "demand_q95": pl.Float64, "incoming_dated": pl.String, "waiting_risk": pl.Float64,
    "cost_of_waiting": pl.Float64, "ends_on": pl.Date, "withheld_quantity": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True)
class Replenishment:
    """`proposals` and `steps` in the columns of marts.proposal and marts.purchase_step; `positions` has
    one row for every sku with a forecast, with the withheld units that a closed supplier would be asked for.
    """

    proposals: pl.DataFrame
    positions: pl.DataFrame
    steps: pl.DataFrame


def propose(
    *,
    forecast_weekly: pl.DataFrame,
    product: pl.DataFrame,
    inventory: pl.DataFrame,
    incoming_supply: pl.DataFrame,
    receipts: pl.DataFrame,
    suppliers: pl.DataFrame,
    as_of: datetime,
    returns_location: str,
    review_days: int,
    service_levels: Mapping[str, float],
    backordered: pl.DataFrame | None = None,
    policy: str = SERVICE_LEVEL,
    holding_rate: float = HOLDING_RATE,
    terms: Sequence[agreed.Agreed] = (),
    chances: pl.DataFrame | None = None,
    recalibration: Recalibration | None = None,
    seed: int = 0,
) -> Replenishment:
    """Proposals and positions as of an instant.

    `receipts`: supplier_id, ordered_at, received_at of past deliveries. `service_levels`: chance of no
    shortage wanted until the next review's order arrives, by ABC class; a sku without a class counts as C.
    `returns_location` is where purchases are received. `policy` 'least_cost' weighs, per sku, margin lost
    against `holding_rate` (money per money of stock and year) instead. `terms` are what was agreed with
    suppliers; `review_days` is that of whom nothing else was agreed with. Of a product that ends
    (`product`'s discontinued_on) nothing is bought that would not sell before. `chances` (sku,
    stockout_probability) are what alerts say, in place of what the courses here would; `recalibration` is
    theirs, for the chance to run out while waiting. Raises `PlanError`.
    """
    _check(service_levels, review_days)
    if policy not in POLICIES:
        raise PlanError(f"policy must be one of {', '.join(POLICIES)}, found {policy!r}")
    if policy == LEAST_COST and holding_rate <= 0:
        raise PlanError(f"holding_rate must be above 0, found {holding_rate}")
    found = stock.read(
        forecast_weekly=forecast_weekly,
        product=product,
        inventory=inventory,
        incoming_supply=incoming_supply,
        backordered=backordered,
        as_of=as_of,
    )
    if not found.skus:
        empty = pl.DataFrame(schema=POSITION | {"explanation": pl.String})
        nothing = pl.DataFrame(schema=PROPOSAL), empty, pl.DataFrame(schema=offers.STEP)
        return Replenishment(*nothing)
    lead_times = LeadTimes(receipts, suppliers, size=paths.DRAWS)
    rng = np.random.default_rng(seed % 2**32)
    levels = _service(found, service_levels)
    bound = agreed.of_skus(found, terms, review_days=review_days)
    positions, need, room = _positions(
        found,
        lead_times,
        bound,
        levels,
        returns_location,
        rng,
        holding_rate,
        is_least_cost=policy == LEAST_COST,
    )
    if chances is not None:
        positions = _as_alerts_say(positions, chances, recalibration or Recalibration())
    positions = positions.with_columns(explanation=pl.Series(explain.positions(positions), dtype=pl.String))
    steps = offers.steps(
        found,
        need,
        location_id=returns_location,
        lead_time_days=positions["lead_time_days"].to_numpy(),
        review_days=positions["review_days"].to_numpy(),
        holding_rate=holding_rate,
        most=room,
        breaks=bound.breaks,
    )
    proposals = _proposals(positions, as_of.date(), is_least_cost=policy == LEAST_COST)
    return Replenishment(proposals, positions, steps)


def _check(service_levels: Mapping[str, float], review_days: int) -> None:
    for name in ("A", "B", LOWEST_CLASS):
        level = service_levels.get(name)
        if level is None or not 0.5 <= level < 1:
            raise PlanError(f"service level of class {name} must lie in 0.5 .. 1 (1 excluded), found {level}")
    if review_days < 1:
        raise PlanError(f"review_days must be at least 1, found {review_days}")


def _positions(
    found: Stock,
    lead_times: LeadTimes,
    terms: agreed.SkuTerms,
    service: np.ndarray,
    location_id: str,
    rng: np.random.Generator,
    holding_rate: float,
    *,
    is_least_cost: bool = False,
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """One row per sku, the need an order placed now could serve, as `paths.Outlook` has it, and the units for
    which there is room.
    """
    lead_days, review_days = agreed.on_calendar(
        terms, found, lead_times.whole_days(found.supplier_id, rng=rng)
    )
    mean_lead, p90_lead = agreed.leads(found, lead_times, lead_days, terms)
    days = int((lead_days + review_days[:, None]).max(initial=0))
    arrived = found.arrived(max(days, 1))
    net = found.available - found.backordered
    outlook = paths.simulate(
        found.quantiles,
        week_of_day=found.week_of_day(days),
        supply=paths.Supply(net=net, arrived=arrived),
        lead_days=lead_days,
        review_days=review_days,
        rng=rng,
        spread=found.spread(days),
    )
    if is_least_cost:
        keep = found.unit_cost * holding_rate * review_days / 365
        left = outlook.projected + _between(found, mean_lead, review_days)
        service = _worth_serving(found, outlook, service, left=left, keep=keep)
    reorder_point = _quantile(outlook.until_arrival, service)
    order_up_to = np.maximum(_quantile(outlook.until_next, service), reorder_point)
    in_time = found.arrived_by(mean_lead + review_days)
    position = net + in_time
    at_review = position - found.expected(review_days)
    if is_least_cost:
        wanted = np.floor(quantile_around(outlook.need, service) + 0.5)
        order_up_to = np.maximum(position + wanted, reorder_point)
    else:
        wanted = np.where(at_review <= reorder_point, order_up_to - position, 0.0)
    price = found.unit_cost
    until_end = found.sellable_before_end(outlook.projected, mean_lead)
    room = agreed.room(terms, found, position, lead=mean_lead, until_end=until_end)
    if terms.is_bound or np.isfinite(until_end).any():
        quantity, constraint, price = agreed.quantities(
            wanted, position, found=found, terms=terms, lead=mean_lead, review=review_days,
            holding_rate=holding_rate, until_end=until_end,
        )  # fmt: skip
    else:
        quantity, constraint = order_quantity(wanted, pack=found.pack_size, least=found.min_order_quantity)
    if is_least_cost:
        dear = _dearer_than_waiting(found, quantity, outlook.need, holding_rate * review_days / 365)
        quantity = np.where(dear & (np.array(constraint) == "min_order_quantity"), 0.0, quantity)
    shut = agreed.closed(terms, found)
    withheld = np.where(shut, quantity, 0.0)
    quantity, room = np.where(shut, 0.0, quantity), np.where(shut, 0.0, room)
    constraint = [CLOSED if units > 0 else name for units, name in zip(withheld, constraint, strict=True)]
    cover = _days_of_cover(found, net)
    at_risk = np.round(outlook.units_short, 3)
    columns = {
        "sku": list(found.skus), "location_id": [location_id] * len(net), "supplier_id": found.supplier_id,
        "demand_class": found.demand_class, "abc_class": found.abc_class, "available": found.available,
        "backordered": found.backordered, "incoming_in_time": in_time,
        "lead_time_days": np.round(mean_lead, 2),
        "lead_time_p90_days": np.round(p90_lead, 2), "review_days": review_days,
        "expected_demand": np.round(outlook.until_next.mean(axis=1, dtype=np.float64), 2),
        "demand_q50": _quantile(outlook.until_next, np.full(len(net), 0.5)),
        "demand_q90": _quantile(outlook.until_next, np.full(len(net), 0.9)),
        "service_level": service, "reorder_point": reorder_point, "order_up_to": order_up_to,
        "position": position, "position_at_review": np.round(at_review, 2),
        "stockout_probability": np.round(outlook.stockout_probability, 4), "units_at_risk": at_risk,
        "unit_margin": found.unit_margin, "margin_at_risk": np.round(at_risk * found.unit_margin, 2),
        "days_of_cover": cover,
        "order_by": agreed.last_order_days(terms, found, _order_by(found.today, cover, mean_lead)),
        "suggested_quantity": quantity, "binding_constraint": constraint, "pack_size": found.pack_size,
        "min_order_quantity": found.min_order_quantity, "unit_cost": price,
        "next_arrival": found.next_arrival(), "incoming_dated": found.dated_arrivals(),
        "waiting_risk": np.round(outlook.waiting_risk, 4),
        "cost_of_waiting": np.round(found.unit_margin * _served(outlook.need, quantity), 2),
        "ends_on": found.ends_on, "withheld_quantity": withheld,
    }  # fmt: skip
    columns |= {f"demand_q{level:02}": _quantile(outlook.until_next, np.full(len(net), level / 100))
                for level in (5, 25, 75, 95)}  # fmt: skip
    table = pl.DataFrame(columns, schema=POSITION, strict=False)
    return table.with_columns(pl.col("days_of_cover", "unit_cost").fill_nan(None)), outlook.need, room


def _as_alerts_say(
    positions: pl.DataFrame, chances: pl.DataFrame, recalibration: Recalibration
) -> pl.DataFrame:
    """Who waits runs out at least as likely as who orders now."""
    said = pl.coalesce("said", "stockout_probability")
    waiting = pl.Series(recalibration.apply(positions["waiting_risk"].to_numpy()), dtype=pl.Float64).round(4)
    named = chances.select("sku", said="stockout_probability")
    return (
        positions.with_columns(waiting_risk=waiting)
        .join(named, on="sku", how="left", maintain_order="left")
        .with_columns(stockout_probability=said, waiting_risk=pl.max_horizontal("waiting_risk", said))
        .drop("said")
    )


def _service(found: Stock, service_levels: Mapping[str, float]) -> np.ndarray:
    return np.array([service_levels.get(name, service_levels[LOWEST_CLASS]) for name in found.abc_class])


def _worth_serving(
    found: Stock, outlook: paths.Outlook, usual: np.ndarray, *, left: np.ndarray, keep: np.ndarray
) -> np.ndarray:
    """Per sku the chance of no shortage up to which a unit more saves more margin than it costs to keep until
    it is sold; `keep` is the cost until the next review. A sku whose cost or margin is unknown keeps its
    class's service level.
    """
    known = (keep > 0) & (found.unit_margin > 0)
    costs = Costs(holding=np.where(known, keep, 1.0), shortage=np.where(known, found.unit_margin, 1.0))
    share = worth_serving(outlook.need, left=left, sold=outlook.review_demand, costs=costs)
    return np.where(known, share, usual)


def _served(need: np.ndarray, quantity: np.ndarray) -> np.ndarray:
    """Mean units that the order would sell before the next review's arrives, and nothing else could."""
    return np.clip(need, 0.0, quantity[:, None].astype(need.dtype)).mean(axis=1, dtype=np.float64)


def _dearer_than_waiting(
    found: Stock, quantity: np.ndarray, need: np.ndarray, rate: np.ndarray
) -> np.ndarray:
    """Where keeping what is left of the order until the next review costs more than what it would sell until
    then earns; `rate` is money per money of stock and review.
    """
    served, holding = _served(need, quantity), found.unit_cost * rate
    known = (found.unit_cost > 0) & (found.unit_margin > 0)
    return known & (found.unit_margin * served < holding * (quantity - served))


def _between(found: Stock, lead: np.ndarray, review_days: np.ndarray) -> np.ndarray:
    """Units on order that come after an order placed now would, but before the next review's."""
    return found.arrived_by(lead + review_days) - found.arrived_by(lead)


def order_quantity(
    wanted: np.ndarray, *, pack: np.ndarray, least: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Units to order and what raised them: none, pack_size or min_order_quantity; 0 where nothing is wanted.

    Raised to the minimum order, then up to whole packs.
    """
    need = np.ceil(np.maximum(wanted, 0.0) - 1e-9)
    raised = np.where(need > 0, np.maximum(need, least), 0.0)
    quantity = np.abs(np.ceil(raised / pack - 1e-9) * pack)
    constraint = np.where(quantity > need, np.where(raised > need, "min_order_quantity", "pack_size"), "none")
    return quantity, constraint.tolist()


def _quantile(draws: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Per row the smallest of its rising draws that a share `level` of them does not exceed."""
    place = np.maximum(np.ceil(level * draws.shape[1] - 1e-9).astype(int) - 1, 0)
    return draws[np.arange(len(draws)), place].astype(float)


def _days_of_cover(found: Stock, net: np.ndarray) -> np.ndarray:
    """Largest n for which mean demand over n days stays within stock and what has arrived by then; NaN for no
    demand.

    Past the forecast its last weeks' pace goes on, to a year at most.
    """
    demand = found.cumulative_mean(LONGEST_COVER_DAYS)
    arrived = found.arrived(LONGEST_COVER_DAYS)
    enough = demand <= net[:, None] + arrived + 1e-9
    first_short = np.where(enough.all(axis=1), LONGEST_COVER_DAYS, enough.argmin(axis=1)).astype(float)
    return np.where(demand[:, -1] > 0, first_short, np.nan)


def _order_by(today: date, cover: np.ndarray, lead: np.ndarray) -> list[date | None]:
    slack = np.floor(cover - lead)
    return [None if np.isnan(days) else today + timedelta(days=int(max(days, 0))) for days in slack.tolist()]


def _proposals(positions: pl.DataFrame, today: date, *, is_least_cost: bool) -> pl.DataFrame:
    buying = positions.filter(pl.col("suggested_quantity") > 0)
    return (
        buying.with_columns(
            pl.col("order_by").fill_null(today),
            proposal_id=pl.col("sku") + f"@{today}",
            quantity=pl.col("suggested_quantity"),
            cost=pl.col("suggested_quantity") * pl.col("unit_cost"),
            explanation=pl.Series(explain.proposals(buying, is_least_cost=is_least_cost), dtype=pl.String),
        )
        .select(pl.col(name).cast(kind) for name, kind in PROPOSAL.items())
        .sort("sku")
    )
