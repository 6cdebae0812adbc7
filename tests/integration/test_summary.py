"""What the run's summary says of a small release."""

from __future__ import annotations

from pipelines import summary
from pipelines.run import Run
from tests.support import release_builder
from tests.support.small_shop import AS_OF
from warehouse import settings


def told(home, *, without: str = "") -> str:
    found = settings.load(environ={"OMS_HOME": str(home)})
    rows = release_builder.small_shop()
    rows.tables.pop(without, None)
    release_builder.publish(found, rows=rows)
    run = Run(settings=found, as_of=AS_OF, run_id="run-1", code_version="test", say=lambda _: None)
    return summary.text(run, seconds=1.0)


def test_totals_are_scored_as_expected_as_summed_and_a_year_before(tmp_path):
    lines = told(tmp_path).split("WAPE of totals at 2 past origins")[1].splitlines()[1:]
    titles = "total of expected bias plain sum bias year before in 50 % in 90 %"
    assert lines[0].split() == titles.split()
    rest = ["-0.050", "0.300", "-0.290", "0.140", "0.500", "0.875"]
    expected = {"shop": "0.120", "category": "0.130", "channel": "0.135", "location": "0.130"}
    assert [line.split() for line in lines[1:5]] == [[name, of, *rest] for name, of in expected.items()]


def test_a_run_that_scored_no_total_is_summed_up_without(tmp_path):
    words = told(tmp_path, without="level_accuracy")
    assert "Forecast accuracy" in words
    assert "WAPE of totals" not in words
