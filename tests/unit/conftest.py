"""A release made of the rows a test names."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def empty_release():
    from tests.support.release_builder import empty_marts

    con = empty_marts()
    yield con
    con.close()


@pytest.fixture
def release_of(empty_release):
    """The connection of a release that holds just the rows named: (table, the columns it is about)."""
    from tests.support.release_builder import filled, load
    from tests.support.small_shop import Rows

    def release(*rows: tuple[str, dict]):
        held = Rows()
        for table, row in rows:
            held.tables[table].append(filled(table, **row))
        load(empty_release, held)
        return empty_release

    return release
