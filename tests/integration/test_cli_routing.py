"""`oms routing`: rules shown, an order explained, what waits brokered, a person's decisions, what-if."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oms_ops.service import OrderService, StockService
from oms_ops.store import open_book
from pipelines.cli import main
from tests.support.order_book import new_order
from warehouse.settings import ROOT, load

AT = datetime(2011, 12, 1, 12, tzinfo=UTC)
RULES = """
[[routing]]
name = "all"
[[routing.rule]]
name = "one parcel"
max_parcels = 1
split_penalty = 1
unfilled = "manual"
"""


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """The shipped settings and one rule set; 5 units at LONDON."""
    path = tmp_path / "oms.toml"
    path.write_text((ROOT / "oms.toml").read_text(encoding="utf-8") + RULES, encoding="utf-8")
    monkeypatch.setenv("OMS_SETTINGS", str(path))
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    settings = load()
    with open_book(settings.order_book_url) as book:
        StockService(book, settings).receive("A", "LONDON", quantity=5, at=AT, key="receipt")
        for name, units in (("1", 2), ("2", 9)):
            order = new_order(name, ("A", units))
            OrderService(book, settings).place(order, may_wait=True, at=AT, key=f"order {name}")
    return tmp_path


@pytest.fixture
def oms(home, capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_the_rules_are_shown_in_words(oms):
    code, printed, _ = oms("routing", "show")
    assert code == 0
    assert "all      one parcel" in printed
    assert "shipping; a split 1.00" in printed
    assert json.loads(oms("routing", "show", "--json")[1])["routings"][0]["rules"][0]["unfilled"] == "manual"


def test_an_order_is_explained_in_words_and_by_other_rules(oms, home):
    """Two units of 0.3 kg within the UK cost 3.20."""
    code, printed, _ = oms("routing", "explain", "shopify:1")
    assert code == 0
    assert "LONDON: 2 x A" in printed and "shipping 3.20" in printed
    assert "not GLASGOW by one parcel: has none of it" in printed
    other = home / "other.toml"
    other.write_text(RULES.replace("max_parcels = 1", 'locations = ["GLASGOW"]'), encoding="utf-8")
    answer = json.loads(oms("routing", "explain", "shopify:1", "--rules", str(other), "--json")[1])
    assert answer["decision"]["unfilled"] == {"A": 2}
    assert oms("routing", "explain", "shopify:x")[2] == "oms: no order 'shopify:x' in the order book\n"


def test_an_order_on_the_manual_queue_is_listed_assigned_and_given_back(oms, home):
    """3 of its 9 units came from LONDON at once."""
    (row,) = json.loads(oms("routing", "manual", "--json")[1])
    assert (row["order_id"], row["units"]) == ("shopify:2", 6)
    code, _, said = oms("routing", "assign", "shopify:2", "glasgow")
    assert (code, said) == (1, "oms: out of stock: A: 6 wanted, 0 available\n")
    settings = load()
    with open_book(settings.order_book_url) as book:
        StockService(book, settings).receive("A", "GLASGOW", quantity=9, at=AT, key="more")
    assert oms("routing", "run")[1] == "nothing waits for stock\n"
    assert oms("routing", "assign", "shopify:2", "glasgow")[1] == "6 units of shopify:2 come from GLASGOW\n"
    assert oms("routing", "manual")[1] == "no order waits for a person\n"
    assert "does not wait for a person" in oms("routing", "requeue", "shopify:2")[2]


def test_what_waits_is_shown_and_brokered(oms, home):
    settings = load()
    with open_book(settings.order_book_url) as book:
        StockService(book, settings).receive("A", "GLASGOW", quantity=9, at=AT, key="more")
    printed = oms("routing", "run", "shopify:2", "--dry-run")[1]
    assert "GLASGOW: 6 x A" in printed
    done = json.loads(oms("routing", "run", "shopify:2", "--json")[1])
    assert (done["orders"], done["units_allocated"], done["cost"], done["gap"]) == (1, 6, 5.2, 0)


def test_rules_that_cannot_be_used_say_why_in_one_line(oms, home):
    bad = home / "bad.toml"
    bad.write_text(RULES.replace("max_parcels", "max_parcel"), encoding="utf-8")
    days = ("--from", "2011-12-01", "--to", "2011-12-02")
    code, _, said = oms("routing", "what-if", "--rules", str(bad), *days)
    assert code == 1
    assert said.startswith(f"oms: {bad}: [[routing]] 'all', rule 1 has no setting 'max_parcel'; did you mean")
    assert "no settings file at nowhere" in oms("routing", "show", "--rules", "nowhere")[2]
    bad.write_text("[alerts]\nfile = 'x'", encoding="utf-8")
    assert "needs [[routing]]; found alerts" in oms("routing", "show", "--rules", str(bad))[2]


def test_what_if_compares_in_a_table_and_in_json(oms, home):
    example = home / "rules.toml"
    assert oms("routing", "example", "--out", str(example))[0] == 0
    asked = ("routing", "what-if", "--rules", str(example), "--from", "2011-12-01", "--to", "2011-12-02")
    answer = json.loads(oms(*asked, "--json")[1])
    assert (answer["orders"], answer["now"]["filled_units"], answer["other"]["filled_units"]) == (2, 5, 5)
    assert answer["difference"]["orders_for_a_person"] == -1
    assert "shipping" in oms(*asked)[1]
