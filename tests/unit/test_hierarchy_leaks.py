"""Nothing a forecast is made of knows a day after its cutoff; and the canary sings where a guard is gone.

One thing is measured from what came: on which days the whole shop was shut. A day ahead that turns out shut
is no demand to learn from or to be judged by, so the tests leave such days alone (and one shows them).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.hierarchy import boosting
from models.hierarchy.closures import closed_days
from models.hierarchy.features import Cells, columns
from models.hierarchy.forecast import Forecaster
from models.hierarchy.series import Flag, Series
from models.hierarchy.sight import Sight
from tests.support.daily_panel import demand_of, panel

SERIES, DAYS, CUTOFF, HORIZON = 16, 900, 800, 28
SHOP = slice(CUTOFF, CUTOFF + HORIZON)


def known_ahead(count: int) -> dict:
    rng = np.random.default_rng(5)
    promoted = (rng.random(DAYS + HORIZON) < 0.05).astype(float)
    return {
        "price": rng.uniform(4, 6, (count, DAYS + HORIZON)),
        "events": {"feast": (np.arange(DAYS + HORIZON) % 365 == 80).astype(float)},
        "flags": {"promoted": Flag("category", {"C1": promoted})},
    }


def history(demand: np.ndarray) -> Series:
    return panel(demand, horizon=HORIZON, **known_ahead(len(demand)))


def futures() -> list[np.ndarray]:
    """One past, several futures: as it was, all of it swapped, ten times as much, sold out, a spike."""
    as_it_was = demand_of(SERIES, DAYS)
    rng = np.random.default_rng(9)
    changed = [
        as_it_was[:, CUTOFF:][::-1],
        as_it_was[:, CUTOFF:] * 10 + 1,
        np.full((SERIES, DAYS - CUTOFF), np.nan),
    ]
    changed.append(rng.poisson(3.0, (SERIES, DAYS - CUTOFF)) * 1000.0 + 1)
    return [as_it_was, *(np.concatenate([as_it_was[:, :CUTOFF], part], axis=1) for part in changed)]


def same(found: list) -> bool:
    return all(one == found[0] for one in found[1:])


def seen(series: Series, *, cutoff: int = CUTOFF) -> dict[str, bytes]:
    """The bytes of all that is made as of the cutoff from a panel that goes on after it."""
    forecaster = Forecaster(series)
    sight, season = forecaster.sight, forecaster.season(cutoff)
    rows, steps = (place.reshape(-1) for place in np.indices((series.count, HORIZON)))
    made = columns(sight, cutoff, Cells(rows, steps), upper=season)
    upper, variance = forecaster.regressions.fitted(cutoff)
    parts = boosting._samples(sight, boosting._cutoffs(cutoff, HORIZON), upper=forecaster.season, seed=1)
    found = {
        "closed": forecaster.closed[:cutoff],
        "base": sight.base(cutoff),
        "columns": made.design,
        "what they correct": made.base,
        "regressions": upper,
        "their variance": variance,
        "trust": np.array(forecaster.trusted(cutoff)),
        "fast": forecaster.fast(cutoff),
        "samples": np.concatenate([part.seen.design for part in parts]),
        "targets": np.concatenate([part.sold for part in parts]),
        "weights": boosting.weights(sight, cutoff),
        "boosted": forecaster.boosted(cutoff, seed=1, threads=1),
    }
    return {name: values.tobytes() for name, values in found.items()}


@pytest.fixture(scope="module")
def as_it_was() -> dict[str, bytes]:
    return seen(history(futures()[0]))


@pytest.mark.slow
def test_no_future_changes_a_bit_of_what_is_made_as_of_a_day(as_it_was):
    found = [as_it_was, *(seen(history(demand)) for demand in futures()[1:])]
    for name in found[0]:
        assert same([one[name] for one in found]), name


def test_the_panel_cut_at_the_day_gives_the_very_same(as_it_was):
    """The cut panel cannot know what came: a backtest on the whole panel is one on the past alone."""
    assert seen(history(futures()[0]).before(CUTOFF)) == as_it_was


def test_no_sample_reaches_beyond_the_day_it_is_learned_for():
    for cutoff in (100, 500, CUTOFF):
        assert max(boosting._cutoffs(cutoff, HORIZON)) + HORIZON <= cutoff


def test_a_day_ahead_may_be_measured_shut_and_no_day_before_it_changes():
    as_it_was = demand_of(40, DAYS)
    shut = as_it_was.copy()
    shut[:, CUTOFF + 3] = 0
    open_days, closed = (closed_days(history(demand)) for demand in (as_it_was, shut))
    assert np.array_equal(open_days[:CUTOFF], closed[:CUTOFF])
    assert closed[CUTOFF + 3]
    assert not open_days[CUTOFF + 3]
    ahead, measured = (Forecaster(history(demand)).fast(CUTOFF) for demand in (as_it_was, shut))
    rest = np.arange(HORIZON) != 3
    assert measured[:, rest] == pytest.approx(ahead[:, rest], rel=5e-3, abs=1e-3)
    assert measured[:, 3].sum() == 0


# ------------------------------------------------------------------ the canary


def planted(series: Series, values: np.ndarray) -> Series:
    """With a column of the given values, known for each series and day: handed in as its price."""
    return replace(series, price=values.astype(np.float32))


def missed(series: Series, came: np.ndarray) -> float:
    """Absolute error of the boosted forecast as of the cutoff over what came."""
    said = Forecaster(series).boosted(CUTOFF, seed=1, threads=1)
    return float(np.abs(said - came).sum() / came.sum())


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    """(series, days) whose level jumps every day: who saw one day more would know much more."""
    rng = np.random.default_rng(2)
    jumps = rng.choice([0.25, 4.0], (40, DAYS // 4)).repeat(4, axis=1)
    return rng.poisson(8.0 * jumps).astype(np.float32)


@pytest.fixture(scope="module")
def plain(walk) -> float:
    return missed(panel(walk), walk[:, SHOP])


def test_a_column_of_the_future_helps_only_where_it_is_said_to_be_known_ahead(walk, plain):
    """Planted as known ahead it helps much, which shows the measure; cut at the day, it has nothing to
    say.
    """
    came = walk[:, SHOP]
    ahead = np.concatenate([walk, np.ones((40, HORIZON))], axis=1) + 1
    past_alone = ahead.copy()
    past_alone[:, CUTOFF:] = 1.0
    told = missed(planted(panel(walk), ahead), came)
    assert told < 0.8 * plain
    cut = panel(walk).before(CUTOFF)
    assert cut.demand.shape[1] == CUTOFF
    assert missed(cut, came) == plain
    scrambled = walk.copy()
    scrambled[:, CUTOFF:] = np.random.default_rng(0).permuted(walk[:, CUTOFF:], axis=0)
    assert missed(panel(scrambled), came) == plain


class OneDayMore(Sight):
    """A sight without its guard: whoever asks for a day is answered from that day too, as all levels are."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.levels = {alpha: np.roll(path, -1, axis=1) for alpha, path in self.levels.items()}


