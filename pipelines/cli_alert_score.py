"""`oms alerts score`: what past mornings would have said and what came of it, printed and kept."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING

from pipelines import alert_scoring
from pipelines.cli_errors import CommandError
from pipelines.cli_imports import admit_pandas
from pipelines.cli_output import Column, print_json, print_table
from pipelines.cli_release import current_release
from warehouse.settings import Settings

if TYPE_CHECKING:
    from models.alert_scores import Score
    from models.track_record import PoolRecord, Record

STOCK = {
    "played": "Stock bought by a plain rule without hindsight, on real demand",
    "recorded": "Stock as recorded",
}
RULES = {"forecast": "this platform", "days_of_cover": "days of cover", "min_max": "min-max"}
SCORES = (
    Column("name", "Rule"),
    Column("alerts", "Alerts", "units"),
    Column("precision", "Precision", "ratio"),
    Column("recall", "Recall", "ratio"),
    Column("recall_in_time", "a week ahead", "ratio"),
    Column("days_warned", "Days warned", "number"),
    Column("raised", "Raised at"),
)
POOLS = (
    Column("stock_pool", "Stock pool"),
    Column("stockouts", "Stock-outs", "units"),
    *SCORES[:-1],
    Column("said", "Mean said", "ratio"),
    Column("came_true", "Came true", "ratio"),
)
DECILES = (
    Column("range", "Said"),
    Column("cases", "Cases", "units"),
    Column("said", "Mean said", "ratio"),
    Column("came_true", "Came true", "ratio"),
    Column("raw_cases", "Uncorrected: cases", "units"),
    Column("raw_came_true", "Came true", "ratio"),
)


def score(arguments: argparse.Namespace, settings: Settings) -> None:
    from models.errors import ModelError

    admit_pandas()
    as_of = current_release(settings).as_of
    stocks = alert_scoring.STOCKS if arguments.stock == "both" else (arguments.stock,)
    try:
        records = alert_scoring.measure(
            settings, as_of=as_of, weeks=arguments.weeks, stocks=stocks, progress=_say
        )
    except ModelError as error:
        raise CommandError(str(error)) from error
    if not arguments.dry_run:
        alert_scoring.keep(settings, records, as_of=as_of)
    if arguments.json:
        print_json(as_json(records, as_of=as_of))
        return
    for record in records:
        print_record(record)
    kept = "" if arguments.dry_run else "; kept: the next `oms run` alerts by it and publishes it"
    print(f"As of {as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC{kept}")


def as_json(records: list[Record], *, as_of: datetime) -> dict[str, object]:
    """`stocks`: by name, its mornings, scores, ratios of our recall to each rule's, and calibration; `pools`,
    where there are several, the same by stock pool.
    """
    return {"as_of": as_of, "stocks": {record.stock: _of_stock(record) for record in records}}


def _of_stock(record: Record) -> dict[str, object]:
    found = {
        "first_morning": record.first_morning,
        "last_morning": record.last_morning,
        "mornings": record.mornings,
        **_scored(record),
        "uncorrected": record.uncorrected.to_dicts(),
    }
    pools = {part.stock_pool: _scored(part) for part in record.pools}
    return found | {"pools": pools} if pools else found


def _scored(found: Record | PoolRecord) -> dict[str, object]:
    from models import alert_scores

    return {
        "sayings": found.sayings,
        "scores": [alert_scoring.score_row(score) for score in found.scores],
        "ratios": alert_scores.ratios(found.scores),
        "calibration": found.calibration.to_dicts(),
    }


def print_record(record: Record) -> None:
    from models import alert_scores

    ours = record.scores[0]
    print(
        f"{STOCK[record.stock]}: {record.mornings} Monday mornings, {record.first_morning} to "
        f"{record.last_morning}, {ours.stockouts:,} stock-outs\n"
    )
    rows = [item.row() | {"name": RULES[item.rule], "raised": _raised(item)} for item in record.scores]
    print_table(rows, SCORES)
    for rule, found in alert_scores.ratios(record.scores).items():
        any_notice, in_time = _times(found["recall"]), _times(found["recall_in_time"])
        print(f"recall over {RULES[rule]}: {any_notice}, a week ahead {in_time}")
    print()
    tenths = zip(record.calibration.to_dicts(), record.uncorrected.to_dicts(), strict=True)
    print_table([_tenth(corrected, raw) for corrected, raw in tenths], DECILES)
    print()
    if record.pools:
        print_table([row for part in record.pools for row in _of_pool(part)], POOLS)
        print()


def _of_pool(part: PoolRecord) -> list[dict[str, object]]:
    """Each rule's score; beside ours, what was said over all and what came true of it."""
    tenths = [row for row in part.calibration.to_dicts() if row["cases"]]
    mean = {
        name: sum(row[name] * row["cases"] for row in tenths) / part.sayings for name in ("said", "came_true")
    }
    rows = [item.row() | {"name": RULES[item.rule], "stock_pool": part.stock_pool} for item in part.scores]
    return [rows[0] | mean, *rows[1:]]


def _tenth(corrected: dict, raw: dict) -> dict[str, object]:
    return corrected | {
        "range": f"{corrected['said_from']:.0%} to {corrected['said_to']:.0%}",
        "raw_cases": raw["cases"],
        "raw_came_true": raw["came_true"],
    }


def _raised(score: Score) -> str:
    """The threshold in the rule's own words."""
    at = score.raise_at
    if not 0 < at < inf:
        return ""
    return {
        "forecast": f"{at:.0%} chance to run out",
        "days_of_cover": f"{1 / at:.1f} days of cover",
        "min_max": f"{1 / at:.2f} of the lead time's sales",
    }[score.rule]


def _times(ratio: float | None) -> str:
    return "not defined" if ratio is None else f"{ratio:.2f} times"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
