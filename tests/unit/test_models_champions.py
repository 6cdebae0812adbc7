"""Who speaks for a segment: noise does not move the choice from week to week, a real improvement does."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from models.champions import Cells, certainty, decide, weekly_gains

WEEK = timedelta(weeks=1)
FIRST = date(2022, 1, 2)
WEEKS, HORIZON, START, END = 90, 13, 30, 82


def cells(errors: dict[str, list[float]], *, per_origin: int = 4) -> Cells:
    """Origins four weeks apart, `per_origin` weeks each."""
    count = len(next(iter(errors.values())))
    origins = [FIRST + (number // per_origin) * 4 * WEEK for number in range(count)]
    weeks = [origin + (1 + number % per_origin) * WEEK for number, origin in enumerate(origins)]
    return Cells(origins, weeks, {name: np.array(values, dtype=float) for name, values in errors.items()})


def test_the_lower_error_takes_over_where_margin_origins_and_certainty_agree():
    verdict = decide(cells({"old": [10, 11, 12, 10] * 3, "new": [9, 10, 11, 9] * 3}), reigning="old")
    assert (verdict.champion, verdict.before, verdict.is_changed) == ("new", "old", True)
    assert verdict.gain == pytest.approx(12 / 129)
    assert verdict.reason.startswith("new is better by 9.3%, at 3 of 3 origins")


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ([10, 11, 12, 10.4] * 3, "no other is better"),
        ([9.95, 10.95, 11.9, 9.95] * 3, "less than 1%"),
        ([2, 2, 2, 2] + [10.3, 11.3, 12.3, 10.3] * 2, "only at 1 of 3 origins"),
        ([5, 11.4, 12.4, 9.8, 9.6, 11.4, 12.4, 9.8, 9.6, 10.6, 12.4, 9.8], "may be chance"),
    ],
)
def test_the_reigning_one_stays_without_proof_and_the_verdict_says_what_lacks(new, why):
    verdict = decide(cells({"old": [10, 11, 12, 10] * 3, "new": new}), reigning="old")
    assert not verdict.is_changed
    assert why in verdict.reason


def test_two_origins_prove_little():
    verdict = decide(cells({"old": [10.0] * 8, "new": [5.0] * 8}), reigning="old")
    assert not verdict.is_changed
    assert "2 origins prove little" in verdict.reason


def test_nothing_measured_leaves_the_reigning_one():
    assert decide(None, reigning="old").champion == "old"
    assert decide(cells({"old": [0.0] * 12, "new": [0.0] * 12}), reigning="old").champion == "old"


def test_a_week_forecast_at_two_origins_is_one_piece_of_evidence():
    twice = Cells(
        [FIRST, FIRST + WEEK], [FIRST + 2 * WEEK] * 2, {"old": np.array([4.0, 6]), "new": np.array([3.0, 3])}
    )
    assert weekly_gains(twice, "new", reigning="old").tolist() == [0.4]


def test_certainty_is_the_mean_over_its_standard_error_with_neighbors_correlation():
    gains = np.array([0.1, 0.3] * 10)
    spread = gains - gains.mean()
    variance = np.mean(spread**2) * (
        1 + 2 * sum((1 - lag / 5) * (-1) ** lag * (1 - lag / 20) for lag in (1, 2, 3, 4))
    )
    assert certainty(gains) == pytest.approx(0.2 / np.sqrt(variance / 20))
    assert certainty(gains[:7]) is None


def series(rng: np.random.Generator, count: int, *, persistence: float) -> np.ndarray:
    found = rng.standard_normal(count)
    for place in range(1, count):
        found[place] = persistence * found[place - 1] + np.sqrt(1 - persistence**2) * found[place]
    return found


def world(seed: int, *, better: float, spread: float = 0.06) -> dict[str, np.ndarray]:
    """(origins, steps) errors of two models that err alike but for noise by week, by origin and by cell."""
    rng = np.random.default_rng(seed)
    week = np.arange(WEEKS)[:, None] + 1 + np.arange(HORIZON)[None, :]
    busy = 1 + 0.2 * series(rng, WEEKS + HORIZON + 1, persistence=0.9)
    found = {}
    for name, factor in (("old", 1.0), ("new", 1.0 - better)):
        by_week = series(rng, WEEKS + HORIZON + 1, persistence=0.6)[week]
        by_origin = series(rng, WEEKS, persistence=0.8)[:, None]
        noise = by_week + by_origin + rng.standard_normal((WEEKS, HORIZON))
        found[name] = factor * np.maximum(np.maximum(busy[week], 0.2) * (1 + spread * noise), 0.01)
    return found


def seen_at(errors: dict[str, np.ndarray], now: int) -> Cells:
    """The weekly run's view: five origins, four weeks apart, and the weeks of them that have come."""
    places = [
        (origin, step)
        for origin in (now - 29, now - 16, now - 12, now - 8, now - 4)
        for step in range(min(HORIZON, now - origin))
    ]
    return Cells(
        [FIRST + origin * WEEK for origin, _ in places],
        [FIRST + (origin + step + 1) * WEEK for origin, step in places],
        {name: np.array([values[place] for place in places]) for name, values in errors.items()},
    )


def a_year(seed: int, *, better: float) -> tuple[list[str], list[str]]:
    """Champion by week under our rule, and under 'the lowest error wins'."""
    errors, reigning, ours, lowest = world(seed, better=better), "old", [], []
    for now in range(START, END):
        found = seen_at(errors, now)
        reigning = decide(found, reigning=reigning).champion
        ours.append(reigning)
        lowest.append(min(("old", "new"), key=found.total))
    return ours, lowest


def changes(path: list[str]) -> int:
    return sum(a != b for a, b in zip(path, path[1:], strict=False))


def test_noise_between_equals_does_not_flip_the_choice_from_week_to_week():
    years = [a_year(seed, better=0.0) for seed in range(20)]
    ours = [changes(path) for path, _ in years]
    lowest = [changes(path) for _, path in years]
    assert max(ours) <= 3
    assert np.mean(ours) < np.mean(lowest) / 4


def test_a_real_improvement_wins_within_weeks_and_holds():
    years = [a_year(seed, better=0.1)[0] for seed in range(20)]
    assert np.median([path.index("new") for path in years]) <= 2
    assert np.mean([path.count("new") / len(path) for path in years]) >= 0.9
    assert np.mean([changes(path) for path in years]) <= 1.5
