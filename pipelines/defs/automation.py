"""When jobs run by themselves: the main one nightly, alerts hourly, their track record weekly, the
order book's deadlines every five minutes, and whatever is downstream of a fresh table.

All of them start switched on. Nothing here decides what runs, only when.
"""

from __future__ import annotations

import dagster as dg

from pipelines import job
from pipelines.defs.assets import asset_key
from pipelines.defs.due import due_job
from pipelines.defs.scoring import alert_score_job
from warehouse import settings

ZONE = settings.load().shop.zone

main_job = dg.define_asset_job(
    "main_job", selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor,
    description="Channels to release: land, interpret, apply, marts, forecasts, proposals, alerts.",
)  # fmt: skip

alert_job = dg.define_asset_job(
    "alert_job",
    selection=dg.AssetSelection.assets(
        *[asset_key(table) for name in job.ALERT_STAGES for table in job.stage(name).tables]
    ),
    executor_def=dg.in_process_executor,
    description="Proposals, alerts and their delivery on the stock as it stands.",
)

SCHEDULES = [
    dg.ScheduleDefinition(
        name="nightly_main_job", job=main_job, cron_schedule="30 2 * * *", execution_timezone=ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    ),
    dg.ScheduleDefinition(
        name="hourly_alerts", job=alert_job, cron_schedule="5 * * * *", execution_timezone=ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    ),
    dg.ScheduleDefinition(
        name="weekly_alert_score", job=alert_score_job, cron_schedule="30 4 * * 0", execution_timezone=ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    ),
    dg.ScheduleDefinition(
        name="deadlines", job=due_job, cron_schedule="*/5 * * * *", execution_timezone=ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    ),
]  # fmt: skip

SENSORS = [
    dg.AutomationConditionSensorDefinition(
        "automation",
        target=dg.AssetSelection.all(),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=60,
        description="Brings everything downstream of a freshly made table up to date.",
    )
]
