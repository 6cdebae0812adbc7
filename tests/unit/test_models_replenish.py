"""What to buy now: the textbook case by hand, dated supply, packs and minimum orders, and the sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models import paths, placing, replenish, stock
from models.errors import PlanError
from models.lead_times import LeadTimes
from models.quantiles import NORMAL, QUANTILE_NAMES
from models.replenish import order_quantity
from warehouse import contracts

NOW = datetime(2024, 1, 1, tzinfo=UTC)
MONDAY = date(2024, 1, 1)
SERVICE = {"A": 0.98, "B": 0.95, "C": 0.90}
Z98 = 2.0537489


def forecast(mean: float, sd: float, *, sku: str = "A", weeks: int = 13) -> pl.DataFrame:
    """Normally distributed weeks."""
    quantiles = {name: max(mean + z * sd, 0.0) for name, z in zip(QUANTILE_NAMES, NORMAL, strict=True)}
    row = {"sku": sku, "demand_class": "smooth", "mean": mean, **quantiles}
    return pl.DataFrame([row | {"week_start": MONDAY + timedelta(weeks=week)} for week in range(weeks)])


def test_weeks_together_range_as_wide_as_their_shared_misses_make_them():
    weeks, sd = 9, 14.0
    table = forecast(70, sd, weeks=weeks).select(stock.QUANTILE_NAMES).to_numpy()
    wide = sd * np.sqrt(weeks * (1 + (weeks - 1) * paths.WEEK_CORRELATION))
    low, high = paths.range_of_sum(table)
    assert (low, high) == pytest.approx((630 - 1.645 * wide, 630 + 1.645 * wide), abs=0.12 * wide)
    assert paths.range_of_sum(forecast(70, 0, weeks=3).select(stock.QUANTILE_NAMES).to_numpy()) == (210, 210)
    assert paths.range_of_sum(np.zeros((0, len(stock.QUANTILE_NAMES)))) == (0, 0)


def product(sku: str = "A", **fields) -> pl.DataFrame:
    row = {
        "sku": sku, "product_kind": "product", "supplier_id": "S", "unit_cost": 2.0, "pack_size": 1.0,
        "min_order_quantity": 1.0, "mean_price": 5.0, "abc_class": "A",
    }  # fmt: skip
    return pl.DataFrame([row | fields], schema=stock.PRODUCT)


def inventory(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=stock.INVENTORY, orient="row")


def supply(*rows: tuple[str, float, int]) -> pl.DataFrame:
    """(sku, units, days from now)."""
    full = [(f"P{n}/1", sku, units, NOW + timedelta(days=days)) for n, (sku, units, days) in enumerate(rows)]
    return pl.DataFrame(full, schema=stock.SUPPLY, orient="row")


def receipts(days: list[float], *, supplier: str = "S") -> pl.DataFrame:
    found = [(supplier, NOW - timedelta(days=60), NOW - timedelta(days=60 - span)) for span in days]
    schema = {
        "supplier_id": pl.String,
        "ordered_at": pl.Datetime("us", "UTC"),
        "received_at": pl.Datetime("us", "UTC"),
    }
    return pl.DataFrame(found, schema=schema, orient="row")


def suppliers(**quoted: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"supplier_id": list(quoted), "quoted_lead_time_days": list(quoted.values())},
        schema={"supplier_id": pl.String, "quoted_lead_time_days": pl.Int64},
    )


def plan(**changed) -> replenish.Replenishment:
    inputs = {
        "forecast_weekly": forecast(70, 14), "product": product(), "inventory": inventory(("A", "MAIN", 100)),
        "incoming_supply": supply(), "receipts": receipts([]), "suppliers": suppliers(S=14), "as_of": NOW,
        "returns_location": "MAIN", "review_days": 7, "service_levels": SERVICE, "seed": 3,
    }  # fmt: skip
    return replenish.propose(**inputs | changed)


def position(**changed) -> dict:
    return plan(**changed).positions.row(0, named=True)


@pytest.fixture
def independent_weeks(monkeypatch):
    """The textbook's weeks do not miss together."""
    textbook = paths.simulate
    monkeypatch.setattr(paths, "simulate", lambda *args, **more: textbook(*args, **more, correlation=0.0))


