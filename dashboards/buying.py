"""What to buy under a budget, what was decided on it, and how a planner's choice becomes commands.

Pure: frames and rows in, frames, words and commands out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from models import dealing, placing
from models.replenishment import offers
from oms_ops.commands.proposals import DECLINED, Proposal
from warehouse import queries
from warehouse.purchase_terms import PurchaseTerms

UNLIMITED = float("inf")
OPEN = "open"
OF_ROW = (
    "proposal_id", "location_id", "supplier_name", "title", "abc_class", "explanation", "cost", "quantity",
)  # fmt: skip


@dataclass(frozen=True)
class Forgone:
    """The best step left out: of which sku, and what it would cost and earn."""

    sku: str
    units: float
    cost: float
    gain: float

    @property
    def per_money(self) -> float:
        return self.gain / self.cost


@dataclass(frozen=True)
class Basket:
    """`rows`: sku, location_id, quantity, cost, expected_gain and return_on_money of what is bought."""

    rows: pl.DataFrame
    forgone: Forgone | None
    all_cost: float
    all_gain: float


def basket(
    con: duckdb.DuckDBPyConnection,
    *,
    budget: float,
    supplier_id: str | None = None,
    minimums: tuple[tuple[str, float], ...] = (),
) -> Basket:
    """What earns most within `budget`, beside all that would pay. `minimums`: least money of an order, by
    supplier.
    """
    table, least = queries.purchase_steps(con, supplier_id=supplier_id), dict(minimums)
    rows, found, skus = offers.within(table, budget=budget, minimums=least)
    everything = offers.within(table, budget=UNLIMITED, minimums=least)[1] if budget < UNLIMITED else found
    left = found.forgone
    forgone = left and Forgone(", ".join(skus[item] for item in left.items), left.units, left.cost, left.gain)
    return Basket(rows, forgone, everything.spent, everything.expected_gain)


def minimums(terms: Iterable[PurchaseTerms]) -> tuple[tuple[str, float], ...]:
    """By supplier the least money of an order, where one was agreed."""
    found = {one.supplier_id: one.min_order_value for one in terms if one.min_order_value}
    return tuple(sorted(found.items()))


def curve(con: duckdb.DuckDBPyConnection, *, supplier_id: str | None = None) -> pl.DataFrame:
    """Columns spent, earned: what the best basket of every size is expected to earn."""
    return offers.curve(queries.purchase_steps(con, supplier_id=supplier_id))


def under_budget(
    proposals: pl.DataFrame,
    found: Basket,
    products: pl.DataFrame,
    positions: pl.DataFrame,
    suppliers: Mapping[str, str],
) -> pl.DataFrame:
    """The basket's rows, dealt out to the locations that receive them, with all that the release says of
    them.

    `products`: sku, title, abc_class; `positions`: of `queries.stock_positions`. A sku that its service level
    does not ask for yet has no reorder point.
    """
    pooled = found.rows.rename({"location_id": "stock_pool", "quantity": "pool_quantity"})
    rows = _dealt(pooled, positions)
    kept = [name for name in proposals.columns if name not in (*OF_ROW, *rows.columns, "sku", "stock_pool")]
    told = proposals.unique(["sku", "stock_pool"], keep="first", maintain_order=True)
    told = told.with_columns(asked=pl.col("pool_quantity").cast(pl.Float64))
    own = proposals.select("sku", "location_id", "explanation")
    joined = rows.join(told.select("sku", "stock_pool", "asked", *kept), on=["sku", "stock_pool"], how="left")
    joined = joined.join(own, on=["sku", "location_id"], how="left", maintain_order="left")
    named = joined.join(products, on="sku", how="left", maintain_order="left")
    named = named.sort("expected_gain", "sku", "location_id", descending=[True, False, False])
    return _as_bought(named).with_columns(
        title=pl.col("title").fill_null(pl.col("sku")),
        supplier_name=pl.col("supplier_id").replace_strict(suppliers, default=pl.col("supplier_id")),
    )


def _as_bought(rows: pl.DataFrame) -> pl.DataFrame:
    """What bound and explains each row now that the money buys so many; `asked`: what the service level asks
    for, which the proposal's own sentence and cost of waiting speak of.
    """
    units, bought, asked = pl.col("pool_quantity").cast(pl.Float64), pl.col("pool_quantity"), pl.col("asked")
    is_other = (units != asked).fill_null(value=False)
    share = pl.format(
        "The money buys {} of the {} units that its service level asks for. ", *_whole(bought, asked)
    )
    more = pl.format(
        "Beyond the {} units that its service level asks for more is expected to pay: {}. ",
        *_whole(asked, bought),
    )
    lead = pl.when(is_other).then(pl.when(units < asked).then(share).otherwise(more)).otherwise(pl.lit(""))
    why = (
        pl.when(asked.is_null())
        .then(
            pl.lit(
                "Its service level does not ask for it yet; for the money it is expected to earn more than "
                "what is left out."
            )
        )
        .otherwise(pl.concat_str(lead, pl.col("explanation").fill_null("")))
    )
    bound = pl.when(is_other).then(pl.when(units < asked).then(pl.lit("budget")).otherwise(pl.lit("none")))
    return rows.with_columns(
        explanation=why.str.strip_chars(),
        binding_constraint=bound.otherwise("binding_constraint").fill_null("none"),
        cost_of_waiting=pl.when(~is_other).then("cost_of_waiting"),
    ).drop("asked")


def _whole(*units: pl.Expr) -> list[pl.Expr]:
    return [each.cast(pl.Float64).round(0).cast(pl.Int64) for each in units]


def _dealt(pooled: pl.DataFrame, positions: pl.DataFrame) -> pl.DataFrame:
    """One row for every location that receives a part, money and gain in proportion."""
    wanted = pooled.rename({"pool_quantity": "quantity"})
    parts = dealing.deal(placing.orders_of(wanted, positions), positions)
    here = positions.select(
        "sku", "location_id", location_available="available", location_incoming="incoming_in_time",
        location_demand="expected_demand", proposal_id="proposal_id",
    )  # fmt: skip
    joined = pooled.join(parts, on=["sku", "stock_pool"], how="left")
    return (
        joined.join(here, on=["sku", "location_id"], how="left")
        .with_columns(pl.col("cost", "expected_gain") * pl.col("part"))
        .drop("part")
    )


def with_gain(proposals: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Adds expected_gain and return_on_money of the proposed quantity, between the steps of its pool on
    either side of it, in proportion to its part; null where a sku has no step that pays.
    """
    gains = []
    by_sku = {key[:2]: frame for key, frame in steps.group_by("sku", "location_id", maintain_order=True)}
    asked = proposals.select("sku", "stock_pool", "quantity", "pool_quantity")
    for sku, pool, quantity, whole in asked.iter_rows():
        own = by_sku.get((sku, pool))
        if own is None:
            gains.append(None)
            continue
        units = np.concatenate([[0.0], own["quantity"].to_numpy()])
        gain = np.concatenate([[0.0], own["expected_gain"].to_numpy()])
        gains.append(float(np.interp(whole, units, gain)) * quantity / whole)
    return proposals.with_columns(expected_gain=pl.Series(gains, dtype=pl.Float64)).with_columns(
        return_on_money=pl.when(pl.col("cost") > 0).then(pl.col("expected_gain") / pl.col("cost"))
    )


