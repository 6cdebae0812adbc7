"""The door to the read queries: every question, once."""

from __future__ import annotations

from inspect import isfunction

from warehouse import queries
from warehouse.queries.asking import SQL


def test_every_question_has_one_sql_file_of_its_name_and_stands_at_the_door():
    questions = {name for name in queries.__all__ if isfunction(getattr(queries, name))}
    assert questions == {path.stem for path in SQL.iterdir()}
