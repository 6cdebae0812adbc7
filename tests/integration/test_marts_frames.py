"""A model's frame as a mart: taken in the contract's columns and types, or refused by name."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from warehouse import contracts, marts
from warehouse.errors import ContractError

CHAMPION = {
    "demand_class": ["smooth"],
    "series": [3],
    "model_name": ["naive"],
    "wape": [0.5],
    "naive_wape": [None],
    "moving_average_wape": [0.7],
    "since": [date(2011, 6, 5)],
    "before": ["naive"],
    "challenger": [None],
    "gain": [None],
    "t_value": [None],
    "wins": [0],
    "origins": [0],
    "reason": ["the first"],
}


def test_a_frame_replaces_a_mart_in_the_contracts_columns_and_types(core):
    con, _ = core
    frame = pl.DataFrame(CHAMPION)
    assert marts.replace(con, "champion", frame) == 1
    assert marts.replace(con, "champion", frame.to_arrow()) == 1
    assert all(check.passed for check in contracts.check(con, "marts.champion"))
    assert con.execute("select * from marts.champion").fetchall() == [
        ("smooth", "naive", 3, 0.5, None, 0.7, date(2011, 6, 5), "naive", None, None, None, 0, 0, "the first")
    ]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame(CHAMPION).drop("wape"), r"missing columns \['wape'\]"),
        (pl.DataFrame(CHAMPION).with_columns(mape=pl.lit(1)), r"unexpected columns \['mape'\]"),
        (pl.DataFrame(CHAMPION).with_columns(series=pl.lit("three")), r"marts\.champion: .*three"),
        (pl.DataFrame(CHAMPION).with_columns(series=pl.lit(None)), r"marts\.champion: .*NULL"),
    ],
)
def test_a_frame_that_breaks_the_contract_is_refused_by_name(core, frame, message):
    with pytest.raises(ContractError, match=message):
        marts.replace(core[0], "champion", frame)
