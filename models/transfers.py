"""Units to move between locations before buying: what one channel will lack lies where it may not sell from.

Each channel's part of the demand until a purchase could arrive is served from the locations of its network,
channels with the fewest first. What stays unserved is moved from the location with most left over to the
first of the network. Stock that every channel reaches needs no transfer: orders are routed to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

LEAST_UNITS = 1.0
COLUMNS = {
    "sku": pl.String, "from_location_id": pl.String, "to_location_id": pl.String, "quantity": pl.Float64,
    "channels": pl.String, "missing_units": pl.Float64, "left_at_origin": pl.Float64,
    "saved_margin": pl.Float64, "explanation": pl.String,
}  # fmt: skip


def propose(
    *,
    positions: pl.DataFrame,
    forecast_weekly: pl.DataFrame,
    inventory: pl.DataFrame,
    channel_units: pl.DataFrame,
    networks: Mapping[str, Sequence[str]],
    today: date,
) -> pl.DataFrame:
    """The columns of marts.transfer_proposal, most margin first.

    `positions`: sku, lead_time_days, unit_margin. `channel_units`: sku, channel_id, units sold lately: each
    channel's part of the demand; of a sku that sold nothing, all channels the same. `networks`: channel to
    the locations it may sell from, nearest first.
    """
    skus = positions["sku"].to_list()
    places = sorted({place for network in networks.values() for place in network})
    if not skus or len(places) < 2:
        return pl.DataFrame(schema=COLUMNS)
    stock = _matrix(inventory, skus, places, by="location_id", value="available")
    wanted = _demand(positions, forecast_weekly, today)[:, None] * _parts(channel_units, skus, list(networks))
    missing, left = _served(
        np.floor(stock), wanted, [_columns(network, places) for network in networks.values()]
    )
    rows = _moves(missing, left, networks, places)
    margin = positions["unit_margin"].fill_nan(0.0).fill_null(0.0).to_numpy()
    table = pl.DataFrame(
        [
            {
                "sku": skus[row], "from_location_id": origin, "to_location_id": to, "quantity": units,
                "channels": channel, "missing_units": round(lacks, 2), "left_at_origin": rest,
                "saved_margin": round(units * margin[row], 2),
            }
            for row, origin, to, units, channel, lacks, rest in rows
        ],
        schema={name: kind for name, kind in COLUMNS.items() if name != "explanation"},
    )  # fmt: skip
    told = [_told(row) for row in table.iter_rows(named=True)]
    return table.with_columns(explanation=pl.Series(told, dtype=pl.String)).sort(
        "saved_margin", "sku", descending=[True, False]
    )


def _columns(network: Sequence[str], places: list[str]) -> list[int]:
    return [places.index(place) for place in network]


def _matrix(frame: pl.DataFrame, skus: list[str], names: list[str], *, by: str, value: str) -> np.ndarray:
    """(skus, names) sums of what is above 0."""
    row, column = ({name: at for at, name in enumerate(of)} for of in (skus, names))
    found = np.zeros((len(skus), len(names)))
    for sku, name, amount in frame.select("sku", by, pl.col(value).cast(pl.Float64)).iter_rows():
        if sku in row and name in column and amount and amount > 0:
            found[row[sku], column[name]] += amount
    return found


def _demand(positions: pl.DataFrame, forecast_weekly: pl.DataFrame, today: date) -> np.ndarray:
    """(skus,) mean demand until an order placed now could be there; past the forecast its mean pace."""
    days = positions["lead_time_days"].to_numpy()
    ahead = forecast_weekly.with_columns(day=(pl.col("week_start") - today).dt.total_days())
    ahead = ahead.filter(pl.col("day") > -7).join(positions.select("sku", "lead_time_days"), on="sku")
    first = pl.col("day").clip(lower_bound=0)
    inside = (pl.min_horizontal(pl.col("day") + 7, pl.col("lead_time_days")) - first).clip(lower_bound=0)
    found = ahead.group_by("sku").agg(
        units=(pl.col("mean") / 7 * inside).sum(), covered=inside.sum(), pace=pl.col("mean").mean() / 7
    )
    joined = positions.select("sku").join(found, on="sku", how="left", maintain_order="left").fill_null(0.0)
    rest = np.maximum(days - joined["covered"].to_numpy(), 0.0)
    return joined["units"].to_numpy() + rest * joined["pace"].to_numpy()


def _parts(channel_units: pl.DataFrame, skus: list[str], channels: list[str]) -> np.ndarray:
    """(skus, channels) shares of the demand."""
    units = _matrix(channel_units, skus, channels, by="channel_id", value="units")
    total = units.sum(axis=1, keepdims=True)
    return np.where(total > 0, units / np.maximum(total, 1e-12), 1.0 / len(channels))


def _served(
    stock: np.ndarray, wanted: np.ndarray, networks: list[list[int]]
) -> tuple[np.ndarray, np.ndarray]:
    """(skus, channels) units unserved and (skus, places) units left.

    Channels with the fewest locations first, each from those that fewest others reach: exact where one
    network holds the other.
    """
    missing, left = wanted.copy(), stock.copy()
    reach = np.array([sum(place in network for network in networks) for place in range(stock.shape[1])])
    for channel in sorted(range(len(networks)), key=lambda one: len(networks[one])):
        for place in sorted(networks[channel], key=lambda one: reach[one]):
            taken = np.minimum(missing[:, channel], left[:, place])
            missing[:, channel] -= taken
            left[:, place] -= taken
    return missing, left


def _moves(
    missing: np.ndarray, left: np.ndarray, networks: Mapping[str, Sequence[str]], places: list[str]
) -> list[tuple]:
    """Whole units by (row, origin, destination), each with the channel it is for."""
    left, rows = left.copy(), []
    for channel, (name, network) in enumerate(networks.items()):
        outside = [at for at, place in enumerate(places) if place not in network]
        for row in np.flatnonzero(missing[:, channel] >= LEAST_UNITS) if outside else ():
            lacks = float(missing[row, channel])
            for at in sorted(outside, key=lambda one: -left[row, one]):
                units = float(np.floor(min(missing[row, channel], left[row, at])))
                if units < LEAST_UNITS:
                    continue
                left[row, at] -= units
                missing[row, channel] -= units
                rows.append((row, places[at], network[0], units, name, lacks, float(left[row, at])))
    return rows


def _told(row: Mapping) -> str:
    return (
        f"Move {row['quantity']:,.0f} from {row['from_location_id']} to {row['to_location_id']}: "
        f"{row['channels']} will lack about {row['missing_units']:,.0f} before a purchase could "
        f"arrive and may not sell from {row['from_location_id']}, where {row['left_at_origin']:,.0f} more "
        "are left over."
    )
