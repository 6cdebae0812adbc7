"""Where a forecast's number comes from and why it changed: terms that add up and name the right cause."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models import changes, drivers, history, panel
from models.boosting import Boosting

MONDAY = date(2022, 1, 3)
WEEKS = 110


def days(
    rows: dict[str, list[float]], *, exposure: dict[tuple[str, int], float] | None = None
) -> pl.DataFrame:
    """One sale each Monday; exposure of a (sku, week) holds for its seven days."""
    sold = [
        (
            sku,
            MONDAY + timedelta(weeks=week),
            float(units),
            1,
            2.0 * units,
            (exposure or {}).get((sku, week), 1.0),
        )
        for sku, values in rows.items()
        for week, units in enumerate(values)
    ]
    frame = pl.DataFrame(sold, schema=history.DEMAND, orient="row")
    gaps = [
        (sku, MONDAY + timedelta(weeks=week, days=day), share)
        for (sku, week), share in (exposure or {}).items()
        for day in range(1, 7)
    ]
    return history.validate(frame, availability_day=pl.DataFrame(gaps, schema=history.EXPOSURE, orient="row"))


def built(rows: dict[str, list[float]], **more) -> panel.Panel:
    return panel.build(days(rows, **more), cutoff=MONDAY + timedelta(days=7 * WEEKS - 1))


def terms(found: panel.Panel, mean: float, *, model: str = "other", contributions=None) -> dict[str, float]:
    table = drivers.driver_table(
        found.skus[:1],
        np.array([model], dtype=object),
        means=np.full((1, 4), mean),
        panel=found,
        contributions=contributions or {},
        steps=slice(0, 4),
    )
    return dict(table.select("driver", "units").rows())


def test_the_terms_start_from_what_was_sold_and_add_up_to_the_forecast():
    found = terms(built({"A": [6.0] * WEEKS}), 7.5)
    assert found == {"sold": pytest.approx(24), "model": pytest.approx(6)}


def test_demand_hidden_by_a_stockout_is_told_apart():
    sales = [6.0] * WEEKS
    for week in range(WEEKS - 13, WEEKS):
        sales[week] = 3.0
    out = {("A", week): 0.5 for week in range(WEEKS - 13, WEEKS)}
    found = terms(built({"A": sales}, exposure=out), 6.0)
    assert found["sold"] == pytest.approx(4 * 4.5)
    assert found["stock_outs"] == pytest.approx(4 * 1.5, rel=0.2)
    assert sum(found.values()) == pytest.approx(24)


def test_a_bulk_order_is_told_apart():
    sales = [6.0] * WEEKS
    sales[WEEKS - 5] = 600.0
    found = terms(built({"A": sales}), 6.0)
    assert found["bulk_orders"] == pytest.approx(-4 * (600 - 18) / 26)
    assert sum(found.values()) == pytest.approx(24, abs=1e-3)


@pytest.mark.parametrize(
    ("model", "term"), [("moving_average", "trend"), ("seasonal_naive", "last_year"), ("unheard_of", "model")]
)
def test_a_simple_models_whole_difference_has_the_name_of_what_it_looks_at(model, term):
    assert terms(built({"A": [6.0] * WEEKS}), 9.0, model=model)[term] == pytest.approx(12)


def test_a_sku_without_a_full_week_goes_by_its_like():
    found = built({"A": [6.0] * WEEKS})
    table = drivers.driver_table(
        ("NEW",), np.array(["launch_mean"], dtype=object), means=np.full((1, 4), 2.0), panel=found,
        contributions={}, steps=slice(0, 4),
    )  # fmt: skip
    assert table.select("driver", "units").rows() == [("launch", 8.0)]


def test_the_override_is_the_last_term():
    base = pl.DataFrame([("A", "sold", 1, 24.0)], schema=drivers.TABLE, orient="row")
    weekly = pl.DataFrame({"sku": ["A", "A", "B"], "mean": [9.0, 6, 4], "model_mean": [6.0, 6, 4]})
    found = drivers.with_override(base, weekly)
    assert found.select("sku", "driver", "units").rows() == [("A", "sold", 24), ("A", "override", 3)]


def test_shapley_values_of_a_sum_are_its_terms_and_of_a_product_share_it():
    columns = {"a": np.array([1.0, 5.0]), "b": np.array([1.0, 3.0])}
    plain = {"a": {"a": 3.0}, "b": {"b": np.array([2.0, 2.0])}}
    added = drivers.shapley(lambda x: x[:, 0] + 10 * x[:, 1], columns, plain)
    assert {name: values.tolist() for name, values in added.items()} == {
        "level": [23, 23],
        "a": [-2, 2],
        "b": [-10, 10],
    }
    product = drivers.shapley(lambda x: x[:, 0] * x[:, 1], columns, plain)
    assert product["a"][1] == pytest.approx((2 * 2 + 2 * 3) / 2)
    assert [sum(values[row] for values in product.values()) for row in (0, 1)] == [1, 15]


def seasonal_shop(skus: int = 40) -> dict[str, list[float]]:
    """Twice the sales from October to December."""
    rng = np.random.default_rng(4)
    season = [2.0 if (MONDAY + timedelta(weeks=week)).month >= 10 else 1.0 for week in range(WEEKS)]
    return {
        f"S{sku:02d}": rng.poisson(rng.uniform(10, 40) * np.array(season)).astype(float).tolist()
        for sku in range(skus)
    }


def test_boostings_terms_add_up_and_blame_a_seasons_end_on_the_season_and_last_year():
    christmas = MONDAY + timedelta(weeks=104)
    cut = panel.build(days(seasonal_shop()), cutoff=christmas - timedelta(days=8))
    model = Boosting(steps=6, most_rows=8_000).fit(cut, seed=1)
    said = model.contributions(6, first=1)
    assert sum(said.values()) == pytest.approx(model.predict(6)[:, 1:].sum(axis=1))
    level, seasonal = said["level"].sum(), sum(said[name].sum() for name in ("season", "last_year", "cap"))
    assert seasonal < -0.1 * level
    assert abs(said["price"].sum()) < 0.02 * level


MADE = datetime(2024, 2, 5, tzinfo=UTC)


def weekly(
    mean: float, *, first: int = 0, model: str = "boosting", final: float | None = None, code: str = "c1"
):
    return pl.DataFrame(
        [
            {"sku": "A", "week_start": MONDAY + timedelta(weeks=first + number), "model_name": model,
             "demand_class": "smooth", "mean": mean if final is None else final, "model_mean": mean,
             "made_as_of": MADE, "code_version": code}
            for number in range(4)
        ]
    )  # fmt: skip


def changed(
    before: pl.DataFrame, now: pl.DataFrame, *, again: dict[str, float] | None = None, sold: float = 0.0
):
    asked = {
        name: changes.long_means(("A",), now["week_start"].to_list(), np.full((1, 4), mean))
        for name, mean in (again or {}).items()
    }
    demand = pl.DataFrame({"sku": ["A"], "business_date": [MONDAY], "units": [sold]})
    by = now["week_start"][0] - timedelta(days=1)
    base = changes.base_changes(before, now, again=asked, demand_daily=demand, by=by)
    return changes.with_overrides(base, now).row(0, named=True)


def test_new_sales_move_the_same_model():
    found = changed(weekly(10), weekly(12, first=1), sold=17.0)
    assert (found["weeks"], found["before_units"], found["after_units"]) == (3, 30, 36)
    assert (found["new_sales"], found["model_change"], found["override_change"]) == (6, 0, 0)
    assert (found["expected_since"], found["sold_since"]) == (10, 17)


def test_another_model_is_told_apart_from_new_sales():
    found = changed(
        weekly(10), weekly(15, first=1, model="combination"), again={"boosting": 11, "combination": 15}
    )
    assert (found["new_sales"], found["model_change"], found["after_units"]) == (3, 12, 45)
    assert (found["model_before"], found["model_now"]) == ("boosting", "combination")


def test_an_override_laid_and_one_ended_are_told_apart_from_the_model():
    laid = changed(weekly(10), weekly(10, first=1, final=14))
    assert (laid["new_sales"], laid["override_change"], laid["after_units"]) == (0, 12, 42)
    ended = changed(weekly(10, final=14), weekly(11, first=1))
    assert (ended["before_units"], ended["new_sales"], ended["override_change"]) == (42, 3, -12)
    assert ended["after_units"] == 33


def test_new_code_is_named_and_a_first_forecast_has_nothing_to_compare():
    assert changed(weekly(10), weekly(10, first=1, code="c2"))["is_new_code"]
    none = changes.base_changes(None, weekly(10), again={}, demand_daily=pl.DataFrame(), by=MONDAY)
    assert none.is_empty()
