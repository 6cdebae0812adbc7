import re
from decimal import Decimal

import duckdb
import pytest

from warehouse.docs import data_dictionary
from warehouse.kpis import DEFINITIONS
from warehouse.settings import ROOT

METRICS = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def number(cell):
    return Decimal(cell.replace(",", "").replace("−", "-"))


@pytest.fixture(scope="module")
def table():
    rows = re.findall(r"^\| ([^|]+?) \| ([−\d,.]+) \|$", METRICS, re.MULTILINE)
    return {name.split(" = ")[0].replace(" ", "_"): number(value) for name, value in rows}


def test_the_worked_month_is_what_its_query_finds_in_the_source(table, monkeypatch):
    monkeypatch.chdir(ROOT)
    query = re.search(r"```sql\n(.*?)```", METRICS, re.DOTALL).group(1)
    with duckdb.connect() as con:
        found = con.execute(query)
        names = [column[0] for column in found.description]
        row = dict(zip(names, found.fetchone(), strict=True))
    assert {name: Decimal(value) for name, value in row.items()} == {name: table[name] for name in row}


def test_the_worked_months_derived_numbers_follow_from_the_others(table):
    assert table["net_sales"] == table["gross_sales"] - table["discounts"] - table["returns"]
    assert table["total_sales"] == table["net_sales"] + table["shipping"]
    average = (table["gross_sales"] - table["discounts"]) / table["orders"]
    assert table["average_order_value"] == round(average, 2)


def test_the_data_dictionary_in_the_docs_is_the_one_the_contracts_make():
    shipped = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert shipped == data_dictionary(), "run `oms docs` and commit docs/data-dictionary.md"


def test_the_data_dictionary_names_every_table_and_every_kpi():
    text = data_dictionary()
    assert "### marts.sales_fact" in text
    assert "Always true: `net_sales = gross_sales - discounts - returns`." in text
    for name in DEFINITIONS:
        assert f"| `{name}` |" in text
