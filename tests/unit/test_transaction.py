"""What happens in a warehouse transaction happens whole, whatever stops it."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.transaction import transaction


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("CREATE TABLE kept (units INTEGER NOT NULL)")
        yield con


def units(con: duckdb.DuckDBPyConnection) -> list[int]:
    return [units for (units,) in con.execute("SELECT units FROM kept ORDER BY units").fetchall()]


def test_what_comes_to_its_end_is_kept(con):
    with transaction(con):
        con.execute("INSERT INTO kept VALUES (1), (2)")
    assert units(con) == [1, 2]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError, SystemExit, ValueError])
def test_what_is_stopped_leaves_nothing_and_the_connection_works_on(con, stop):
    with pytest.raises(stop), transaction(con):
        con.execute("INSERT INTO kept VALUES (1)")
        raise stop
    with transaction(con):
        con.execute("INSERT INTO kept VALUES (3)")
    assert units(con) == [3]


def test_a_refused_row_is_the_error_that_is_told(con):
    with pytest.raises(duckdb.ConstraintException, match="units"), transaction(con):
        con.execute("INSERT INTO kept VALUES (1)")
        con.execute("INSERT INTO kept VALUES (NULL)")
    assert units(con) == []


def test_a_failed_commit_is_told_as_what_it_is(con):
    con.execute("CREATE TABLE one (number INTEGER PRIMARY KEY)")
    other = con.cursor()
    with pytest.raises(duckdb.Error, match="(?i)constraint|conflict"), transaction(con):
        con.execute("INSERT INTO one VALUES (1)")
        other.execute("INSERT INTO one VALUES (1)")
    assert con.execute("SELECT count(*) FROM one").fetchone() == (1,)
