"""What overrides were worth: kept as laid before the week, scored after it, and weighed by their record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from models.overrides import override_steps
from models.value_added import KEPT, keep_steps, learned_weights, scored_steps

MONDAY = date(2024, 1, 1)
MADE = datetime(2023, 12, 30, tzinfo=UTC)


def week(number: int) -> date:
    return MONDAY + timedelta(weeks=number)


def forecast(mean: float = 10.0, *, skus: str = "AB", weeks: int = 4, made: datetime = MADE) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"sku": sku, "week_start": week(number), "mean": mean, "model_mean": mean,
             "model_name": "boosting", "made_as_of": made}
            for sku in skus
            for number in range(weeks)
        ]
    )  # fmt: skip


def override(name: str, action: str, value: float, **more) -> dict:
    return {
        "override_id": name, "scope": "sku", "sku": "A", "category": None, "first_week": week(0),
        "last_week": week(1), "action": action, "value": value, "author": "ana", "reason_code": "promotion",
        "reason": "fair",
    } | more  # fmt: skip


def kept(
    overrides: list[dict], *, mean: float = 10.0, before: pl.DataFrame | None = None, today=date(2023, 12, 31)
):
    weekly = forecast(mean)
    steps = override_steps(weekly, overrides=overrides)
    before = pl.DataFrame(schema=KEPT) if before is None else before
    return keep_steps(before, steps, overrides=overrides, forecast_weekly=weekly, today=today)


def sold(*units: float, sku: str = "A", exposure: float = 1.0) -> pl.DataFrame:
    return pl.DataFrame(
        [(sku, week(number), float(value), exposure) for number, value in enumerate(units)],
        schema={"sku": pl.String, "business_date": pl.Date, "units": pl.Float64, "exposure": pl.Float64},
        orient="row",
    )  # fmt: skip


PRICES = pl.DataFrame({"sku": ["A", "B"], "mean_price": [2.5, None]})


def scored(
    steps: pl.DataFrame, demand: pl.DataFrame, *, today: date = MONDAY + timedelta(weeks=2)
) -> pl.DataFrame:
    return scored_steps(steps, demand, prices=PRICES, today=today)


def test_both_errors_and_their_difference_in_units_and_money():
    found = scored(kept([override("O-1", "set", 30)]), sold(25, 12)).rows(named=True)
    assert [(row["error_before"], row["error_planned"], row["value_added"]) for row in found] == [
        (15, 5, 10),
        (2, 18, -16),
    ]
    assert [row["value_added_money"] for row in found] == [25, -40]


def test_of_two_overrides_each_answers_for_its_own_step():
    laid = [override("O-1", "set", 20), override("O-2", "factor", 2, author="ben")]
    found = scored(kept(laid), sold(20, 20))
    sums = dict(found.group_by("override_id").agg(pl.col("value_added").sum()).rows())
    assert sums == {"O-1": 20, "O-2": -40}


def test_a_week_counts_once_it_is_over_and_only_if_it_could_be_bought():
    steps = kept([override("O-1", "set", 30)])
    halfway = scored(steps, sold(25), today=week(1) + timedelta(days=6))
    assert halfway["is_scored"].to_list() == [True, False]
    assert halfway["actual"].to_list() == [25, None]
    out = scored(steps, sold(3, 3, exposure=0.4))
    assert out["is_scored"].to_list() == [False, False]
    assert out["value_added"].to_list() == [None, None]


def test_a_week_without_a_sale_came_to_zero():
    assert scored(kept([override("O-1", "set", 30)]), sold())["error_planned"].to_list() == [30, 30]


def test_what_was_laid_before_a_week_began_stays_and_what_was_not_is_not_held_against_anybody():
    first = kept([override("O-1", "set", 30)])
    later = kept([override("O-2", "set", 50)], mean=12.0, before=first, today=week(0) + timedelta(days=2))
    assert later.select("override_id", "week_start", "before", "planned").rows() == [
        ("O-1", week(0), 10, 30),
        ("O-2", week(1), 12, 50),
    ]
    revoked = kept([], before=first)
    assert revoked.is_empty()


def record(author: str, *, right: int, wrong: int, code: str = "promotion") -> pl.DataFrame:
    """Overrides of one week each: the right ones named what came, the wrong ones moved away from it."""
    moves = [("right", 20.0)] * right + [("wrong", 0.0)] * wrong
    rows = [
        {"override_id": f"{author}-{code}-{number}", "author": author, "reason_code": code, "before": 10.0,
         "planned": planned, "actual": 20.0, "is_scored": True}
        for number, (_, planned) in enumerate(moves)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def weight(history: pl.DataFrame, *, author: str = "ana", code: str = "promotion") -> float:
    return learned_weights(history, [override("O-9", "set", 1, author=author, reason_code=code)])["O-9"]


def test_who_was_right_is_followed_and_who_keeps_losing_less_and_less():
    assert weight(record("ana", right=10, wrong=0)) == 1.0
    losing = [weight(record("ana", right=0, wrong=count)) for count in (1, 2, 4)]
    assert losing == [0.6, pytest.approx(0.333), 0.0]


def test_one_bad_override_among_good_ones_costs_little_and_nothing_to_others():
    history = pl.concat([record("ana", right=9, wrong=1), record("ben", right=0, wrong=8)])
    assert weight(history) > 0.8
    assert weight(history, author="ben") == 0.0
    assert weight(history, author="cy") == 1.0


def test_a_record_for_one_reason_is_believed_for_another_until_that_has_its_own():
    history = record("ana", right=0, wrong=2, code="price")
    assert weight(history, code="price") == pytest.approx(0.333)
    assert weight(history, code="price") == weight(history, code="event")
    better = pl.concat([history, record("ana", right=8, wrong=0, code="event")])
    assert weight(better, code="event") > 0.75 > weight(better, code="price")
