"""The main job on the whole sample: what a newcomer's `make run` does, and what a second one leaves alone."""

from __future__ import annotations

import io

import pytest

from oms_ops import invariants
from oms_ops.store import open_book
from pipelines import runner, summary
from warehouse import releases

pytestmark = pytest.mark.slow


def test_the_six_invariants_hold_over_the_whole_book(published):
    with open_book(published.settings.order_book_url) as book:
        assert invariants.verify(book) == []


def test_every_check_of_the_run_passed(published):
    with published.release.connect() as con:
        failed = con.execute("SELECT check_name, detail FROM check_result WHERE NOT passed").fetchall()
        total = con.execute("SELECT count(*) FROM check_result").fetchone()[0]
    assert failed == []
    assert total > 50


def test_every_line_of_the_source_is_accounted_for(published):
    with published.release.connect() as con:
        rows = con.execute("SELECT count(*) FROM quarantine WHERE status = 'open'").fetchone()[0]
    assert rows == 0


def test_the_champions_beat_seasonal_naive_and_moving_average_overall_and_in_each_class(published):
    with published.release.connect() as con:
        rows = con.execute(
            "SELECT demand_class, wape, naive_wape, moving_average_wape FROM champion "
            "WHERE wape IS NOT NULL AND demand_class <> 'dormant'"  # zero by rule: nothing is claimed
        ).fetchall()
    assert "all" in {row[0] for row in rows}
    for demand_class, wape, naive, average in rows:
        assert wape < naive, demand_class
        assert wape < average, demand_class


def test_the_summary_says_what_a_person_wants_to_know(published):
    words = summary.text(published.run, seconds=1.0)
    for expected in (
        "Stages",
        "KPIs",
        "Forecast accuracy",
        "restock alerts",
        "make dashboard",
        "quarantined",
    ):
        assert expected in words


def test_a_second_run_lands_nothing_and_changes_no_number(published):
    again = runner.run_once(published.settings, stream=io.StringIO())
    assert again.failure is None
    landed = next(report for report in again.reports if report.stage == "land")
    assert landed.outcome.rows_out == 0
    assert releases.current(published.settings).name == published.release.name
