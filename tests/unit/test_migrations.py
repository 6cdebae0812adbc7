import duckdb
import pytest

from warehouse import contracts
from warehouse.errors import WarehouseUnusable
from warehouse.migrations import FOLDER, migrate

SHIPPED = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("[0-9]*.sql"))}
COUNT_TABLES = "select count(*) from duckdb_tables() where schema_name in ('raw', 'core', 'marts')"


@pytest.fixture
def con(tmp_path):
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        yield con


def recorded(con):
    return [name for (name,) in con.execute("select name from meta.migration order by name").fetchall()]


def test_a_new_file_gets_every_declared_table_and_a_record_of_each(con):
    declared = {f"{schema}.{name}" for schema in contracts.SCHEMAS for name in contracts.tables(schema)}
    applied = migrate(con)
    assert {name.removeprefix("create ") for name in applied if name.startswith("create ")} == declared
    assert con.execute(COUNT_TABLES).fetchone()[0] == len(declared)
    assert recorded(con) == sorted(applied)


def test_migrating_twice_does_nothing_the_second_time(con):
    migrate(con)
    assert migrate(con) == []


def test_a_numbered_change_runs_once_on_a_file_that_existed_before_it(con):
    migrate(con)
    con.execute("insert into core.location values ('L1', 'One', 1, true, 0)")
    change = {"9001_location_has_a_city": "alter table if exists core.location add column city varchar"}
    assert migrate(con, files=SHIPPED | change) == ["9001_location_has_a_city"]
    assert migrate(con, files=SHIPPED | change) == []
    assert con.execute("select location_id, city from core.location").fetchall() == [("L1", None)]


def test_a_new_file_records_the_numbered_changes_without_running_them(con):
    applied = migrate(con, files={"0001_never": "alter table core.location drop column priority"})
    assert applied[0] == "0001_never"
    assert con.execute("select priority from core.location").fetchall() == []


def test_a_change_that_fails_leaves_neither_its_work_nor_its_record(con):
    migrate(con)
    halfway = "create table core.half (x integer); select * from core.no_such_table"
    with pytest.raises(duckdb.CatalogException):
        migrate(con, files=SHIPPED | {"9001_halfway": halfway})
    assert "9001_halfway" not in recorded(con)
    assert con.execute("select count(*) from duckdb_tables() where table_name = 'half'").fetchone() == (0,)


def test_a_table_declared_later_is_created_in_a_file_that_lacks_it(con):
    migrate(con)
    con.execute("drop table marts.dwell")
    con.execute("delete from meta.migration where name = 'create marts.dwell'")
    assert migrate(con) == ["create marts.dwell"]
    assert con.execute("select count(*) from marts.dwell").fetchone() == (0,)


def test_a_file_of_newer_code_is_refused(con):
    migrate(con)
    migrate(con, files=SHIPPED | {"9007_from_the_future": "select 1"})
    with pytest.raises(WarehouseUnusable, match="9007_from_the_future"):
        migrate(con)
