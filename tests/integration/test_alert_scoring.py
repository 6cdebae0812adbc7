"""What the alerts' track record leaves in the warehouse, and who may read it when."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from models import alert_scores
from models.alert_scores import Score
from models.recalibration import Recalibration
from models.track_record import PoolRecord, Record
from pipelines import alert_scoring
from pipelines.cli_alert_score import as_json, print_record
from tests.support.core_rows import warehouse_of
from warehouse.connection import reader

SCORED = datetime(2011, 12, 4, tzinfo=UTC)


def record(stock: str, *, true: float) -> Record:
    said = alert_scores.calibration(np.array([0.75, 0.05]), np.array([True, False]))
    score = Score("forecast", alerts=0, right=0, stockouts=1, warned=0, warned_in_time=0, days_warned=None,
                  raise_at=np.inf)  # fmt: skip
    return Record(
        stock=stock, first_morning=date(2011, 6, 6), last_morning=date(2011, 11, 28), mornings=26, sayings=2,
        scores=[score], calibration=said, uncorrected=said,
        recalibration=Recalibration(said=(0.2, 0.8), true=(0.1, true), cases=50),
    )  # fmt: skip


@pytest.fixture
def shop(tmp_path):
    with warehouse_of(tmp_path / "home") as (_con, settings):
        pass
    alert_scoring.keep(settings, [record("played", true=0.6), record("recorded", true=0.3)], as_of=SCORED)
    return settings


def known(settings, *, as_of: datetime = SCORED, learn_from: str = "played") -> float:
    chosen = dataclasses.replace(settings, alerts=dataclasses.replace(settings.alerts, learn_from=learn_from))
    with reader(settings) as con:
        return float(alert_scoring.known(con, chosen, as_of=as_of).apply(np.array([0.8]))[0])


def test_probabilities_are_corrected_from_the_stock_the_settings_name(shop):
    assert known(shop) == 0.6
    assert known(shop, learn_from="recorded") == 0.3
    assert known(shop, learn_from="none") == 0.8


def test_a_run_as_of_an_earlier_instant_does_not_know_what_was_scored_later(shop):
    assert known(shop, as_of=SCORED - timedelta(seconds=1)) == 0.8


def test_a_home_never_scored_believes_what_is_said(tmp_path):
    with warehouse_of(tmp_path / "other") as (_con, settings):
        pass
    assert known(settings) == 0.8


def test_the_record_is_replaced_whole_and_its_mark_moves(shop):
    with reader(shop) as con:
        before = alert_scoring.mark(con)
        assert con.table("marts.alert_calibration").count("*").fetchone() == (20,)
        assert con.execute("SELECT DISTINCT raise_at, recall FROM marts.alert_score").fetchall() == [
            (None, 0.0)
        ]
    alert_scoring.keep(shop, [record("played", true=0.5)], as_of=SCORED + timedelta(days=7))
    with reader(shop) as con:
        assert con.execute("SELECT stock FROM marts.alert_score").fetchall() == [("played",)]
        assert alert_scoring.mark(con) != before
    assert known(shop, as_of=SCORED + timedelta(days=7)) == 0.5
    assert known(shop, as_of=SCORED + timedelta(days=7), learn_from="recorded") == 0.8


@pytest.fixture
def in_two_pools() -> Record:
    """The south had both stock-outs, and an alert before one of them."""
    whole = record("played", true=0.6)
    scores = {
        name: Score("forecast", alerts=alerts, right=right, stockouts=stockouts, warned=right,
                    warned_in_time=0, days_warned=3.0, raise_at=0.5)
        for name, alerts, right, stockouts in (("NORTH", 1, 0, 0), ("SOUTH", 1, 1, 2))
    }  # fmt: skip
    pools = tuple(PoolRecord(name, 2, [score], whole.calibration) for name, score in scores.items())
    return dataclasses.replace(whole, pools=pools)


def test_each_stock_pool_is_kept_beside_all_together(shop, in_two_pools):
    alert_scoring.keep(shop, [in_two_pools], as_of=SCORED)
    with reader(shop) as con:
        rows = con.execute("SELECT stock_pool, alerts, recall FROM marts.alert_score ORDER BY ALL").fetchall()
    assert rows == [("", 0, 0.0), ("NORTH", 1, None), ("SOUTH", 1, 0.5)]
    assert known(shop) == 0.6  # learnt from all of them together


def test_each_stock_pool_is_printed_and_told_programs(in_two_pools, capsys):
    print_record(in_two_pools)
    table = capsys.readouterr().out.split("Stock pool")[1]
    north, south = table.strip().splitlines()[1:]
    assert north.split()[:2] == ["NORTH", "0"]
    assert south.split() == [
        "SOUTH",
        "2",
        "this",
        "platform",
        "1",
        "100.0%",
        "50.0%",
        "0.0%",
        "3.0",
        "40.0%",
        "50.0%",
    ]
    (stock,) = as_json([in_two_pools], as_of=SCORED)["stocks"].values()
    assert stock["pools"]["SOUTH"]["scores"][0]["recall"] == 0.5
    assert [score["rule"] for score in stock["scores"]] == ["forecast"]
    alone = as_json([record("played", true=0.6)], as_of=SCORED)["stocks"]["played"]
    assert "pools" not in alone
