"""Fixtures that more than one test folder needs."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pytest


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is costly to set up is set up once: a file's tests share a worker, so do the whole sample's."""
    for item in items:
        whole_sample = "published" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("whole sample" if whole_sample else item.path.stem))


@dataclass(frozen=True)
class Published:
    """The whole sample, run once by the main job: its settings, the run, and the release it left."""

    settings: object
    run: object
    release: object


@pytest.fixture(scope="session")
def published(tmp_path_factory) -> Published:
    """One full run of the main job on the whole sample, shared by every test that only reads."""
    from pipelines import runner
    from tests.support.home import settings_for
    from warehouse import releases

    settings = settings_for(tmp_path_factory.mktemp("published") / "home")
    run = runner.run_once(settings, sample_scale=1, stream=io.StringIO())
    assert run.failure is None, run.failure
    return Published(settings=settings, run=run, release=releases.current(settings))


@pytest.fixture(scope="session")
def published_release(published):
    return published.release