def test_normal_demand_and_a_fixed_lead_time_give_the_textbooks_levels(independent_weeks):
    found = position()
    assert found["lead_time_days"] == 14
    assert found["reorder_point"] == pytest.approx(2 * 70 + Z98 * 14 * np.sqrt(2), rel=0.03)
    assert found["order_up_to"] == pytest.approx(3 * 70 + Z98 * 14 * np.sqrt(3), rel=0.03)
    assert found["expected_demand"] == pytest.approx(3 * 70, rel=0.01)
    assert found["demand_q90"] == pytest.approx(3 * 70 + 1.2815516 * 14 * np.sqrt(3), rel=0.03)


def test_weeks_that_miss_together_need_more_stock():
    together = paths.simulate(
        forecast(70, 14).select(stock.QUANTILE_NAMES).to_numpy()[None],
        week_of_day=np.arange(21) // 7,
        supply=paths.Supply(np.zeros(1), np.zeros((1, 21))),
        lead_days=np.full((1, paths.DRAWS), 14),
        review_days=7,
        rng=np.random.default_rng(3),
    )
    expected = np.sqrt(14**2 * (3 + 6 * paths.WEEK_CORRELATION))
    assert together.until_next.std() == pytest.approx(expected, rel=0.06)


def test_the_order_fills_up_to_the_level_from_what_is_there_and_coming():
    found = position(incoming_supply=supply(("A", 30, 10)), inventory=inventory(("A", "MAIN", 50)))
    assert found["position"] == 80
    assert found["suggested_quantity"] == found["order_up_to"] - 80


def test_nothing_is_bought_while_the_next_review_is_early_enough():
    found = position(inventory=inventory(("A", "MAIN", 400)))
    assert found["position_at_review"] == pytest.approx(400 - 70)
    assert found["position_at_review"] > found["reorder_point"]
    assert found["suggested_quantity"] == 0
    assert plan(inventory=inventory(("A", "MAIN", 400))).proposals.is_empty()


def test_it_is_bought_when_waiting_for_the_next_review_would_be_too_late():
    enough = position()["reorder_point"] + 70
    assert position(inventory=inventory(("A", "MAIN", enough + 1)))["suggested_quantity"] == 0
    assert position(inventory=inventory(("A", "MAIN", enough - 1)))["suggested_quantity"] > 0


@pytest.mark.parametrize(
    ("wanted", "pack", "least", "quantity", "constraint"),
    [
        (10, 1, 0, 10, "none"),
        (10, 6, 0, 12, "pack_size"),
        (12, 6, 0, 12, "none"),
        (10, 1, 50, 50, "min_order_quantity"),
        (10, 24, 50, 72, "min_order_quantity"),
        (60, 24, 50, 72, "pack_size"),
        (9.2, 1, 0, 10, "none"),
        (0, 6, 50, 0, "none"),
        (-5, 6, 50, 0, "none"),
    ],
)
def test_an_order_is_raised_to_the_minimum_and_to_whole_packs(wanted, pack, least, quantity, constraint):
    found, why = order_quantity(np.array([wanted]), pack=np.array([pack]), least=np.array([least]))
    assert (found[0], why[0]) == (quantity, constraint)


def test_a_delivery_due_after_the_interval_is_no_cover():
    late = position(incoming_supply=supply(("A", 500, 90)))
    assert late["incoming_in_time"] == 0
    assert late["suggested_quantity"] == position()["suggested_quantity"]
    assert late["days_of_cover"] == position()["days_of_cover"] == 10
    assert late["stockout_probability"] == position()["stockout_probability"] > 0.9


def test_a_delivery_that_comes_before_the_shelf_is_empty_takes_the_risk_away():
    in_time = position(incoming_supply=supply(("A", 500, 3)))
    assert in_time["incoming_in_time"] == 500
    assert in_time["stockout_probability"] == 0
    assert in_time["days_of_cover"] == 60


