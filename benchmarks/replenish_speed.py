"""Times purchase proposals for many (sku, location) pairs on synthetic weekly forecasts.

    python -m benchmarks.replenish_speed [--pairs 100000] [--locations 4] [--json]

Every sku is sold by as many channels as there are locations, each from a location of its own: every pair is
a stock pool. A sku has 13 weeks of quantiles, a pack and a minimum of its own, and at each location stock
and one open purchase order; a hundred suppliers have past receipts. Timed is `models.placing.propose`,
as the main job calls it: parts of the demand, transfers, what to buy, for where, and why.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from models.quantiles import NORMAL, QUANTILE_NAMES

NOW = datetime(2024, 1, 1, tzinfo=UTC)
WEEKS, SUPPLIERS, RECEIPTS = 13, 100, 30


def inputs(count: int, places: list[str], *, seed: int = 0) -> dict:
    """Tables of so many skus, as the main job reads them."""
    rng = np.random.default_rng(seed)
    skus = [f"{number:07}" for number in range(count)]
    mean = np.repeat(rng.lognormal(1.0, 1.2, count) * len(places), WEEKS)
    here, part = np.tile(places, count).tolist(), np.repeat(mean[::WEEKS] / len(places), len(places))
    each = np.repeat(skus, len(places)).tolist()
    spread = np.sqrt(mean + 0.3 * mean**2)
    scores = dict(zip(QUANTILE_NAMES, NORMAL, strict=True))
    weeks = [NOW.date() + timedelta(weeks=week) for week in range(WEEKS)]
    quantiles = {name: np.maximum(np.round(mean + score * spread), 0.0) for name, score in scores.items()}
    supplier = [f"S{number:03}" for number in rng.integers(0, SUPPLIERS, count)]
    return {
        "forecast_weekly": pl.DataFrame(
            {"sku": np.repeat(skus, WEEKS), "week_start": weeks * count, "mean": mean, **quantiles}
        ).with_columns(demand_class=pl.lit("smooth")),
        "product": pl.DataFrame(
            {
                "sku": skus, "supplier_id": supplier, "pack_size": rng.choice([1.0, 6.0, 12.0], count),
                "min_order_quantity": rng.choice([1.0, 24.0], count), "unit_cost": rng.uniform(1, 9, count),
            }
        ).with_columns(
            product_kind=pl.lit("product"), mean_price=pl.col("unit_cost") * 2, abc_class=pl.lit("B")
        ),
        "inventory": pl.DataFrame(
            {"sku": each, "location_id": here, "available": rng.poisson(part * 3) * 1.0}
        ),
        "incoming_supply": pl.DataFrame(
            {
                "purchase_order_line_id": [f"{sku}/{place}" for sku, place in zip(each, here, strict=True)],
                "sku": each, "location_id": here, "open_quantity": rng.poisson(part) * 1.0,
            }
        ).with_columns(expected_at=pl.lit(NOW + timedelta(days=9))),
        "backordered": pl.DataFrame({"sku": skus}).with_columns(backordered=pl.lit(0.0)),
        "receipts": _receipts(rng),
        "suppliers": pl.DataFrame(
            {
                "supplier_id": [f"S{number:03}" for number in range(SUPPLIERS)],
                "quoted_lead_time_days": [14.0] * SUPPLIERS,
            }
        ),
    }  # fmt: skip


def _receipts(rng: np.random.Generator) -> pl.DataFrame:
    days = rng.integers(10, 22, (SUPPLIERS, RECEIPTS))
    rows = [
        (f"S{supplier:03}", NOW - timedelta(days=90), NOW - timedelta(days=90 - int(span)))
        for supplier, spans in enumerate(days)
        for span in spans
    ]
    kinds = [pl.String, pl.Datetime("us", "UTC"), pl.Datetime("us", "UTC")]
    names = ("supplier_id", "ordered_at", "received_at")
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def measure(pairs: int, *, locations: int, policy: str) -> dict:
    from models import placing, pools

    places = [f"L{number}" for number in range(locations)]
    tables = inputs(pairs // locations, places)
    channels = {f"from {place}": [place] for place in places}
    units = pl.DataFrame({"sku": tables["product"]["sku"]}).join(
        pl.DataFrame({"channel_id": list(channels), "location_id": places}), how="cross"
    )
    parts = pl.concat(
        units.select("sku", dimension=pl.lit(name), member=column, share=pl.lit(1.0 / locations))
        for name, column in (("channel", "channel_id"), ("location", "location_id"))
    )
    network = placing.Network(pools.find([pools.Place(place) for place in places], channels), channels, parts)
    started = time.perf_counter()
    found = placing.propose(
        tables,
        network,
        channel_units=units.select("sku", "channel_id", units=pl.lit(1.0)),
        as_of=NOW,
        review_days=7,
        service_levels={"A": 0.98, "B": 0.95, "C": 0.90},
        policy=policy,
    )
    seconds = time.perf_counter() - started
    return {
        "policy": policy,
        "pairs": found.positions.height,
        "locations": locations,
        "proposals": found.proposals.height,
        "transfers": found.moves.height,
        "seconds": round(seconds, 1),
        "pairs_per_second": round(found.positions.height / seconds),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--locations", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = [
        measure(options.pairs, locations=options.locations, policy=policy)
        for policy in ("service_level", "least_cost")
    ]
    lines = [
        f"{row['policy']:<14}{row['pairs']:>9,} pairs, {row['proposals']:,} proposals, "
        f"{row['transfers']:,} transfers, {row['seconds']} s"
        for row in results
    ]
    print(json.dumps(results, indent=2) if options.json else "\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
