"""Everything Dagster needs to know, assembled by one function that takes overrides for tests."""

from __future__ import annotations

import dagster as dg

from pipelines.defs.assets import ASSETS
from pipelines.defs.automation import SCHEDULES, SENSORS, alert_job, main_job
from pipelines.defs.due import due_job
from pipelines.defs.resources import run_resource
from pipelines.defs.scoring import alert_score_job


def build(*, run: object = run_resource) -> dg.Definitions:
    """The definitions; `run` replaces the resource that hands each asset its run."""
    return dg.Definitions(
        assets=ASSETS,
        jobs=[main_job, alert_job, alert_score_job, due_job],
        schedules=SCHEDULES,
        sensors=SENSORS,
        resources={"run": run},
        executor=dg.in_process_executor,
    )


defs = build()
