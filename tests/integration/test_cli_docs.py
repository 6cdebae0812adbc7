"""docs/cli.md says only what is true: its examples run, and the JSON keys it names are the ones printed."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.cli_parser import COMMANDS, build_parser
from tests.support.cli_home import build
from warehouse.kpis import DEFINITIONS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
EXAMPLES = [shlex.split(line)[1:] for line in re.findall(r"^    \$ (oms .*)$", PAGE, flags=re.MULTILINE)]
STARTERS = ("run", "dashboard", "dagster")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def in_that_home(home, monkeypatch):
    monkeypatch.setenv("OMS_HOME", str(home))
    monkeypatch.chdir(home)


def test_the_page_shows_every_command():
    shown = {example[0] for example in EXAMPLES}
    assert shown >= {command.name for command in COMMANDS}


def test_every_example_runs_in_the_order_of_the_page(capsys):
    for example in EXAMPLES:
        if example[0] in STARTERS:
            assert build_parser().parse_args(example).command == example[0]
            continue
        code = main(example)
        printed = capsys.readouterr()
        assert (code, printed.err) == (0, ""), f"oms {shlex.join(example)}"
        assert printed.out.strip(), f"oms {shlex.join(example)} prints nothing"
        if "--json" in example:
            json.loads(printed.out)


def keys_named(before: str, after: str) -> list[str]:
    part = PAGE.split(before, 1)[1].split(after, 1)[0]
    return re.findall(r"`([a-z_0-9]+)`", part.split("eys:", 1)[1])


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        ("status", "$ oms status --checks", "$ oms quarantine"),
        ("demand 20001 --by location", "$ oms demand 20001 --by location --json", "(each with"),
        ("forecast 20001", "$ oms forecast 20001 --json", "A week shows"),
        ("forecast why 20001", "$ oms forecast why 20001 --json", "$ oms forecast --by"),
        ("forecast --by shop", "$ oms forecast --by shop --json", "A week's keys"),
        ("override list --all", "$ oms override revoke", "(active"),
        ("override score", "$ oms override score", "$ oms routing"),
    ],
)
def test_the_keys_named_on_the_page_are_the_keys_printed(capsys, command, before, after):
    add = "override add 20001 --first-week 2011-12-12 --add 5 --reason why --by ana"
    assert main(shlex.split(add)) == 0
    capsys.readouterr()
    assert main([*command.split(), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    named = keys_named(before, after)
    found = list(printed[0] if isinstance(printed, list) else printed)
    assert found == [key for key in named if key in found]


def test_the_measures_of_the_kpis_are_those_of_their_definitions(capsys):
    assert main(["kpis", "--from", "2011-11-01", "--to", "2011-12-01", "--by", "week", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    about = ["release", "currency", "from", "to", "channel", "as_of"]
    assert set(printed) == {*about, *DEFINITIONS, "periods"}
    assert set(printed["periods"][0]) == {"period_start", "period_end", *DEFINITIONS}
