"""Fixtures that more than one test folder needs."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

SAMPLE_CLOCK = datetime(2011, 12, 10, tzinfo=UTC)


@pytest.fixture(scope="session")
def published_release(tmp_path_factory):
    """The whole sample, landed to marts and published once per session.

    OMS_TEST_RELEASE names a release folder to use instead, where a run of the main job has left one.
    """
    from warehouse import releases

    known = os.environ.get("OMS_TEST_RELEASE")
    if known:
        return releases.open_release(Path(known))
    from pipelines import stages
    from pipelines.run import Run, code_version
    from sample.generate import generate
    from tests.support.home import settings_for
    from warehouse.connection import writer

    settings = settings_for(tmp_path_factory.mktemp("sample") / "home")
    generate(settings.home)
    run = Run(
        settings=settings,
        as_of=SAMPLE_CLOCK,
        run_id=str(uuid.uuid4()),
        code_version=code_version(),
        say=lambda line: None,
    )
    for stage in (stages.land, stages.interpret, stages.apply, stages.pull_book, stages.build_marts):
        stage(run)
    with writer(settings) as con:
        return releases.publish(
            con, settings, as_of=run.as_of, code_version=run.code_version, run_id=run.run_id
        )
