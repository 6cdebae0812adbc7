"""The main job as data: its stages in order, the tables each makes, and how each depends on the others.

The Dagster assets (defs/assets.py), the runner and the table in docs/architecture.md follow this one list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipelines import planning, purchasing, stages
from pipelines.run import Outcome, Run


@dataclass(frozen=True)
class Stage:
    """`title` is what a person reads while it runs; `tables` are its assets, `schema.table`."""

    name: str
    title: str
    group: str
    function: Callable[[Run], Outcome]
    tables: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def description(self) -> str:
        return (self.function.__doc__ or "").strip()


def _tables(schema: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{schema}.{name}" for name in names)


STAGES = (
    Stage(
        "land", "Landing what the channels sent", "raw", stages.land,
        ("raw.document", "raw.delivery_file"), (),
    ),
    Stage(
        "interpret", "Reading documents into orders and stock", "canonical", stages.interpret,
        _tables("core", stages.CORE_FACT_TABLES) + ("raw.quarantine",), ("land",),
    ),
    Stage(
        "apply", "Applying them to the order book", "order_book", stages.apply,
        ("book.order",), ("interpret",),
    ),
    Stage(
        "pull_book", "Pulling events, movements and ATS", "order_book", stages.pull_book,
        _tables("core", stages.BOOK_TABLES), ("apply",),
    ),
    Stage(
        "build_marts", "Building the marts", "marts", stages.build_marts,
        _tables("marts", stages.BUILT_MARTS), ("interpret", "pull_book"),
    ),
    Stage(
        "forecast", "Backtesting and forecasting demand", "forecasts", planning.forecast,
        _tables("marts", planning.FORECAST_MARTS), ("build_marts",),
    ),
    Stage(
        "propose", "Proposing purchases", "proposals", purchasing.propose, purchasing.PROPOSED,
        ("build_marts", "forecast", "pull_book"),
    ),
    Stage("alert", "Raising restock alerts", "alerts", planning.alert, ("marts.alert",), ("propose",)),
    Stage(
        "publish", "Publishing the release", "release", planning.publish, ("release.current",),
        ("build_marts", "forecast", "propose", "alert"),
    ),
    Stage("deliver", "Delivering alerts", "alerts", planning.deliver, ("alerts.delivery",), ("publish",)),
)  # fmt: skip

ALERT_STAGES = ("propose", "alert", "publish", "deliver")


def stage(name: str) -> Stage:
    return next(item for item in STAGES if item.name == name)
