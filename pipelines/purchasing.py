"""The main job's purchase stage: what to buy, move and stop buying, from forecast and stock as of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms_ops.service import StockService
from oms_ops.store import OrderBook, open_book
from pipelines import alert_scoring, levels, service_curve, state, stock_pools, terms
from pipelines.run import Outcome, Run
from warehouse import contracts, marts
from warehouse.connection import reader, writer
from warehouse.transaction import transaction

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from models.placing import Placed

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
    from models import alerts, excess, placing, proposal_ids, splits

    with reader(run.settings) as con:
        tables = stock_inputs(con)
        last_sold = con.execute(LAST_SOLD).pl()
        decided = state.kept(con, "meta.decided_proposal", proposal_ids.DECIDED)
        learnt = alert_scoring.known(con, run.settings, as_of=run.as_of)
        parts = levels.parts(con, until=run.local.date())
        weeks = levels.history(con, tables["product"])
        said = levels.past(con, con.execute(levels.BACKTEST).pl(), tables["product"], weeks)
        curve_inputs = service_curve.inputs_if_due(con, run)
    planned = with_transfers(run, tables)
    risks = _risks(run, planned)
    result = placing.propose(
        planned,
        stock_pools.network(run, tables, parts),
        channel_units=parts.filter(parts["dimension"] == "channel").rename({"member": "channel_id"}),
        as_of=run.local,
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
        chances=alerts.chances(risks, recalibration=learnt),
        recalibration=learnt,
        seed=run.settings.forecast.seed,
    )
    named = proposal_ids.told_apart(result.places.with_columns(quantity="suggested_quantity"), decided).drop(
        "quantity"
    )
    ids = named.select("sku", "location_id", "proposal_id")
    proposals = result.proposals.drop("proposal_id").join(
        ids, on=["sku", "location_id"], how="left", maintain_order="left"
    )
    moves = proposal_ids.told_apart(result.moves, decided)
    slow = excess.find(
        **{name: tables[name] for name in ("forecast_weekly", "product", "inventory", "incoming_supply")},
        last_sold=last_sold,
        as_of=run.local,
        holding_rate=run.settings.replenishment.holding_rate,
    )
    split = splits.split(tables["forecast_weekly"], parts, tables["product"])
    summed = levels.forecast(tables["forecast_weekly"], split, tables["product"], weeks=weeks, said=said)
    curve = None if curve_inputs is None else service_curve.of(run, curve_inputs)
    made = {
        "forecast_split": split,
        **summed,
        "proposal": proposals,
        "purchase_step": result.steps,
        "excess_stock": slow,
        "transfer_proposal": moves,
        "stock_position": named,
    }
    with writer(run.settings) as con:
        with transaction(con):
            for name, table in made.items():
                marts.replace(con, name, table)
            state.keep(con, "meta.position", result.positions)
            state.keep(con, "meta.risk", risks)
            if curve is not None:
                service_curve.keep(con, run, curve)
        checks = tuple(check for name in PROPOSED for check in contracts.check(con, name))
        rows = {name: con.table(name).count("*").fetchone()[0] for name in PROPOSED}
    return Outcome(
        rows_in=len(result.positions), rows_out=rows["marts.proposal"], checks=checks, tables=rows,
        note=_note(result),
        changed=False,
    )  # fmt: skip


def _risks(run: Run, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The columns of `risk.RISK` and the location_id of the stock pool."""
    import polars as pl

    from models import risk

    return pl.concat(
        risk.assess(**own, as_of=run.local, seed=run.settings.forecast.seed + number).with_columns(
            location_id=pl.lit(pool)
        )
        for number, (pool, own) in enumerate(stock_pools.each(run, tables))
    )


def keep_decided(con: duckdb.DuckDBPyConnection, book: OrderBook, run: Run) -> None:
    """The day's decided proposals, as of before the book's supply is read: what was decided later is not in
    the numbers yet, and its proposal keeps its name and shows as decided.
    """
    import polars as pl

    from models.proposal_ids import DECIDED

    rows = StockService(book, run.settings).decided_of_day(run.local.date())
    state.keep(con, "meta.decided_proposal", pl.DataFrame(rows, schema=DECIDED, orient="row"))


def _note(result: Placed) -> str:
    found = f"{result.proposals['sku'].n_unique():,} of {result.positions['sku'].n_unique():,} skus to buy"
    withheld = result.positions.filter(result.positions["withheld_quantity"] > 0)
    if withheld.is_empty():
        return found
    names = ", ".join(withheld["supplier_id"].unique().sort())
    return f"{found}; {withheld['sku'].n_unique():,} not to be had: {names} take no orders within a year"


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
