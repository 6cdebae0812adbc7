"""What the `oms` command accepts and refuses before it does anything, and how it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from oms_ops import decisions
from pipelines.cli import main
from pipelines.cli_errors import did_you_mean
from pipelines.cli_output import Column, print_json, print_table
from pipelines.cli_parser import COMMANDS, build_parser, forecast
from pipelines.cli_parser.values import an_instant

ROOT = Path(__file__).resolve().parents[2]
KPIS = ["kpis", "--from", "2011-11-01", "--to", "2011-12-01"]
HEAVY = (
    "duckdb",
    "polars",
    "pandas",
    "dagster",
    "streamlit",
    "sqlalchemy",
    "statsmodels",
    "sklearn",
    "numpy",
)


def refused(arguments: list[str], capsys) -> str:
    code = main(arguments)
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def test_help_imports_nothing_that_takes_time():
    script = (
        "import sys; from pipelines.cli import main; code = main(['--help']); "
        f"heavy = sorted(set({HEAVY!r}) & set(sys.modules)); print(code, heavy, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stderr == "0 []\n"
    assert ran.stdout.startswith("Orders, stock, KPIs")


def test_help_has_a_line_for_every_command_within_a_terminals_width(capsys):
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n  {command.name:11} {command.line}\n" in page
    assert max(map(len, page.splitlines())) <= 112
    assert "Examples" in page


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_explains_itself(capsys, name):
    assert main([name, "--help"]) == 0
    assert f"usage: oms {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", [command.name for command in COMMANDS if command.is_reading])
def test_every_reading_command_offers_json(name):
    parser = build_parser()
    given = {"kpis": KPIS[1:], "order": ["1"], "ats": ["A"], "demand": ["A"], "forecast": ["A"]}.get(name, [])
    given = ["A", "--channel", "shopify"] if name == "promise" else given
    assert parser.parse_args([name, *given, "--json"]).json is True
    assert parser.parse_args([name, *given]).json is False


def test_without_a_command_the_help_is_shown_and_the_exit_code_says_misused(capsys):
    assert main([]) == 2
    assert "Usage: oms COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["kpi"], "'kpi' is unknown; did you mean kpis?"),
        (["xyzzy"], "'xyzzy' is unknown; known: run, dashboard"),
        (["alerts", "akc", "A-1"], "'akc' is unknown; did you mean ack?"),
        (["kpis", "--from", "2011-11-01"], "the following arguments are required: --to"),
        ([*KPIS[:2], "2011-02-30", *KPIS[3:]], "'2011-02-30' is not a date; write 2011-12-09"),
        ([*KPIS, "--by", "quarter"], "'quarter' is unknown; known: day, week, month"),
        ([*KPIS, "--by", "weak"], "'weak' is unknown; did you mean week?"),
        ([*KPIS, "--as-of", "yesterday"], "'yesterday' is not an instant; write"),
        ([*KPIS, "--chanel", "amazon"], "unrecognized arguments: --chanel amazon"),
        (["proposals", "--limit", "0"], "'0' is not a whole number of at least 1"),
        (["proposals", "--limit", "-3"], "'-3' is not a whole number of at least 1"),
        (["run", "--scale", "2.5"], "'2.5' is not a whole number of at least 1"),
        (["dashboard", "--port", "70000"], "'70000' is not a port"),
        (["ats", " "], "the sku is empty"),
        (["override", "add", "A", "--first-week", "2011-12-12"], "required"),
        (["override"], "the following arguments are required: ACTION"),
        (["alerts", "snooze", "A-1", "--by", "ana"], "required: --until"),
        (["alerts", "ack", "A-1"], "required: --by"),
    ],
)
def test_a_misuse_is_one_line_that_says_what_is_wrong(capsys, arguments, complaint):
    assert complaint in refused(arguments, capsys)


def test_options_are_not_guessed_from_their_beginnings(capsys):
    assert "unrecognized arguments: --chan" in refused([*KPIS, "--chan", "amazon"], capsys)


def test_list_options_stand_before_or_after_the_action():
    parser = build_parser()
    for given in (["alerts", "--json", "list"], ["alerts", "list", "--json"], ["alerts", "--json"]):
        assert parser.parse_args(given).json is True
    assert parser.parse_args(["alerts", "--limit", "5", "list"]).limit == 5


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2011-12-09", datetime(2011, 12, 9, tzinfo=UTC)),
        ("2011-12-09T14:30", datetime(2011, 12, 9, 14, 30, tzinfo=UTC)),
        ("2011-12-09T14:30Z", datetime(2011, 12, 9, 14, 30, tzinfo=UTC)),
        ("2011-12-09T14:30:15.5+01:00", datetime(2011, 12, 9, 13, 30, 15, 500_000, tzinfo=UTC)),
    ],
)
def test_an_instant_without_a_zone_is_utc(text, instant):
    assert an_instant(text) == instant


def test_suggestions_name_the_closest_in_the_spelling_of_the_catalog():
    assert did_you_mean("22423a", ["22423A", "10002"]) == "; did you mean 22423A?"
    assert did_you_mean("chanel", ["panel", "channel", "xyz"]) == "; did you mean channel or panel?"
    assert did_you_mean("20002", ["21000", "20001"]) == "; did you mean 20001 or 21000?"
    assert did_you_mean("zzz", ["22423"]) == ""


def test_a_table_aligns_numbers_to_the_right_and_shows_what_is_not_there_as_a_dash(capsys):
    columns = (Column("sku", "Sku"), Column("units", "Units", "units"), Column("title", "Title", width=6))
    rows = [
        {"sku": "A", "units": Decimal("12000.000"), "title": "a long\ntitle"},
        {"sku": "22423", "units": None, "title": "short"},
        {"sku": "B", "units": 2.5, "title": None},
    ]
    print_table(rows, columns)
    assert capsys.readouterr().out == (
        "Sku     Units  Title\nA      12,000  a lon…\n22423       –  short\nB         2.5  –\n"
    )


def test_json_has_numbers_as_numbers_dates_as_iso_and_undefined_as_null(capsys):
    instant = datetime.fromisoformat("2011-12-09T14:30:00+01:00")
    print_json(
        {
            "money": Decimal("12.3400"),
            "units": Decimal("5.000"),
            "whole": 3.0,
            "part": 0.25,
            "not a number": float("nan"),
            "day": date(2011, 12, 9),
            "instant": instant,
            "rows": ({"title": "CAFÉ"},),
            "yes": True,
            "nothing": None,
        }
    )
    printed = capsys.readouterr().out
    assert json.loads(printed) == {
        "money": 12.34,
        "units": 5,
        "whole": 3,
        "part": 0.25,
        "not a number": None,
        "day": "2011-12-09",
        "instant": "2011-12-09T13:30:00Z",
        "rows": [{"title": "CAFÉ"}],
        "yes": True,
        "nothing": None,
    }
    assert "CAFÉ" in printed


def test_the_reason_codes_to_choose_from_are_those_of_the_book():
    assert tuple(decisions.REASON_CODES) == forecast.REASON_CODES
