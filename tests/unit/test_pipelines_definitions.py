"""The asset graph is the picture in the architecture, its checks block, and its automation is switched on."""

from __future__ import annotations

import dagster as dg
import pytest

from pipelines import job
from pipelines.definitions import build
from pipelines.defs.assets import asset_key
from warehouse import contracts


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build()


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


def test_every_table_of_every_stage_is_an_asset(graph):
    tables = {asset_key(table) for stage in job.STAGES for table in stage.tables}
    assert set(graph.get_all_asset_keys()) == tables


def test_every_mart_under_contract_is_made_by_exactly_one_stage():
    made = [table for stage in job.STAGES for table in stage.tables if table.startswith("marts.")]
    reports = {"marts.check_result", "marts.stage_report", "marts.alert_score", "marts.alert_calibration"}
    assert sorted(made) == sorted(
        f"marts.{name}" for name in contracts.tables("marts") if f"marts.{name}" not in reports
    )


def test_the_graph_runs_from_the_inbox_to_the_delivered_alert(graph):
    reached = {asset_key("raw.document")}
    for stage in job.STAGES[1:]:
        key = asset_key(stage.tables[0])
        assert graph.get(key).parent_keys & reached, f"{key} hangs on nothing made before it"
        reached |= {asset_key(table) for table in stage.tables}
    assert graph.get(asset_key("alerts.delivery")).parent_keys == {asset_key("release.current")}


def test_assets_are_grouped_and_described_as_the_architecture_names_them(graph):
    groups = [graph.get(asset_key(stage.tables[0])).group_name for stage in job.STAGES]
    assert list(dict.fromkeys(groups)) == [
        "raw", "canonical", "order_book", "marts", "forecasts", "proposals", "alerts", "release",
    ]  # fmt: skip
    assert all(graph.get(key).description for key in graph.get_all_asset_keys())


def test_every_asset_has_a_blocking_contract_check(graph):
    specs = {key.asset_key: graph.get(key) for key in graph.asset_check_keys}
    assert set(specs) == set(graph.get_all_asset_keys())
    assert all(node.blocking for node in specs.values())


def test_schedules_and_the_automation_sensor_start_switched_on(definitions):
    schedules = {schedule.name: schedule for schedule in definitions.schedules}
    assert schedules["nightly_main_job"].cron_schedule == "30 2 * * *"
    assert schedules["hourly_alerts"].cron_schedule == "5 * * * *"
    assert schedules["weekly_alert_score"].cron_schedule == "30 4 * * 0"
    assert schedules["deadlines"].cron_schedule == "*/5 * * * *"
    assert {schedule.default_status for schedule in schedules.values()} == {dg.DefaultScheduleStatus.RUNNING}
    (sensor,) = definitions.sensors
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
