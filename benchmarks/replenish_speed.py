"""Times purchase proposals for many (sku, location) pairs on synthetic weekly forecasts.

    python -m benchmarks.replenish_speed [--pairs 100000] [--json]

Each pair gets 13 weeks of quantiles, stock, one open purchase order, its own pack and minimum; a hundred
suppliers have past receipts. What is timed is `models.replenish.propose`, as the main job calls it,
explanations included.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

NOW = datetime(2024, 1, 1, tzinfo=UTC)
WEEKS, SUPPLIERS, RECEIPTS = 13, 100, 30
SCORES = {"q05": -1.64, "q25": -0.67, "q50": 0.0, "q75": 0.67, "q95": 1.64}


def inputs(pairs: int, *, seed: int = 0) -> dict:
    """Tables as the main job reads them; a pair is a sku of its own."""
    rng = np.random.default_rng(seed)
    skus = [f"{number:07}" for number in range(pairs)]
    mean = np.repeat(rng.lognormal(1.0, 1.2, pairs), WEEKS)
    spread = np.sqrt(mean + 0.3 * mean**2)
    weeks = [NOW.date() + timedelta(weeks=week) for week in range(WEEKS)]
    quantiles = {name: np.maximum(np.round(mean + score * spread), 0.0) for name, score in SCORES.items()}
    supplier = [f"S{number:03}" for number in rng.integers(0, SUPPLIERS, pairs)]
    return {
        "forecast_weekly": pl.DataFrame(
            {"sku": np.repeat(skus, WEEKS), "week_start": weeks * pairs, "mean": mean, **quantiles}
        ).with_columns(demand_class=pl.lit("smooth")),
        "product": pl.DataFrame(
            {
                "sku": skus, "supplier_id": supplier, "pack_size": rng.choice([1.0, 6.0, 12.0], pairs),
                "min_order_quantity": rng.choice([1.0, 24.0], pairs), "unit_cost": rng.uniform(1, 9, pairs),
            }
        ).with_columns(
            product_kind=pl.lit("product"), mean_price=pl.col("unit_cost") * 2, abc_class=pl.lit("B")
        ),
        "inventory": pl.DataFrame(
            {"sku": skus, "available": rng.poisson(mean[::WEEKS] * 3) * 1.0}
        ).with_columns(location_id=pl.lit("MAIN")),
        "incoming_supply": pl.DataFrame(
            {"purchase_order_line_id": skus, "sku": skus, "open_quantity": rng.poisson(mean[::WEEKS]) * 1.0}
        ).with_columns(expected_at=pl.lit(NOW + timedelta(days=9))),
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


def measure(pairs: int, *, policy: str) -> dict:
    from models import replenish

    tables = inputs(pairs)
    started = time.perf_counter()
    found = replenish.propose(
        **tables,
        as_of=NOW,
        returns_location="MAIN",
        review_days=7,
        service_levels={"A": 0.98, "B": 0.95, "C": 0.90},
        policy=policy,
    )
    seconds = time.perf_counter() - started
    return {
        "policy": policy,
        "pairs": pairs,
        "proposals": found.proposals.height,
        "seconds": round(seconds, 1),
        "pairs_per_second": round(pairs / seconds),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = [measure(options.pairs, policy=policy) for policy in ("service_level", "least_cost")]
    lines = [
        f"{row['policy']:<14}{row['pairs']:>9,} pairs, {row['proposals']:,} proposals, {row['seconds']} s"
        for row in results
    ]
    print(json.dumps(results, indent=2) if options.json else "\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
