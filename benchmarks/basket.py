"""The budgeted basket against the exact optimum of small cases, and against order rules at equal budget.

    python -m benchmarks.basket [--home DIR] [--json]

`--home` is a finished home (`oms run --sample`); without one a made-up shop of the sample's shape is
played. No choice of the basket was made on the played weeks.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import basket_shop
from benchmarks.basket_exact import case, optimum
from models.replenishment.basket import choose

SIZES = (6, 12, 24, 48)
CASES = 10
KINDS = {
    "packs and minimum quantities": {"with_breaks": False, "with_minimums": False},
    "and price breaks": {"with_breaks": True, "with_minimums": False},
    "and supplier minimums": {"with_breaks": True, "with_minimums": True},
}
SHARES = (0.4, 0.7, 1.0)
PLAYED_WEEKS = 13
MOST_ITEMS = 1000
WAYS = {
    "basket": basket_shop.basket(),
    "(s,S)": basket_shop.reorder_point,
    "min-max": basket_shop.min_max,
    "service level": basket_shop.service_level,
}


def gaps(*, seed: int = 0) -> list[dict]:
    """By kind and size of case, how far the basket stays below the optimum, as a share of it."""
    rng, found = np.random.default_rng(seed), []
    for kind, given in KINDS.items():
        for items in SIZES:
            missed, seconds = [], 0.0
            for _ in range(CASES):
                menu, budget, minimums = case(rng, items=items, suppliers=max(2, items // 6), **given)
                started = time.perf_counter()
                basket = choose(menu, budget=budget, minimums=minimums)
                seconds += time.perf_counter() - started
                best = optimum(menu, budget=budget, minimums=minimums)
                missed.append(max(1 - basket.expected_gain / best, 0.0) if best > 1e-6 else 0.0)
            row = {"kind": kind, "items": items, "cases": CASES, "worst_gap": round(max(missed), 6)}
            found.append(
                row | {"mean_gap": round(float(np.mean(missed)), 6), "ms": round(seconds / CASES * 1e3, 1)}
            )
    return found


def played(shop: basket_shop.Shop, *, windows: int = 2) -> list[dict]:
    """The last windows of thirteen weeks at three budgets; `lead` is the basket's margin over the best
    rule's.
    """
    found = []
    for back in range(windows, 0, -1):
        start = shop.demand.shape[1] - back * PLAYED_WEEKS
        for share in SHARES:
            row: dict = {"start_week": start, "budget_share": share}
            for name, way in WAYS.items():
                result = basket_shop.play(shop, way, start=start, weeks=PLAYED_WEEKS, share=share)
                row[name] = {key: round(value, 3) for key, value in result.items()}
            rival = max((name for name in WAYS if name != "basket"), key=lambda name: row[name]["margin"])
            row |= {"best_rule": rival, "lead": round(row["basket"]["margin"] / row[rival]["margin"] - 1, 4)}
            found.append(row)
    return found


def measure(home: Path | None) -> dict:
    is_sample = home is not None
    if home and not (home / "warehouse.duckdb").exists():
        raise SystemExit(f"{home} has no warehouse; run `oms run` there, or name no home for a made-up shop")
    shop = _some(basket_shop.read(home)) if is_sample else basket_shop.made_up()
    rows = gaps()
    return {
        "gaps": rows,
        "worst_gap": max(row["worst_gap"] for row in rows),
        "shop": f"{len(shop.demand)} products of {'the sample' if is_sample else 'a made-up shop'}",
        "played": played(shop),
    }


def _some(shop: basket_shop.Shop) -> basket_shop.Shop:
    """At most a thousand of the products, by lot."""
    keep = np.random.default_rng(0).permutation(len(shop.demand))[:MOST_ITEMS]
    return replace(shop, **{name: values[np.sort(keep)] for name, values in vars(shop).items()})


def _lines(result: dict) -> str:
    lines = [f"{'small cases':<30}{'items':>6}{'worst gap':>11}{'mean gap':>11}{'ms':>7}"]
    lines += [
        f"{row['kind']:<30}{row['items']:>6}{row['worst_gap']:>11.4%}{row['mean_gap']:>11.4%}{row['ms']:>7.0f}"
        for row in result["gaps"]
    ]
    lines += ["", f"{result['shop']}, margin of {PLAYED_WEEKS} weeks at equal budget"]
    lines.append(f"{'from week':>9}{'budget':>8}" + "".join(f"{name:>15}" for name in WAYS) + f"{'lead':>9}")
    for row in result["played"]:
        margins = "".join(f"{row[name]['margin']:>15,.0f}" for name in WAYS)
        lines.append(f"{row['start_week']:>9}{row['budget_share']:>8.0%}{margins}{row['lead']:>9.1%}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--home", type=Path, default=Path(os.environ["OMS_HOME"]) if "OMS_HOME" in os.environ else None
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.home)
    print(json.dumps(result, indent=2) if options.json else _lines(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