def test_the_canary_sings_when_a_sight_sees_one_day_more(walk, plain, monkeypatch):
    monkeypatch.setattr("models.hierarchy.forecast.Sight", OneDayMore)
    found = [seen(history(demand)) for demand in futures()[:3]]
    changed = {name for name in found[0] if not same([one[name] for one in found])}
    assert {"base", "columns", "boosted", "fast"} <= changed
    assert "regressions" not in changed
    assert missed(panel(walk), walk[:, SHOP]) < 0.99 * plain


def test_the_canary_sings_when_samples_reach_into_the_days_ahead(monkeypatch):
    monkeypatch.setattr(boosting, "_cutoffs", lambda cutoff, horizon: list(range(cutoff, 56, -14)))
    found = [seen(history(demand)) for demand in futures()[:3]]
    changed = {name for name in found[0] if not same([one[name] for one in found])}
    assert {"targets", "boosted"} <= changed
    assert "columns" not in changed


def test_the_canary_sings_when_closures_are_judged_by_days_after():
    def centered(series: Series) -> np.ndarray:
        total = series.units.sum(axis=0)
        usual = [np.median(total[max(day - 28, 0) : day + 29]) for day in range(len(total))]
        return total < 0.1 * np.array(usual)

    quiet = demand_of(40, DAYS)
    quiet[:, CUTOFF - 1] = 0
    quiet[0, CUTOFF - 1] = 3
    ended = quiet.copy()
    ended[:, CUTOFF:] = 0
    ended[0, CUTOFF:] = 1
    told = [centered(history(demand))[:CUTOFF] for demand in (quiet, ended)]
    guarded = [closed_days(history(demand))[:CUTOFF] for demand in (quiet, ended)]
    assert np.array_equal(*guarded)
    assert not np.array_equal(*told)
