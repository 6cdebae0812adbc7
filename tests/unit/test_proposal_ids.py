"""Two proposals for the same product on the same day are told apart."""

from __future__ import annotations

import polars as pl
import pytest

from models.proposal_ids import DECIDED, told_apart


def named(quantity: float, *decided: tuple[str, str, float]) -> list[str]:
    rows = pl.DataFrame({"proposal_id": ["A@X@2011-12-10", "B@X@2011-12-10"], "quantity": [quantity, 5.0]})
    return told_apart(rows, pl.DataFrame(decided, schema=DECIDED, orient="row"))["proposal_id"].to_list()


@pytest.mark.parametrize(
    ("quantity", "decided", "expected"),
    [
        (20.0, [], ""),
        (20.0, [("", "accepted", 100)], "#2"),
        (20.0, [("", "accepted", 100), ("#2", "changed", 30)], "#3"),
        (100.0, [("", "declined", 100)], ""),
        (101.0, [("", "declined", 100)], "#2"),
        (101.0, [("", "declined", 100), ("#2", "declined", 200)], "#2"),
    ],
    ids=["none", "ordered", "ordered twice", "no more than declined", "more than declined", "twice declined"],
)
def test_what_is_proposed_anew_is_another_proposal(quantity, decided, expected):
    rows = [(f"A@X@2011-12-10{number}", decision, float(units)) for number, decision, units in decided]
    assert named(quantity, *rows) == [f"A@X@2011-12-10{expected}", "B@X@2011-12-10"]