def test_a_delivery_that_comes_too_late_leaves_a_gap_though_the_sum_would_do():
    found = position(incoming_supply=supply(("A", 500, 20)))
    assert found["incoming_in_time"] == 500
    assert found["days_of_cover"] == 10
    assert found["stockout_probability"] > 0.9


def test_what_is_late_already_is_expected_as_many_days_later_again():
    overdue = position(incoming_supply=supply(("A", 500, -4)))
    assert overdue["next_arrival"] == MONDAY + timedelta(days=4)
    assert position(incoming_supply=supply(("A", 500, -40)))["incoming_in_time"] == 0


def test_what_is_owed_is_bought_as_well():
    owed = pl.DataFrame({"sku": ["A"], "backordered": [25.0]})
    assert position(backordered=owed)["suggested_quantity"] == position()["suggested_quantity"] + 25


def test_one_oversold_warehouse_does_not_hide_stock_elsewhere():
    found = position(inventory=inventory(("A", "MAIN", 100), ("A", "NORTH", -8)))
    assert (found["available"], found["backordered"], found["position"]) == (100, 8, 92)


def test_stockout_probability_is_the_share_of_courses_that_run_short():
    even = position(inventory=inventory(("A", "MAIN", 140)))
    assert even["stockout_probability"] == pytest.approx(0.5, abs=0.05)


def test_margin_at_risk_is_the_demand_unmet_before_an_order_could_arrive():
    found = position(inventory=inventory(("A", "MAIN", 40)))
    assert found["units_at_risk"] == pytest.approx(140 - 40, rel=0.02)
    assert found["margin_at_risk"] == pytest.approx(found["units_at_risk"] * 3, abs=0.01)


def test_order_by_is_when_the_shelf_is_empty_less_the_lead_time_and_never_past():
    assert position(inventory=inventory(("A", "MAIN", 400)))["order_by"] == MONDAY + timedelta(days=40 - 14)
    assert position()["order_by"] == MONDAY


def test_service_levels_follow_the_abc_class_and_no_class_counts_as_c():
    found = {name: position(product=product(abc_class=name)) for name in ("A", "B", "C", None)}
    levels = [found[name]["order_up_to"] for name in ("A", "B", "C", None)]
    assert levels[0] > levels[1] > levels[2] == levels[3]
    assert found[None]["service_level"] == 0.90


def test_a_sku_nobody_asks_for_is_not_bought_and_has_no_cover():
    found = position(forecast_weekly=forecast(0, 0), inventory=inventory())
    assert found["suggested_quantity"] == 0
    assert found["days_of_cover"] is None and found["order_by"] is None
    assert found["stockout_probability"] == 0


def test_a_forecast_made_days_ago_starts_in_the_middle_of_its_week():
    later = position(as_of=NOW + timedelta(days=10), inventory=inventory(("A", "MAIN", 100)))
    assert later["days_of_cover"] == 10
    assert later["expected_demand"] == pytest.approx(210, rel=0.02)


def test_lead_times_of_many_receipts_are_the_suppliers_own():
    found = LeadTimes(receipts([8.0, 12.0] * 500), suppliers(S=30), size=100).of("S")
    assert found.mean == pytest.approx(10, abs=0.3)
    assert found.p90 == 12


def test_few_receipts_are_shrunk_to_how_all_suppliers_keep_their_quotes():
    others = receipts([12.0] * 400, supplier="T")
    few = receipts([30.0] * 10)
    found = LeadTimes(pl.concat([others, few]), suppliers(S=20, T=10), size=100).of("S")
    ratio = (400 * 1.2 + 10 * 1.5) / 410
    assert found.mean == pytest.approx((30 + 20 * ratio) / 2, rel=0.02)


def test_without_receipts_the_quote_holds_and_without_a_quote_two_weeks():
    times = LeadTimes(receipts([]), suppliers(S=21), size=10)
    assert times.of("S").draws.tolist() == [21] * 10
    assert times.of(None).mean == 14


