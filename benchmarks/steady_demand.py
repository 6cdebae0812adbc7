"""What least cost costs where demand is steady and known: beside the best of many base-stock levels.

    python -m benchmarks.steady_demand [--json]

Sales are lost where stock is out. The level is the best for these very weeks, found by trying; no shop knows
it beforehand.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

import numpy as np

from models.replenishment.policies import BaseStock, LeastCost
from models.replenishment.replay import Window, replay
from models.replenishment.shelf import Costs

SERIES, PERIODS, DRAWS = 100, 104, 256
LEADS = (2, 4)
HOLDING = (0.2, 0.01)
LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995)
Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
DEMANDS: dict[str, Draw] = {
    "Poisson, 0.25 a week": lambda rng, shape: rng.poisson(0.25, shape),
    "Poisson, 5 a week": lambda rng, shape: rng.poisson(5.0, shape),
    "geometric, 5 a week": lambda rng, shape: rng.negative_binomial(1, 1 / 6, shape),
}


def measure(*, seed: int = 0) -> list[dict]:
    rows = []
    for name, draw in DEMANDS.items():
        for lead in LEADS:
            for holding in HOLDING:
                window = _window(draw, lead=lead, holding=holding, seed=seed)
                best = min((replay(window, BaseStock(level)).cost, level) for level in LEVELS)
                ours = replay(window, LeastCost(window.costs)).cost
                rows.append(
                    {
                        "demand": name, "lead_weeks": lead, "holding_per_missed": holding,
                        "least_cost": round(ours, 1), "best_base_stock": round(best[0], 1),
                        "best_level": best[1], "ratio": round(ours / best[0], 3),
                    }
                )  # fmt: skip
    return rows


def _window(draw: Draw, *, lead: int, holding: float, seed: int) -> Window:
    rng = np.random.default_rng(seed)
    shape = (lead + 1, SERIES, DRAWS)
    mean = draw(rng, (10_000,)).mean()
    courses = draw(rng, shape).astype(np.float32)
    return Window(
        demand=draw(rng, (SERIES, PERIODS)).astype(float),
        courses=lambda period: courses,
        stock=np.full(SERIES, np.ceil(2 * mean)),
        coming=np.full((SERIES, lead), np.round(mean)),
        unit_cost=np.ones(SERIES),
        costs=Costs(holding=holding, shortage=1.0),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    rows = measure()
    if parser.parse_args().json:
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{'demand':<24}{'lead':>6}{'holding':>9}{'least cost':>12}{'best level':>12}{'ratio':>8}")
    for row in rows:
        print(
            f"{row['demand']:<24}{row['lead_weeks']:>6}{row['holding_per_missed']:>9}{row['least_cost']:>12,}"
            f"{row['best_base_stock']:>12,}{row['ratio']:>8}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
