"""When products end, from the ERP's feed to the marts: an optional column, dates a shop can have meant."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import pytest

from tests.support.core_rows import add, at, warehouse_of
from tests.support.home import settings_for
from tests.support.intake import PRODUCT_HEADER, Intake, products
from warehouse import contracts, marts
from warehouse.connection import writer
from warehouse.migrations import migrate

HEADER = PRODUCT_HEADER.replace("listed_at,", "listed_at,discontinued_at,")
ENDS = "SELECT discontinued_at FROM core.product WHERE sku = '22423'"


@pytest.fixture
def intake(tmp_path):
    return Intake(settings_for(tmp_path))


def feed(*ends: str, sent_at: str = "2011-11-30T00:00:00Z", header: str = HEADER) -> str:
    """A product export with the column: SKU0, SKU1 … end when said; 22423 where there is one alone."""
    names = ["22423"] if len(ends) == 1 else [f"SKU{number}" for number in range(len(ends))]
    rows = (
        f"{name},Thing,product,SUP01,1.5,6,12,2011-06-01T00:00:00Z,{end},{sent_at}"
        for name, end in zip(names, ends, strict=True)
    )
    return "\n".join([header, *rows]) + "\n"


def test_a_feed_without_the_column_leaves_every_product_without_an_end(intake):
    intake.put("erp/products/2011-11-30.csv", products())
    assert intake.run().quarantined == 0
    assert intake.rows("SELECT DISTINCT discontinued_at FROM core.product") == [(None,)]


def test_a_product_ends_at_the_instant_said_and_a_day_alone_is_the_shops(intake):
    said = ("", "2011-07-31T22:30:00Z", "2011-08-01", "2012-03-01T00:00:00+01:00")
    intake.put("erp/products/2011-11-30.csv", feed(*said))
    assert intake.run().quarantined == 0
    assert intake.rows("SELECT sku, discontinued_at FROM core.product ORDER BY sku") == [
        ("SKU0", None),
        ("SKU1", at("2011-07-31 22:30")),
        ("SKU2", at("2011-07-31 23:00")),  # midnight of the first in London's summer
        ("SKU3", at("2012-02-29 23:00")),
    ]


def test_the_column_stands_anywhere_and_in_any_case(intake):
    header = "Discontinued_At," + PRODUCT_HEADER
    row = "2011-12-01,22423,Thing,product,SUP01,1.5,6,12,2011-06-01T00:00:00Z,2011-11-30T00:00:00Z"
    intake.put("erp/products/2011-11-30.csv", f"{header}\n{row}\n")
    intake.run()
    assert intake.one(ENDS) == at("2011-12-01 00:00")


def test_a_later_version_moves_the_end_or_clears_it(intake):
    found = []
    for day, end in (("01", "2012-01-31"), ("02", "2012-02-29"), ("03", "")):
        sent = f"2011-12-{day}T00:00:00Z"
        intake.put(f"erp/products/2011-12-{day}.csv", feed(end, sent_at=sent))
        intake.run()
        found.append(intake.one(ENDS))
    assert found == [at("2012-01-31 00:00"), at("2012-02-29 00:00"), None]


def test_a_version_without_the_column_clears_the_end_as_an_empty_one_does(intake):
    intake.put("erp/products/2011-11-30.csv", feed("2012-01-31"))
    intake.run()
    intake.put("erp/products/2011-12-05.csv", products("22423", sent_at="2011-12-05T00:00:00Z"))
    intake.run()
    assert intake.one(ENDS) is None


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("soon", "discontinued_at soon is not a time"),
        ("2011-13-45T00:00:00Z", "discontinued_at 2011-13-45T00:00:00Z is not a time"),
        ("2011-05-31", "discontinued_at 2011-05-30 23:00:00+00 is before listed_at 2011-06-01 00:00:00+00"),
    ],
)
def test_an_end_that_cannot_be_is_held_back_with_its_row_and_the_version_before_stands(intake, end, reason):
    intake.put("erp/products/2011-11-30.csv", feed("2012-01-31"))
    intake.run()
    intake.put("erp/products/2011-12-02.csv", feed(end, sent_at="2011-12-02T00:00:00Z"))
    assert intake.run().quarantined == 1
    assert intake.rows("SELECT reason FROM raw.quarantine WHERE status = 'open'") == [(reason,)]
    assert intake.one(ENDS) == at("2012-01-31 00:00")


def test_the_mart_says_the_first_business_date_without_the_product_on_the_shops_clock(tmp_path):
    with warehouse_of(tmp_path / "home") as (con, settings):
        ends = {"GONE": at("2011-06-30 23:30"), "GOING": at("2012-01-01 00:00"), "STAYS": None}
        for sku, end in ends.items():
            add(con, "core.product", sku=sku, title=sku, product_kind="product", discontinued_at=end)
        marts.build(con, settings, as_of=at("2011-07-15 00:00"))
        found = con.execute("SELECT sku, discontinued_at, discontinued_on FROM marts.product ORDER BY sku")
        assert found.fetchall() == [
            ("GOING", ends["GOING"], date(2012, 1, 1)),
            ("GONE", ends["GONE"], date(2011, 7, 1)),
            ("STAYS", None, None),
        ]
        assert all(check.passed for check in contracts.check(con, "marts.product"))


OLD_CORE = """
CREATE TABLE core.product (
    sku VARCHAR NOT NULL, title VARCHAR NOT NULL, product_kind VARCHAR NOT NULL, supplier_id VARCHAR,
    unit_cost DECIMAL(18,4), pack_size DECIMAL(18,3) NOT NULL, min_order_quantity DECIMAL(18,3) NOT NULL,
    listed_at TIMESTAMPTZ NOT NULL, recorded_at TIMESTAMPTZ NOT NULL, document_seq BIGINT NOT NULL
)
"""


def as_before(con: duckdb.DuckDBPyConnection) -> None:
    """The warehouse as the version before left it: no ends, one product known."""
    con.execute("DELETE FROM meta.migration WHERE name = '0017_products_end'")
    con.execute("DROP TABLE core.product")
    con.execute(OLD_CORE)
    con.execute("ALTER TABLE marts.product DROP COLUMN discontinued_at")
    con.execute("ALTER TABLE marts.product DROP COLUMN discontinued_on")
    listed = datetime(2011, 6, 1, tzinfo=UTC)
    row = ("22423", "Thing", "product", "SUP01", 1.5, 6, 12, listed, listed, 0)
    con.execute("INSERT INTO core.product VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def test_a_warehouse_of_the_version_before_keeps_its_products_and_learns_their_ends(intake):
    with writer(intake.settings) as con:
        as_before(con)
        assert migrate(con) == ["0017_products_end"]
        for name in ("core.product", "marts.product"):
            assert [check.detail for check in contracts.check(con, name) if not check.passed] == []
    assert intake.rows("SELECT sku, discontinued_at FROM core.product") == [("22423", None)]
    intake.put("erp/products/2011-11-30.csv", feed("2012-01-31"))
    assert intake.run().quarantined == 0
    assert intake.one(ENDS) == at("2012-01-31 00:00")
    with writer(intake.settings) as con:
        marts.build(con, intake.settings, as_of=at("2011-12-10 00:00"))
        assert con.execute("SELECT discontinued_on FROM marts.product").fetchall() == [(date(2012, 1, 31),)]
