"""`oms alerts score` on a small real shop: walked, printed, kept, published and used by the next run.

Amazon sells from London alone and nobody else does: two stock pools, each planned and alerted on its own.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import runner
from pipelines.cli import main
from tests.support.home import settings_for, small_sample
from warehouse import releases
from warehouse.connection import reader
from warehouse.settings import ROOT, Forecast

pytestmark = pytest.mark.slow

SINCE = datetime(2011, 3, 1)  # noqa: DTZ001 - shop-local, as the source is
END = datetime(2011, 12, 10, tzinfo=UTC)
WEEKS = 4
NETWORKS = {True: ["LONDON"], False: ["LEICESTER", "GLASGOW"]}  # Amazon's, everybody else's
SUMMED = """
WITH said AS (
    SELECT cutoff_date, week_start, sum(mean) AS units FROM backtest_forecast GROUP BY ALL
),
came AS (
    SELECT week_start, sum(units + coalesce(lost_units, 0)) AS units FROM demand_history GROUP BY ALL
)
SELECT
    count(DISTINCT cutoff_date), count(*), sum(came.units),
    sum(abs(said.units - came.units)) / sum(came.units), sum(said.units - came.units) / sum(came.units)
FROM said JOIN came USING (week_start)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    settings = settings_for(tmp_path_factory.mktemp("scored") / "home", forecast=Forecast(backtest_origins=2))
    channels = tuple(
        replace(one, network=tuple(NETWORKS[one.channel_id == "amazon"])) for one in settings.channels
    )
    settings = replace(settings, channels=channels)
    small_sample(settings.home, since=SINCE, fifth_digits="1")
    assert runner.run_once(settings, as_of=END, stream=io.StringIO()).failure is None
    return settings


def two_pools(path: Path) -> Path:
    """The shop's settings as a file, for the command."""
    head, *channels = (ROOT / "oms.toml").read_text(encoding="utf-8").split("[[channel]]")
    networks = [
        re.sub("network = .*", f"network = {NETWORKS[is_amazon]}", channel, count=1)
        for channel in channels
        for is_amazon in ['channel_id = "amazon"' in channel]
    ]
    path.write_text("[[channel]]".join([head, *networks]), encoding="utf-8")
    return path


@pytest.fixture
def oms(shop, monkeypatch, capsys):
    monkeypatch.setenv("OMS_HOME", str(shop.home))
    monkeypatch.setenv("OMS_SETTINGS", str(two_pools(shop.home / "two-pools.toml")))

    def run(*arguments: str) -> str:
        assert main(arguments) == 0
        return capsys.readouterr().out

    return run


def test_each_stock_pool_is_planned_and_alerted_on_its_own(shop):
    with releases.current(shop).connect() as con:
        pools = con.execute("SELECT stock_pool, location_id FROM stock_position GROUP BY ALL ORDER BY ALL")
        assert pools.fetchall() == [
            ("LEICESTER", "GLASGOW"), ("LEICESTER", "LEICESTER"), ("LONDON", "LONDON"),
        ]  # fmt: skip
        bought = con.execute("SELECT DISTINCT stock_pool FROM proposal ORDER BY ALL").fetchall()
        alerted = con.execute("SELECT DISTINCT location_id FROM alert ORDER BY ALL").fetchall()
    assert bought == alerted == [("LEICESTER",), ("LONDON",)]


def test_the_run_scores_the_totals_it_forecasts(shop):
    """The plain sum of the shop anew, from what the release says of each sku and of each week."""
    with releases.current(shop).connect() as con:
        by_hand = con.execute(SUMMED).fetchone()
        row = con.execute(
            "SELECT origins, weeks, actual_units, sum_wape, sum_bias FROM level_accuracy "
            "WHERE dimension = 'shop' AND NOT is_whole"
        ).fetchone()
        floors = con.execute("SELECT count(naive_wape), count(*) FROM level_accuracy").fetchone()
        scored = con.execute("SELECT dimension, member FROM level_accuracy WHERE NOT is_whole").fetchall()
        forecast = con.execute("SELECT DISTINCT dimension, member FROM forecast_level").fetchall()
    assert sorted(scored) == sorted(forecast)
    assert row == pytest.approx(by_hand, abs=1e-6)
    assert row[:2] == (2, 12), "eight weeks of the first origin and four of the second"
    assert floors == (0, floors[1]), "the shop is younger than a year"


