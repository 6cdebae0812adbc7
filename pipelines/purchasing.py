"""The main job's purchase stage: what to buy, move and stop buying, from forecast and stock as of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms_ops.service import StockService
from oms_ops.store import open_book
from pipelines import levels, service_curve, state, stock_pools, terms
from pipelines.run import Outcome, Run
from warehouse import contracts, marts
from warehouse.connection import reader, writer

if TYPE_CHECKING:
    import duckdb
    import polars as pl


PROPOSED = (
    "marts.forecast_split",
    "marts.level_history",
    "marts.forecast_level",
    "marts.level_accuracy",
    "marts.proposal",
    "marts.purchase_step",
    "marts.excess_stock",
    "marts.transfer_proposal",
    "marts.stock_position",
    "marts.policy_curve",
)
LEAD_TIMES = """
SELECT po.supplier_id, r.sku, po.location_id, po.ordered_at, po.expected_at, r.received_at, r.quantity
FROM core.receipt AS r
JOIN core.purchase_order_line AS po USING (purchase_order_line_id)
ORDER BY r.receipt_id
"""
LAST_SOLD = """
SELECT sku, max(business_date) AS last_sold FROM marts.demand_daily WHERE units > 0 GROUP BY sku ORDER BY sku
"""


def propose(run: Run) -> Outcome:
    """What to buy now: demand over lead time and review against stock and what arrives in time; once a
    week also what more stock would buy.
    """
    from models import excess, placing, splits

    with reader(run.settings) as con:
        tables = stock_inputs(con)
        last_sold = con.execute(LAST_SOLD).pl()
        parts = levels.parts(con, until=run.as_of.date())
        weeks = levels.history(con, tables["product"])
        said = levels.past(con, con.execute(levels.BACKTEST).pl(), tables["product"], weeks)
        curve_inputs = service_curve.inputs_if_due(con, run)
    result = placing.propose(
        with_transfers(run, tables),
        stock_pools.network(run, tables, parts),
        channel_units=parts.filter(parts["dimension"] == "channel").rename({"member": "channel_id"}),
        as_of=run.as_of,
        review_days=run.settings.replenishment.review_days,
        service_levels={
            "A": run.settings.replenishment.service_level_a,
            "B": run.settings.replenishment.service_level_b,
            "C": run.settings.replenishment.service_level_c,
        },
        policy=run.settings.replenishment.policy,
        holding_rate=run.settings.replenishment.holding_rate,
        terms=terms.agreed(run.settings),
        transfer_days=run.settings.replenishment.transfer_days,
        whole_orders_of=frozenset(
            one.supplier_id for one in run.settings.purchase_terms if one.min_order_value
        ),
        seed=run.settings.forecast.seed,
    )
    slow = excess.find(
        **{name: tables[name] for name in ("forecast_weekly", "product", "inventory", "incoming_supply")},
        last_sold=last_sold,
        as_of=run.as_of,
        holding_rate=run.settings.replenishment.holding_rate,
    )
    split = splits.split(tables["forecast_weekly"], parts, tables["product"])
    summed = levels.forecast(tables["forecast_weekly"], split, tables["product"], weeks=weeks, said=said)
    curve = None if curve_inputs is None else service_curve.of(run, curve_inputs)
    made = {
        "forecast_split": split,
        **summed,
        "proposal": result.proposals,
        "purchase_step": result.steps,
        "excess_stock": slow,
        "transfer_proposal": result.moves,
        "stock_position": result.places,
    }
    with writer(run.settings) as con:
        con.begin()
        for name, table in made.items():
            marts.replace(con, name, table)
        state.keep(con, "meta.position", result.positions)
        if curve is not None:
            service_curve.keep(con, run, curve)
        con.commit()
        checks = tuple(check for name in PROPOSED for check in contracts.check(con, name))
        rows = {name: con.table(name).count("*").fetchone()[0] for name in PROPOSED}
    return Outcome(
        rows_in=len(result.positions), rows_out=rows["marts.proposal"], checks=checks, tables=rows,
        note=f"{result.proposals['sku'].n_unique():,} of {result.positions['sku'].n_unique():,} skus to buy",
        changed=False,
    )  # fmt: skip


def with_transfers(run: Run, tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Stock and supply once the transfers under way are where they go."""
    import polars as pl

    from models import under_way

    with open_book(run.settings.order_book_url) as book:
        standing = StockService(book, run.settings).standing_transfers()
    rows = [
        (transfer["transfer_id"], line["sku"], transfer["origin_id"], transfer["destination_id"],
         line["quantity"] if transfer["shipped_at"] is None else 0, line["in_transit"],
         transfer["expected_at"])
        for transfer in standing
        for line in transfer["lines"]
    ]  # fmt: skip
    return under_way.counted(
        tables,
        pl.DataFrame(rows, schema=under_way.LINE, orient="row"),
        as_of=run.as_of,
        transfer_days=run.settings.replenishment.transfer_days,
    )


def stock_inputs(con: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    return {
        "forecast_weekly": con.execute("SELECT * FROM marts.forecast_weekly ORDER BY sku, week_start").pl(),
        "product": con.execute("SELECT * FROM marts.product ORDER BY sku").pl(),
        "inventory": con.execute("SELECT * FROM marts.inventory ORDER BY sku, location_id").pl(),
        "incoming_supply": con.execute("SELECT * FROM core.incoming_supply ORDER BY ALL").pl(),
        "receipts": con.execute(LEAD_TIMES).pl(),
        "suppliers": con.execute("SELECT * FROM core.supplier ORDER BY supplier_id").pl(),
        "backordered": con.execute(
            "SELECT sku, max(unrouted_units) AS backordered FROM core.ats GROUP BY sku ORDER BY sku"
        ).pl(),
    }