def with_decisions(rows: pl.DataFrame, decided: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Adds `decision` ('open' where there is none) and `decided`: the purchase order or transfer, or the
    reason.
    """
    known = {str(row["proposal_id"]): row for row in decided}
    found = [known.get(name) for name in rows["proposal_id"]]
    return rows.with_columns(
        decision=pl.Series([row["decision"] if row else OPEN for row in found], dtype=pl.String),
        decided=pl.Series([_outcome(row) if row else None for row in found], dtype=pl.String),
    )


def _outcome(row: Mapping[str, object]) -> str:
    if row["decision"] == DECLINED:
        return f"{row['reason']} ({row['author']})"
    units = f"{row['units']:,.0f} units on {row['purchase_order_id'] or row['transfer_id']}"
    return f"{units} ({row['author']}{': ' + str(row['reason']) if row['reason'] else ''})"


def commands(
    rows: Sequence[Mapping[str, object]], *, units: float | None = None, reason: str | None = None
) -> list[Proposal]:
    """One for each row; `units` instead of what was proposed, for one row alone."""
    return [
        Proposal(
            proposal_id=str(row["proposal_id"]),
            sku=str(row["sku"]),
            supplier_id=str(row["supplier_id"] or ""),
            location_id=str(row["location_id"]),
            proposed_units=round(float(row["quantity"])),
            units=round(float(row["quantity"] if units is None else units)),
            lead_time_days=float(row["lead_time_days"]),
            reason=reason.strip() or None if reason else None,
        )
        for row in rows
    ]