def test_an_uncertain_lead_time_needs_more_stock_than_a_certain_one():
    certain = position(receipts=receipts([14.0] * 500))
    uncertain = position(receipts=receipts([4.0, 24.0] * 250))
    assert uncertain["lead_time_days"] == pytest.approx(certain["lead_time_days"], abs=0.2)
    assert uncertain["order_up_to"] > certain["order_up_to"] * 1.2


def test_the_sentence_carries_the_terms():
    sentence = plan(product=product(pack_size=24.0)).proposals["explanation"][0]
    row = position(product=product(pack_size=24.0))
    for term in ("suggested_quantity", "available", "reorder_point", "order_up_to"):
        assert f"{row[term]:,.0f}" in sentence
    assert "packs of 24" in sentence and "98%" in sentence and "14 days of delivery" in sentence


def test_proposals_have_the_columns_of_the_mart_but_for_the_location_s():
    proposals = plan().proposals
    names = tuple(contracts.table("marts.proposal").column_names)
    assert tuple(proposals.columns) == names[: len(proposals.columns)]
    assert names[len(proposals.columns) :] == tuple(placing.PROPOSAL)[len(proposals.columns) :]
    assert proposals["proposal_id"].to_list() == ["A@2024-01-01"]
    assert proposals["cost"][0] == proposals["quantity"][0] * 2


def test_gift_cards_and_skus_without_a_product_are_not_planned():
    both = pl.concat([product(), product("G", product_kind="gift_card")])
    frames = pl.concat([forecast(70, 14), forecast(5, 1, sku="G"), forecast(5, 1, sku="X")])
    assert plan(forecast_weekly=frames, product=both).positions["sku"].to_list() == ["A"]


def test_nothing_to_plan_is_an_empty_table_with_its_columns():
    found = plan(forecast_weekly=forecast(70, 14).clear())
    assert found.proposals.is_empty() and found.positions.is_empty()
    assert "explanation" in found.positions.columns


def test_the_same_seed_gives_the_same_plan():
    assert plan().positions.equals(plan().positions)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"product": product(pack_size=0.0)}, "pack_size must be above 0"),
        ({"service_levels": {"A": 1.0, "B": 0.9, "C": 0.9}}, "class A must lie in 0.5"),
        ({"as_of": NOW + timedelta(weeks=20)}, "ends with the week of 2024-03-25"),
        ({"review_days": 0}, "review_days must be at least 1"),
        ({"forecast_weekly": forecast(70, 14).with_columns(q95=pl.lit(float("nan")))}, "must be finite"),
        ({"suppliers": suppliers(S=-1)}, "quoted_lead_time_days must be at least 0"),
        ({"inventory": inventory().drop("available")}, "inventory lacks available"),
    ],
)
def test_what_no_plan_can_be_made_from_is_refused(changed, words):
    with pytest.raises(PlanError, match=words):
        plan(**changed)


def test_least_cost_weighs_the_margin_lost_against_holding_until_the_next_review(independent_weeks):
    # Margin 3 a unit against 2 · 0.25 · 7 / 365 for holding it a week: nearly always worth having.
    costly = position(policy="least_cost", holding_rate=0.25)
    assert costly["service_level"] == 0.995
    # At fifty a year it is 3 against 1.918: a chance of 0.61 to last.
    found = position(policy="least_cost", holding_rate=50.0)
    assert found["service_level"] == pytest.approx(3 / (3 + 2 * 50 * 7 / 365))
    assert found["suggested_quantity"] < costly["suggested_quantity"]


def test_least_cost_does_not_replace_sales_that_will_be_lost_before_it_arrives(independent_weeks):
    # Nothing there, 140 asked for and lost in two weeks of delivery: the order serves the third week alone.
    found = position(policy="least_cost", holding_rate=50.0, inventory=inventory(("A", "MAIN", 0)))
    third_week = 70 + 0.28 * 14
    assert found["suggested_quantity"] == pytest.approx(third_week, rel=0.03)
    assert position(inventory=inventory(("A", "MAIN", 0)))["suggested_quantity"] > 200


