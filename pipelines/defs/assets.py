"""The stages of the main job as Dagster assets: one asset per table, one step per stage, contracts as checks.

Thin by rule: an asset calls its stage and reports what it said. No logic lives here.
"""

from collections.abc import Iterator

import dagster as dg

from pipelines import job
from pipelines.run import Outcome, Run
from pipelines.runner import run_stage
from warehouse import contracts

CHECK_NAME = "contract"


def asset_key(table: str) -> dg.AssetKey:
    return dg.AssetKey(table.split("."))


def _description(table: str, stage: job.Stage) -> str:
    schema, name = table.split(".")
    declared = contracts.tables(schema).get(name) if schema in ("raw", "core", "marts") else None
    return f"{declared.grain}.\n\n{stage.description}" if declared else stage.description


def _upstream(stage: job.Stage) -> list[dg.AssetKey]:
    return [asset_key(table) for name in stage.after for table in job.stage(name).tables]


def _specs(stage: job.Stage) -> list[dg.AssetSpec]:
    return [
        dg.AssetSpec(
            asset_key(table),
            deps=_upstream(stage),
            description=_description(table, stage),
            group_name=stage.group,
            kinds={"sqlite"} if table.startswith("book.") else {"duckdb"},
            automation_condition=dg.AutomationCondition.eager() if stage.after else None,
        )
        for table in stage.tables
    ]


def _check_specs(stage: job.Stage) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            CHECK_NAME,
            asset=asset_key(table),
            blocking=True,
            description="Key, nulls and identities as the table's contract declares them",
        )
        for table in stage.tables
    ]


def _results(stage: job.Stage, outcome: Outcome) -> Iterator[dg.MaterializeResult]:
    for table in stage.tables:
        failed = [
            check
            for check in outcome.checks
            if not check.passed and check.is_blocking and _belongs(check.subject, table, stage)
        ]
        yield dg.MaterializeResult(
            asset_key=asset_key(table),
            metadata={
                "rows": outcome.tables.get(table, outcome.rows_out or 0),
                "quarantined": outcome.quarantined or 0,
                "note": outcome.note or "done",
            },
            check_results=[
                dg.AssetCheckResult(
                    passed=not failed,
                    check_name=CHECK_NAME,
                    asset_key=asset_key(table),
                    metadata={"violations": sum(check.violations for check in failed)},
                    description="; ".join(f"{check.check_name}: {check.detail}" for check in failed) or None,
                )
            ],
        )


def _belongs(subject: str, table: str, stage: job.Stage) -> bool:
    """A check that names none of the stage's tables counts against the stage's first one."""
    return subject == table or (subject not in stage.tables and table == stage.tables[0])


def _define(stage: job.Stage) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=stage.name,
        specs=_specs(stage),
        check_specs=_check_specs(stage),
        required_resource_keys={"run"},
        pool="warehouse_writer",
    )
    def _asset(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        run: Run = context.resources.run
        yield from _results(stage, run_stage(run, stage))

    return _asset


ASSETS = [_define(stage) for stage in job.STAGES]