def test_any_past_window_is_replayed_with_what_was_there_then(oms):
    then = json.loads(oms("curve", "--weeks", "4", "--until", "2011-11-07", "--json"))
    now = json.loads(oms("curve", "--weeks", "4", "--json"))
    assert (then[0]["first_week"], now[0]["first_week"]) == ("2011-10-10", "2011-11-07")
    assert rows_of(then) == rows_of(now)
    for pool in ("", "LEICESTER", "LONDON"):
        stock = {name: was_in(pool, rows)["stock_value"] for name, rows in (("then", then), ("now", now))}
        assert stock["then"] != stock["now"]
    for rows in (then, now):
        parts = [was_in(pool, rows)["stock_value"] for pool in ("LEICESTER", "LONDON")]
        assert was_in("", rows)["stock_value"] == pytest.approx(sum(parts))


def was_in(pool: str, rows: list[dict]) -> dict:
    (found,) = (row for row in rows if (row["stock_pool"], row["kind"]) == (pool, "today"))
    return found


def rows_of(rows: list[dict]) -> list[tuple]:
    return [(row["stock_pool"], row["kind"], row["service_level"]) for row in rows]


def test_a_dry_run_prints_and_keeps_nothing(shop, oms):
    text = oms("alerts", "score", "--weeks", str(WEEKS), "--stock", "played", "--dry-run")
    assert "days of cover" in text
    assert "90% to 100%" in text
    shop.home.joinpath("printed.txt").write_text(text)
    with reader(shop) as con:
        assert con.table("marts.alert_score").count("*").fetchone() == (0,)


def test_the_score_is_printed_kept_published_and_learnt_from(shop, oms):
    found = json.loads(oms("alerts", "score", "--weeks", str(WEEKS), "--json"))
    assert set(found["stocks"]) == {"played", "recorded"}
    for stock in found["stocks"].values():
        ours, cover, min_max = stock["scores"]
        assert [ours["rule"], cover["rule"], min_max["rule"]] == ["forecast", "days_of_cover", "min_max"]
        assert max(cover["alerts"], min_max["alerts"]) <= ours["alerts"]
        assert ours["stockouts"] == cover["stockouts"] == min_max["stockouts"]
        assert all(
            score["warned_in_time"] <= score["warned"] <= score["stockouts"] for score in stock["scores"]
        )
        assert sum(row["cases"] for row in stock["calibration"]) == stock["sayings"] > 0
        assert 0 < stock["mornings"] <= WEEKS
        pools = stock["pools"]
        assert set(pools) == {"LEICESTER", "LONDON"}
        assert sum(pool["sayings"] for pool in pools.values()) == stock["sayings"]
        assert sum(pool["scores"][0]["stockouts"] for pool in pools.values()) == ours["stockouts"]
    played = found["stocks"]["played"]
    ours = played["scores"][0]
    assert ours["stockouts"] > 0
    printed = shop.home.joinpath("printed.txt").read_text()  # the same walk, by the test before
    assert f"{ours['alerts']:,}" in printed
    assert f"{ours['stockouts']:,}" in printed

    again = runner.run_once(shop, as_of=END, stream=io.StringIO())
    assert again.failure is None
    with releases.current(shop).connect() as con:
        kept = con.execute(
            "SELECT stock, rule, alerts FROM alert_score WHERE stock_pool = '' ORDER BY ALL"
        ).fetchall()
        of_pools = con.execute("SELECT DISTINCT stock_pool FROM alert_score ORDER BY ALL").fetchall()
        tenths = con.execute("SELECT count(*), sum(cases) FROM alert_calibration").fetchone()
        open_alerts = con.execute(
            "SELECT stockout_probability, explanation FROM alert "
            "WHERE rule = 'stockout_risk' AND state = 'raised'"
        ).fetchall()
    assert len(kept) == 6
    assert of_pools == [("",), ("LEICESTER",), ("LONDON",)]
    assert ("played", "forecast", played["scores"][0]["alerts"]) in kept
    assert tenths == (20, sum(stock["sayings"] for stock in found["stocks"].values()))
    assert open_alerts
    assert all(f"{chance:.0%} chance to run out" in words for chance, words in open_alerts)
