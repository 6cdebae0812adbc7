"""Fixtures that more than one test folder needs."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Published:
    """The whole sample, run once by the main job: its settings, the run, and the release it left."""

    settings: object
    run: object
    release: object


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a slow test first: they are handed out in this order, and one begun last would keep one
    process at work while the others are done.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def main_module():
    """Streamlit's test runner puts the page's script where `__main__` was; processes started after it would
    run that script first and die."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own


@pytest.fixture(scope="session")
def published(tmp_path_factory) -> Published:
    """One full run of the main job on the whole sample, shared by every test that only reads.

    A file's tests run in one process: those that ask for this belong in one file, else it is made twice.
    """
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
