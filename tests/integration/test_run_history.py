"""The history our runs keep is the one that Dagster's own storage, and so its UI, reads and goes on with."""

from __future__ import annotations

import os
import sqlite3

import dagster as dg
import pytest

from pipelines import run_history
from pipelines.runner import QUIET, dagster_home

ASSETS = ("stock", "sales")
RUN_ID = "11111111-2222-4333-8444-555555555555"


@dg.asset(check_specs=[dg.AssetCheckSpec("counted", asset="stock")])
def stock():
    yield dg.MaterializeResult(metadata={"rows": 3}, check_results=[dg.AssetCheckResult(passed=True)])


@dg.asset(deps=[stock])
def sales():
    return dg.MaterializeResult(metadata={"rows": 5})


JOB = dg.Definitions(
    assets=[stock, sales], jobs=[dg.define_asset_job("all_of_it")], executor=dg.in_process_executor
).resolve_job_def("all_of_it")


def run(instance: dg.DagsterInstance, run_id: str | None = None) -> None:
    assert JOB.execute_in_process(instance=instance, run_id=run_id, run_config=QUIET).success


@pytest.fixture
def folder(tmp_path):
    return dagster_home(tmp_path)


def rows(instance: dg.DagsterInstance) -> dict[str, int]:
    events = {name: instance.get_latest_materialization_event(dg.AssetKey(name)) for name in ASSETS}
    return {name: event.asset_materialization.metadata["rows"].value for name, event in events.items()}


def test_dagsters_own_storage_reads_what_a_run_left_and_goes_on_with_it(folder):
    with run_history.instance(folder) as ours:
        run(ours, RUN_ID)
    with dg.DagsterInstance.from_config(str(folder)) as theirs:
        (record,) = theirs.get_run_records()
        assert (record.dagster_run.run_id, record.dagster_run.status) == (RUN_ID, dg.DagsterRunStatus.SUCCESS)
        assert rows(theirs) == {"stock": 3, "sales": 5}
        kinds = [entry.dagster_event.event_type for entry in theirs.all_logs(RUN_ID) if entry.dagster_event]
        assert kinds.count(dg.DagsterEventType.ASSET_CHECK_EVALUATION) == 1
        assert kinds[-1] == dg.DagsterEventType.RUN_SUCCESS
        run(theirs)
    with run_history.instance(folder) as ours:
        run(ours)
        assert len(ours.get_run_records()) == 3


def test_dagsters_own_storage_sees_each_event_while_the_run_is_at_work(folder):
    with run_history.instance(folder) as ours, dg.DagsterInstance.from_config(str(folder)) as theirs:
        run(ours, RUN_ID)
        assert len(theirs.all_logs(RUN_ID)) == len(ours.all_logs(RUN_ID)) > 10
        assert rows(theirs) == {"stock": 3, "sales": 5}


def test_the_file_that_dagsters_ui_watches_is_touched_by_every_event(folder):
    with run_history.instance(folder) as ours:
        run(ours, RUN_ID)
        watched = folder / "history" / "runs" / f"{RUN_ID}.db"
        os.utime(watched, (0, 0))
        ours.report_engine_event("one more", ours.get_run_by_id(RUN_ID))
        assert watched.stat().st_mtime > 0


def test_nothing_is_left_beside_the_files_once_a_run_has_ended(folder):
    with run_history.instance(folder) as ours:
        run(ours, RUN_ID)
    left = sorted(path.name for path in (folder / "history").rglob("*.db*"))
    assert left == [f"{RUN_ID}.db", "index.db", "runs.db"]
    for path in (folder / "history").rglob("*.db"):
        with sqlite3.connect(path) as con:
            assert con.execute("PRAGMA integrity_check").fetchone() == ("ok",)
