"""Purchase steps as a table, for the release and for whoever chooses within a budget: tables to menus and
back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from models.replenishment.basket import Basket, choose
from models.replenishment.steps import Goods, Menu, hull, menu
from models.stock import Stock

YEAR = 365
UNITS, MONEY = pl.Decimal(18, 3), pl.Decimal(18, 4)
STEP = {
    "sku": pl.String, "location_id": pl.String, "step_no": pl.Int32, "supplier_id": pl.String,
    "quantity": UNITS, "cost": MONEY, "expected_gain": MONEY, "lead_time_days": pl.Float64,
}  # fmt: skip
CHOSEN = {
    "sku": pl.String, "location_id": pl.String, "supplier_id": pl.String, "quantity": pl.Float64,
    "cost": pl.Float64, "expected_gain": pl.Float64, "return_on_money": pl.Float64,
    "lead_time_days": pl.Float64,
}  # fmt: skip


def steps(
    found: Stock, need: np.ndarray, *, location_id: str, lead_time_days: np.ndarray,
    review_days: np.ndarray, holding_rate: float, most: np.ndarray,
    breaks: Mapping[int, Sequence[tuple[float, float]]],
) -> pl.DataFrame:  # fmt: skip
    """The options of every sku that can be bought at a profit, up to the one that is expected to earn
    most.

    `need` (skus, draws), rising, is what an order placed now could still sell until the next review's
    arrives. `most`: (skus,) units there is room for; `breaks`: by row, prices of all units from a quantity
    on.
    """
    sells = (found.unit_cost > 0) & (found.unit_margin > 0)
    sells &= np.array([supplier is not None for supplier in found.supplier_id], dtype=bool)
    rows = np.flatnonzero(sells & (need[:, -1] > 0))
    cost = found.unit_cost[rows]
    offered = menu(
        Goods(
            unit_cost=cost,
            unit_margin=found.unit_margin[rows],
            holding=cost * holding_rate * review_days[rows] / YEAR,
            pack=found.pack_size[rows],
            least=found.min_order_quantity[rows],
            most=most[rows],
            supplier=np.zeros(len(rows), dtype=int),
            breaks={place: breaks[row] for place, row in enumerate(rows.tolist()) if row in breaks} or None,
        ),
        need[rows],
    )
    best = np.argmax(offered.gain, axis=1)
    item, option = np.nonzero(
        (np.arange(offered.gain.shape[1])[None, :] <= best[:, None]) & (offered.cost > 0)
    )
    sku = rows[item]
    return pl.DataFrame(
        {
            "sku": [found.skus[row] for row in sku],
            "location_id": [location_id] * len(sku),
            "step_no": option,
            "supplier_id": [found.supplier_id[row] for row in sku],
            "quantity": offered.quantity[item, option],
            "cost": np.round(offered.cost[item, option], 4),
            "expected_gain": np.round(offered.gain[item, option], 4),
            "lead_time_days": np.round(lead_time_days[sku], 2),
        },
        schema=STEP,
        strict=False,
    )


def within(
    table: pl.DataFrame, *, budget: float, minimums: dict[str, float] | None = None
) -> tuple[pl.DataFrame, Basket, list[str]]:
    """What of the steps to buy within a budget (inf: no bound), largest gain first; the basket and the
    sku of each of its items.

    `minimums`: least money of an order, by supplier.
    """
    ordered = table.sort("sku", "location_id", "step_no")
    items = ordered.unique(["sku", "location_id"], keep="first", maintain_order=True)
    offered, suppliers = _menu(ordered, items)
    least = np.array([(minimums or {}).get(name, 0.0) for name in suppliers])
    basket = choose(offered, budget=budget, minimums=least)
    bought = items.select("sku", "location_id", "supplier_id", "lead_time_days").with_columns(
        quantity=basket.quantity, cost=basket.cost, expected_gain=basket.gain
    )
    chosen = bought.filter(pl.col("quantity") > 0).with_columns(
        return_on_money=pl.col("expected_gain") / pl.col("cost")
    )
    chosen = chosen.select(pl.col(name).cast(kind) for name, kind in CHOSEN.items())
    return chosen.sort("expected_gain", "sku", descending=[True, False]), basket, items["sku"].to_list()


def curve(table: pl.DataFrame) -> pl.DataFrame:
    """Columns spent and earned, both rising from 0: single steps by falling return on their money.

    Exact but for the step at a budget's edge and for minimums of suppliers.
    """
    ordered = table.sort("sku", "location_id", "step_no")
    offered, _suppliers = _menu(ordered, ordered.unique(["sku", "location_id"], maintain_order=True))
    on_hull, slope = hull(offered)
    item, option = np.nonzero(on_hull & (slope > 0))
    before = np.maximum.accumulate(np.where(on_hull, np.arange(on_hull.shape[1])[None, :], 0), axis=1)
    money = offered.cost[item, option] - offered.cost[item, before[item, option - 1]]
    order = np.argsort(-slope[item, option], kind="stable")
    spent = np.concatenate([[0.0], np.cumsum(money[order])])
    earned = np.concatenate([[0.0], np.cumsum((money * slope[item, option])[order])])
    return pl.DataFrame({"spent": spent, "earned": earned})


def _menu(ordered: pl.DataFrame, items: pl.DataFrame) -> tuple[Menu, list[str]]:
    suppliers = sorted(set(items["supplier_id"]))
    place = items.select("sku", "location_id").with_row_index("row")
    rows = ordered.join(place, on=["sku", "location_id"], how="left", maintain_order="left")["row"].to_numpy()
    rank = ordered.select(pl.int_range(1, pl.len() + 1).over("sku", "location_id")).to_series().to_numpy()
    shape = (items.height, int(rank.max() if len(rank) else 0) + 1)
    quantity, cost, gain = np.zeros(shape), np.full(shape, np.inf), np.full(shape, -np.inf)
    cost[:, 0] = gain[:, 0] = 0.0
    for name, target in (("quantity", quantity), ("cost", cost), ("expected_gain", gain)):
        target[rows, rank] = ordered[name].cast(pl.Float64).to_numpy()
    number = {name: at for at, name in enumerate(suppliers)}
    return Menu(
        quantity, cost, gain, np.array([number[name] for name in items["supplier_id"]], dtype=int)
    ), suppliers
