"""The run a Dagster process works in: settings, instant and identity, shared by the assets of one run."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from pipelines.run import Run, code_version
from warehouse import settings as settings_module


@dg.resource(description="One run of the main job, as of the sample's clock or now")
def run_resource(context: dg.InitResourceContext) -> Run:
    settings = settings_module.load()
    return Run(
        settings=settings,
        as_of=settings_module.clock(settings, wall=datetime.now(UTC)),
        run_id=context.run_id or "adhoc",
        code_version=code_version(),
        say=context.log.info if context.log else print,
    )