def test_least_cost_counts_what_arrives_after_the_order_but_before_the_next_one():
    early = position(policy="least_cost", inventory=inventory(("A", "MAIN", 0)))["suggested_quantity"]
    more = position(
        policy="least_cost", inventory=inventory(("A", "MAIN", 0)), incoming_supply=supply(("A", 30, 17))
    )
    assert more["suggested_quantity"] == pytest.approx(early - 30, abs=1)


def test_a_policy_nobody_knows_is_refused():
    with pytest.raises(PlanError, match="least_cost"):
        plan(policy="guess")
    with pytest.raises(PlanError, match="holding_rate"):
        plan(policy="least_cost", holding_rate=0.0)


def test_waiting_risks_no_less_than_ordering_now():
    # Asked for every other week at best: an empty shelf may meet nobody in the week that waiting concerns.
    row = {"sku": "A", "demand_class": "lumpy", "mean": 2.0} | dict.fromkeys(QUANTILE_NAMES, 0.0)
    row |= {"q75": 2.0, "q835": 4.0, "q95": 9.0, "q975": 12.0, "q995": 20.0}
    weeks = [row | {"week_start": MONDAY + timedelta(weeks=week)} for week in range(13)]
    for stock_now in (0, 2, 5):
        found = position(forecast_weekly=pl.DataFrame(weeks), inventory=inventory(("A", "MAIN", stock_now)))
        assert found["waiting_risk"] >= found["stockout_probability"] > 0.1
    # A gap between what is there and a delivery that fills it again is a shortage too.
    late = position(incoming_supply=supply(("A", 5000, 13)))
    assert late["waiting_risk"] >= late["stockout_probability"] > 0.9


def sentence(**changed) -> str:
    return plan(**changed).proposals["explanation"][0]


def test_no_sentence_says_certain_of_what_is_not():
    found = position(inventory=inventory(("A", "MAIN", 124)))
    assert 0.995 < found["waiting_risk"] < 1
    assert "arrives in over 99% of cases" in sentence(inventory=inventory(("A", "MAIN", 124)))
    assert "100% of cases" in sentence(inventory=inventory(("A", "MAIN", 0)))
    assert "in 99.5% of cases" in sentence(service_levels=SERVICE | {"A": 0.995})
    assert "in 98% of cases" in sentence()


@pytest.mark.parametrize("fields", [{"unit_cost": None}, {"mean_price": None}, {"mean_price": 1.5}])
def test_waiting_is_not_said_to_cost_nothing_where_no_margin_is_known(fields):
    assert "no margin is known to be lost" in sentence(product=product(**fields))
    assert "waiting costs 0.00" not in sentence(product=product(**fields))


def test_a_least_cost_proposal_is_not_explained_by_a_reorder_point_it_does_not_use():
    # Two days of delivery and four weeks to the next order: it pays to order before the point is reached.
    tight = {"policy": "least_cost", "review_days": 28, "suppliers": suppliers(S=2),
             "inventory": inventory(("A", "MAIN", 340))}  # fmt: skip
    found = position(**tight)
    assert found["suggested_quantity"] > 0
    assert found["position_at_review"] > found["reorder_point"]
    told = sentence(**tight)
    assert "reorder point" not in told and "lost in margin and spent on keeping stock is least" in told
    assert f"with {found['order_up_to']:,.0f} in stock and on order" in told


def test_a_supplier_half_a_year_away_is_not_taken_to_be_nearer():
    assert position(suppliers=suppliers(S=200))["lead_time_days"] == 200
    seen = position(receipts=receipts([]).vstack(receipts([40.0])), suppliers=suppliers(S=40))
    assert seen["lead_time_days"] == 40
    found = position(suppliers=suppliers(S=200), forecast_weekly=forecast(70, 0, weeks=40))
    assert found["order_up_to"] == pytest.approx(207 * 10, abs=3)
