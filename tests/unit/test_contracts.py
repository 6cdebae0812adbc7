import duckdb
import pytest

from warehouse import contracts
from warehouse.contracts import Column, Table
from warehouse.errors import ContractError

CONTRACT = contracts.table("core.order_line")


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("create schema core")
        yield con


def line(**changes):
    plain = {
        "order_id": "shop:1",
        "line_id": "1",
        "line_no": 1,
        "sku": "85123A",
        "title": None,
        "line_type": "product",
        "adjustment_kind": None,
        "quantity": 2,
        "unit_price": 2.55,
        "amount": 5.10,
        "recorded_at": "2011-01-01 00:00:00+00",
        "document_seq": 1,
    }
    return plain | changes


def insert(con, *lines):
    for row in lines:
        marks = ", ".join("?" for _ in row)
        con.execute(f"insert into core.order_line ({', '.join(row)}) values ({marks})", list(row.values()))  # noqa: S608


def failed(con):
    return {check.check_name: check for check in contracts.check(con, "core.order_line") if not check.passed}


@pytest.mark.parametrize("schema", contracts.SCHEMAS)
def test_every_declared_table_can_be_created_and_an_empty_one_keeps_its_contract(con, schema):
    con.execute(f"create schema if not exists {schema}")
    for name, contract in contracts.tables(schema).items():
        con.execute(contracts.ddl(contract))
        assert all(check.passed for check in contracts.check(con, f"{schema}.{name}"))


def test_a_good_row_passes_every_check(con):
    con.execute(contracts.ddl(CONTRACT))
    insert(con, line(), line(line_id="2", line_no=2))
    assert failed(con) == {}
    names = [check.check_name for check in contracts.check(con, "core.order_line")]
    assert len(names) == len(set(names))
    assert "core.order_line: amount = quantity * unit_price" in names


def test_a_repeated_key_is_counted_and_named(con):
    con.execute(contracts.ddl(CONTRACT))
    insert(con, line(), line(sku="X"), line(line_id="2"))
    broken = failed(con)["core.order_line: key (order_id, line_id) is unique"]
    assert broken.is_blocking
    assert broken.violations == 1
    assert "shop:1" in broken.detail


def test_an_identity_that_does_not_hold_is_counted(con):
    con.execute(contracts.ddl(CONTRACT))
    insert(con, line(), line(line_id="2", amount=5.11))
    assert failed(con)["core.order_line: amount = quantity * unit_price"].violations == 1


def test_null_is_refused_by_the_table_and_found_where_the_table_let_it_in(con):
    con.execute(contracts.ddl(CONTRACT))
    with pytest.raises(duckdb.ConstraintException):
        insert(con, line(sku=None))
    con.execute("alter table core.order_line alter column sku drop not null")
    insert(con, line(sku=None))
    assert failed(con)["core.order_line: not null"].detail == "sku is NULL in 1"


def test_missing_unexpected_and_retyped_columns_are_named(con):
    con.execute(contracts.ddl(CONTRACT))
    con.execute("alter table core.order_line drop column title")
    con.execute("alter table core.order_line add column color varchar")
    con.execute("alter table core.order_line alter column quantity type double")
    broken = failed(con)["core.order_line: columns"]
    assert broken.violations == 3
    assert broken.detail == "missing title, unexpected color, quantity is DOUBLE, not DECIMAL(18,3)"


def test_a_table_that_is_not_there_fails_its_check(con):
    assert failed(con)["core.order_line: columns"].detail == "no such table"


def test_a_second_unique_set_is_checked(con):
    con.execute("create schema raw")
    document = contracts.table("raw.document")
    con.execute(contracts.ddl(document))
    row = "'shopify', 'orders', '1', 'abc', timestamptz '2011-01-01 00:00:00+00', '{}', 1, 1, 'r'"
    con.execute(f"insert into raw.document values (1, {row}), (2, {row})")  # noqa: S608
    broken = [check for check in contracts.check(con, "raw.document") if not check.passed]
    assert [check.violations for check in broken] == [1]
    assert "content_hash" in broken[0].check_name


def test_meaning_and_unit_become_the_columns_comment(con):
    con.execute(contracts.ddl(CONTRACT))
    comment = con.execute(
        "select comment from duckdb_columns() where table_name = 'order_line' and column_name = 'amount'"
    ).fetchone()[0]
    assert comment == "quantity x unit_price; unit: currency"


def test_a_table_made_anew_takes_the_place_of_the_old_one_with_not_null_and_comments(con):
    con.execute("create table core.order_line as select 'a' as order_id, '1' as line_id, 1 as line_no")
    narrow = Table(
        schema="core",
        name="order_line",
        grain="one line",
        key=("order_id",),
        unique=(),
        columns=(Column("order_id", "VARCHAR", False, "", "it's an id"),),
        identities=(),
    )
    con.execute(contracts.ddl(narrow, anew=True))
    found = con.execute("select column_name, comment from duckdb_columns() where table_name = 'order_line'")
    assert found.fetchall() == [("order_id", "it's an id")]
    assert con.table("core.order_line").fetchall() == []
    with pytest.raises(duckdb.ConstraintException):
        con.execute("insert into core.order_line (order_id) values (null)")


def test_an_unknown_table_or_schema_says_which_there_are():
    with pytest.raises(ContractError, match=r"no contract for 'core\.orders'; core has .*order_header"):
        contracts.table("core.orders")
    with pytest.raises(ContractError, match="known: raw, core, marts"):
        contracts.tables("staging")


def test_identifiers_and_literals_survive_quotes(con):
    name, text = 'a "b"', "it's"
    found = con.execute(f"select {contracts.literal(text)} as {contracts.quoted(name)}")
    assert found.description[0][0] == name
    assert found.fetchone() == (text,)
