"""Units to move between stock pools before buying: what one would buy and another has to spare.

Within a pool see `transfers`. Positions in, the columns of marts.transfer_proposal out.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor

import polars as pl

from models.transfers import COLUMNS, LEAST_UNITS


def between(positions: pl.DataFrame, channels: Mapping[str, str]) -> pl.DataFrame:
    """To spare is what is free and beyond the level that the pool would itself be filled up to. Named by
    pools, not told yet: see `from_locations`.

    `positions`: `replenish.POSITION` of all pools, each named by its location_id. `channels`: by pool, in
    words. Who lacks most margin is served first, from who has most to spare.
    """
    idle = _to_spare(positions)
    wants = pl.col("suggested_quantity") + pl.col("withheld_quantity") > 0
    wanting = positions.filter(wants & pl.col("sku").is_in(list(idle)))
    wanting = wanting.sort("sku", "margin_at_risk", "location_id", descending=[False, True, False])
    found = []
    for row in wanting.iter_rows(named=True):
        lacks = rest = float(ceil(row["order_up_to"] - row["position"] - 1e-9))
        spare = idle[row["sku"]]
        for origin in sorted(spare, key=lambda name, spare=spare: (-spare[name], name)):
            units = min(rest, spare[origin])
            if units < LEAST_UNITS or origin == row["location_id"]:
                continue
            spare[origin] -= units
            rest -= units
            found.append(
                {
                    "sku": row["sku"], "from_location_id": origin, "to_location_id": row["location_id"],
                    "quantity": units, "channels": channels[row["location_id"]], "missing_units": lacks,
                    "left_at_origin": spare[origin],
                    "saved_margin": round(min(units, row["units_at_risk"]) * row["unit_margin"], 2),
                }
            )  # fmt: skip
    kinds = {name: kind for name, kind in COLUMNS.items() if name != "explanation"}
    table = pl.DataFrame(found, schema=kinds)
    return table.with_columns(explanation=pl.lit("")).select(list(COLUMNS))


def together(before: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """Moves of two rounds, the same two pools' as one."""
    return (
        pl.concat([before, more])
        .group_by("sku", "from_location_id", "to_location_id", "channels", maintain_order=True)
        .agg(
            pl.col("quantity", "missing_units", "saved_margin").sum(),
            pl.col("left_at_origin", "explanation").last(),
        )
        .select(list(COLUMNS))
    )


def from_locations(moves: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The moves with the location each leaves from: of a pool of several, those that have most first.

    `places`: sku, stock_pool, location_id, available.
    """
    held = places.filter(
        (pl.col("available") >= LEAST_UNITS) & pl.col("sku").is_in(moves["sku"].unique().to_list())
    ).sort("sku", "available", "location_id", descending=[False, True, False])
    stock: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for sku, pool, place, units in held.select("sku", "stock_pool", "location_id", "available").iter_rows():
        stock.setdefault((sku, pool), []).append((place, units))
    found = []
    for move in moves.iter_rows(named=True):
        rest = move["quantity"]
        for place, available in stock.get((move["sku"], move["from_location_id"]), ()):
            units = min(rest, float(floor(available)))
            if units < LEAST_UNITS:
                break
            rest -= units
            part = {"from_location_id": place, "quantity": units}
            part["saved_margin"] = round(move["saved_margin"] * units / move["quantity"], 2)
            found.append(move | part | {"explanation": _told(move | part)})
    return pl.DataFrame(found, schema=COLUMNS)


def _to_spare(positions: pl.DataFrame) -> dict[str, dict[str, float]]:
    """By sku and pool, whole units."""
    free = pl.col("available") - pl.col("backordered")
    beyond = pl.col("position") - pl.col("order_up_to")
    table = positions.select("sku", "location_id", spare=pl.min_horizontal(free, beyond).floor())
    found: dict[str, dict[str, float]] = {}
    for sku, pool, spare in table.filter(pl.col("spare") >= LEAST_UNITS).iter_rows():
        found.setdefault(sku, {})[pool] = spare
    return found


def _told(row: Mapping) -> str:
    origin, to = row["from_location_id"], row["to_location_id"]
    return (
        f"Move {row['quantity']:,.0f} from {origin} to {to} instead of buying them: {to} lacks "
        f"{row['missing_units']:,.0f} to last until the order after next, and where it comes from "
        f"{row['left_at_origin']:,.0f} more than needed are left."
    )
