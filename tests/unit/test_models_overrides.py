"""Planners' overrides on a finished forecast: means, quantiles, days, and what stays as the model said."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from models.errors import PlanError
from models.overrides import apply_overrides, override_steps
from models.quantiles import QUANTILE_NAMES, geometric_quantiles

MONDAY = date(2024, 1, 1)
SHARES = (0.3, 0.3, 0.2, 0.1, 0.1, 0.0, 0.0)


def week(number: int) -> date:
    return MONDAY + timedelta(weeks=number)


def weekly(means: dict[str, list[float]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "sku": sku, "week_start": week(number), "mean": mean, "model_mean": mean,
                **dict.fromkeys(QUANTILE_NAMES, 0.0), "q25": mean // 2, "q50": mean, "q75": 1.5 * mean,
                "q95": 3.0 * mean, "override_id": None, "planner_mean": None, "override_weight": None,
            }
            for sku, values in means.items()
            for number, mean in enumerate(values)
        ],
        schema_overrides={
            "override_id": pl.String, "planner_mean": pl.Float64, "override_weight": pl.Float64
        },
    )  # fmt: skip


def daily(means: dict[str, list[float]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "sku": sku, "business_date": week(number) + timedelta(days=day), "mean": mean * share,
                **dict.fromkeys(QUANTILE_NAMES, 0.0), "q50": mean, "q95": 3.0 * mean,
            }
            for sku, values in means.items()
            for number, mean in enumerate(values)
            for day, share in enumerate(SHARES)
        ]
    )  # fmt: skip


def override(action: str, value: float, *, sku: str = "A", first: int = 1, last: int = 1, name: str = "O-1"):
    return {
        "override_id": name, "sku": sku, "first_week": week(first), "last_week": week(last),
        "action": action, "value": value,
    }  # fmt: skip


MEANS = {"A": [10.0, 10.0, 10.0], "B": [40.0, 40.0, 0.0]}


@pytest.mark.parametrize(
    ("action", "value", "mean"),
    [("set", 25, 25), ("factor", 1.5, 15), ("add", 7, 17), ("add", -30, 0), ("factor", 0, 0)],
)
def test_each_action_moves_the_mean_of_its_weeks_alone(action, value, mean):
    changed, _ = apply_overrides(weekly(MEANS), overrides=[override(action, value)])
    rows = changed.filter(pl.col("sku") == "A")
    assert rows["mean"].to_list() == [10, mean, 10]
    assert rows["model_mean"].to_list() == [10, 10, 10]
    assert rows["override_id"].to_list() == [None, "O-1", None]
    assert changed.filter(pl.col("sku") == "B").equals(weekly(MEANS).filter(pl.col("sku") == "B"))


def test_quantiles_follow_the_mean_in_whole_units():
    changed, _ = apply_overrides(weekly(MEANS), overrides=[override("factor", 1.25)])
    row = changed.row(1, named=True)
    assert [row[name] for name in ("q05", "q25", "q50", "q75", "q95")] == [0, 6, 13, 19, 38]


def test_a_mean_set_where_the_model_saw_none_gets_geometric_quantiles():
    changed, _ = apply_overrides(weekly(MEANS), overrides=[override("set", 8, sku="B", first=2, last=2)])
    row = changed.row(5, named=True)
    expected = geometric_quantiles(pl.Series([8.0]).to_numpy())[0].tolist()
    assert [row[name] for name in QUANTILE_NAMES] == expected


def test_much_set_where_next_to_nothing_was_expected_gets_a_range_of_its_own():
    """A mean of 0.1 with a range of 0 to 0, scaled, would let nothing be bought for 500."""
    frame = weekly({"A": [0.1]}).with_columns(pl.lit(0.0).alias(name) for name in QUANTILE_NAMES)
    days = daily({"A": [0.1]}).with_columns(pl.lit(0.0).alias(name) for name in QUANTILE_NAMES)
    weeks, found = apply_overrides(frame, days, overrides=[override("set", 500, first=0, last=0)])
    assert weeks["q50"].to_list() == [346.0]
    assert weeks["q05"][0] < 500 < weeks["q95"][0]
    assert found["q95"].to_list() == [450.0, 450.0, 301.0, 151.0, 151.0, 0.0, 0.0]
    some = frame.with_columns(q995=pl.lit(3.0))  # of few pieces, no ratios to 0.1
    assert apply_overrides(some, overrides=[override("set", 500, first=0, last=0)])[0]["q995"][0] < 3000
    assert apply_overrides(some, overrides=[override("factor", 0.5, first=0, last=0)])[0]["q995"][0] == 2


def test_overrides_piled_on_one_another_stay_numbers():
    piled = [override("factor", 1e9, name=f"O-{number}") for number in range(40)]
    changed, days = apply_overrides(weekly(MEANS), daily(MEANS), overrides=piled)
    for frame in (changed, days):
        assert all(frame[name].is_finite().all() for name in ("mean", *QUANTILE_NAMES))


def test_days_add_up_to_the_new_week():
    laid = [override("set", 25), override("set", 8, sku="B", first=2, last=2, name="O-2")]
    _, days = apply_overrides(weekly(MEANS), daily(MEANS), overrides=laid)
    sums = days.group_by("sku", pl.col("business_date").dt.truncate("1w").alias("week")).agg(
        pl.col("mean").sum()
    )
    found = {(sku, start): mean for sku, start, mean in sums.iter_rows()}
    assert found[("A", week(1))] == pytest.approx(25)
    assert found[("B", week(2))] == pytest.approx(8)
    assert found[("A", week(0))] == pytest.approx(10)
    monday = days.filter((pl.col("sku") == "B") & (pl.col("business_date") == week(2)))["mean"][0]
    assert monday == pytest.approx(8 * 0.3)


def test_later_overrides_go_on_top_of_earlier_ones_and_give_their_name():
    laid = [override("set", 20), override("factor", 2, name="O-2")]
    changed, _ = apply_overrides(weekly(MEANS), overrides=laid)
    assert changed.row(1, named=True)["mean"] == 40
    assert changed.row(1, named=True)["override_id"] == "O-2"


def test_an_override_of_what_is_not_forecast_changes_nothing():
    changed, days = apply_overrides(
        weekly(MEANS),
        daily(MEANS),
        overrides=[override("set", 9, sku="X"), override("set", 9, first=9, last=9)],
    )
    assert changed.equals(weekly(MEANS)) and days.equals(daily(MEANS))


def test_an_unknown_action_is_refused_by_name():
    with pytest.raises(PlanError, match="O-1: action 'double' is none of set, factor, add"):
        apply_overrides(weekly(MEANS), overrides=[override("double", 2)])


@pytest.mark.parametrize(
    ("action", "value"),
    [("factor", -1), ("set", -5), ("set", float("nan")), ("add", float("inf")), ("set", "5")],
)
def test_an_override_that_makes_no_number_is_refused_by_name(action, value):
    with pytest.raises(PlanError, match="O-1: .* needs a finite number"):
        apply_overrides(weekly(MEANS), overrides=[override(action, value)])


def test_a_weight_that_is_no_number_follows_the_planner():
    changed = apply_overrides(weekly(MEANS), overrides=[override("set", 5)], weights={"O-1": float("nan")})[0]
    assert changed.filter(pl.col("override_id") == "O-1")["mean"].to_list() == [5.0]


def wide(action: str, value: float, *, category: str | None = None, name: str = "O-1") -> dict:
    laid = override(action, value, name=name, first=0, last=2) | {"sku": None, "category": category}
    return laid | {"scope": "category" if category else "shop"}


CATEGORIES = {"A": "Bags", "B": "Bags", "C": "Candles"}
THREE = MEANS | {"C": [7.0, 7.0, 7.0]}


@pytest.mark.parametrize(
    ("action", "value", "a", "b"),
    [("set", 100, [20, 20, 100], [80, 80, 0]), ("add", 50, [20, 20, 60], [80, 80, 0]),
     ("factor", 2, [20, 20, 20], [80, 80, 0])],
)  # fmt: skip
def test_a_category_is_moved_as_a_sum_and_spread_by_share(action, value, a, b):
    laid = [wide(action, value, category="Bags")]
    changed, _ = apply_overrides(weekly(THREE), overrides=laid, categories=CATEGORIES)
    found = {sku: rows["mean"].to_list() for (sku,), rows in changed.group_by("sku")}
    assert found == {"A": a, "B": b, "C": [7, 7, 7]}


def test_the_whole_shop_is_moved_and_equally_where_nothing_was_expected():
    changed, _ = apply_overrides(weekly({"A": [0.0], "B": [0.0]}), overrides=[wide("set", 9)])
    assert changed["mean"].to_list() == [4.5, 4.5]
    assert changed["override_id"].to_list() == ["O-1", "O-1"]


def test_an_override_is_followed_as_far_as_its_weight_and_the_row_says_so():
    laid = [override("set", 30), override("add", 10, name="O-2")]
    changed, _ = apply_overrides(weekly(MEANS), overrides=laid, weights={"O-1": 0.25})
    row = changed.row(1, named=True)
    assert (row["mean"], row["planner_mean"], row["model_mean"]) == (25, 40, 10)
    assert (row["override_id"], row["override_weight"]) == ("O-2", 1.0)
    steps = override_steps(weekly(MEANS), overrides=laid, weights={"O-1": 0.25}).rows()
    assert steps == [("O-1", "A", week(1), 10, 30, 0.25, 15), ("O-2", "A", week(1), 15, 25, 1.0, 25)]


def test_a_forecast_without_the_columns_of_overrides_gets_them_after_the_overrides_id():
    bare = weekly(MEANS).drop("planner_mean", "override_weight").with_columns(seed=pl.lit(3))
    columns = apply_overrides(bare, overrides=[])[0].columns
    assert columns[-4:] == ["override_id", "planner_mean", "override_weight", "seed"]


@pytest.mark.parametrize(
    ("scope", "after"), [("shop", [0.0, 12.0]), ("category", [0.0, 12.0]), ("sku", [6.0, 0.0])]
)
def test_only_an_override_of_the_product_itself_speaks_of_weeks_after_its_end(scope, after):
    """Two products expect nothing that week, the first because it has ended."""
    frame = weekly({"A": [0.0], "B": [0.0]}).with_columns(
        model_name=pl.when(pl.col("sku") == "A").then(pl.lit("discontinued")).otherwise(pl.lit("boosting"))
    )
    value = 6.0 if scope == "sku" else 12.0
    asked = override("set", value, first=0, last=0) | {"scope": scope, "category": "Things"}
    found, _ = apply_overrides(frame, overrides=[asked], categories={"A": "Things", "B": "Things"})
    assert found["mean"].to_list() == after
    assert found["model_mean"].to_list() == [0.0, 0.0]
