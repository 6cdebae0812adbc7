"""What was agreed with suppliers, through to the proposal: by hand, one term at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from models import explain, replenish, risk, stock
from models.replenishment.agreed import Agreed
from pipelines.terms import agreed
from warehouse import settings as shop_settings
from warehouse.settings import ROOT, SettingsError

NOW = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday
SERVICE = {"A": 0.98, "B": 0.95, "C": 0.90}
MON, TUE, THU, FRI = 0, 1, 3, 4


def forecast(weekly: float) -> pl.DataFrame:
    """Demand without doubt: every quantile is the mean."""
    row = {"sku": "A", "demand_class": "smooth"} | dict.fromkeys(("mean", *stock.QUANTILE_NAMES), weekly)
    return pl.DataFrame([row | {"week_start": NOW.date() + timedelta(weeks=week)} for week in range(26)])


def product(**fields) -> pl.DataFrame:
    row = {
        "sku": "A", "product_kind": "product", "supplier_id": "S", "unit_cost": 2.0, "pack_size": 1.0,
        "min_order_quantity": 1.0, "mean_price": 5.0, "abc_class": "A",
    }  # fmt: skip
    return pl.DataFrame([row | fields], schema=stock.PRODUCT)


def shop_tables(weekly: float, available: float) -> dict[str, pl.DataFrame]:
    return {
        "forecast_weekly": forecast(weekly), "product": product(),
        "inventory": pl.DataFrame([("A", "MAIN", available)], schema=stock.INVENTORY, orient="row"),
        "incoming_supply": pl.DataFrame(
            schema=stock.SUPPLY | {"supplier_id": pl.String, "ordered_at": pl.Datetime("us", "UTC")}
        ),
        "receipts": pl.DataFrame(
            schema={"supplier_id": pl.String, "ordered_at": pl.Datetime("us", "UTC"),
                    "received_at": pl.Datetime("us", "UTC")}
        ),
        "suppliers": pl.DataFrame({"supplier_id": ["S"], "quoted_lead_time_days": [14]}),
    }  # fmt: skip


def plan(*terms: Agreed, weekly: float = 70.0, available: float = 0.0, **changed) -> replenish.Replenishment:
    """Fourteen days of delivery, weekly review: 10 a day over three weeks are 210."""
    inputs = shop_tables(weekly, available) | {
        "as_of": NOW, "returns_location": "MAIN", "review_days": 7, "service_levels": SERVICE, "seed": 3,
    }  # fmt: skip
    return replenish.propose(**inputs | changed, terms=terms)


def plan_risk(*terms: Agreed) -> pl.DataFrame:
    inputs = shop_tables(70.0, 200.0)
    return risk.assess(**inputs, terms=terms, as_of=NOW, seed=3)


def bought(*terms: Agreed, **changed) -> dict:
    return plan(*terms, **changed).proposals.row(0, named=True)


def terms(**given) -> Agreed:
    return Agreed(supplier_id="S", **given)


def test_nothing_agreed_is_as_before():
    found = bought()
    assert (found["quantity"], found["binding_constraint"], found["lead_time_days"]) == (210, "none", 14)
    assert bought(Agreed(supplier_id="OTHER", pallet_size=400.0)) == found


def test_another_review_covers_another_interval():
    found = bought(terms(review_days=14))
    assert (found["review_days"], found["quantity"]) == (14, 280)


def test_orders_wait_for_the_day_that_takes_them_and_goods_for_the_day_that_receives_them():
    """Thursdays only: ordered on 4 January, there on the 18th; the next order would be there a week later."""
    found = bought(terms(order_weekdays=(THU,)))
    assert (found["lead_time_days"], found["review_days"], found["quantity"]) == (17, 7, 240)
    assert found["order_by"] == date(2024, 1, 4)
    # Received on Fridays: the Monday's order, due on the 15th, comes on the 19th.
    assert bought(terms(receipt_weekdays=(FRI,)))["lead_time_days"] == 18
    closed = bought(terms(order_weekdays=(THU,), closed=(date(2024, 1, 4),)))
    assert (closed["order_by"], closed["lead_time_days"]) == (date(2024, 1, 11), 24)


def test_the_last_day_to_order_is_one_that_takes_orders():
    plain = bought(available=205.0)
    assert plain["order_by"] == date(2024, 1, 7)  # cover of 20 days, 14 of delivery
    assert bought(terms(order_weekdays=(MON, THU)), available=205.0)["order_by"] == date(2024, 1, 4)


def test_an_alert_knows_when_an_order_can_be_placed_and_received():
    """In stock for 20 days: an order of today is there after 14, one of Thursday in two weeks is not."""

    def assessed(*agreed: Agreed) -> dict:
        return plan_risk(*agreed).row(0, named=True)

    assert assessed()["raw_probability"] == 0
    late = assessed(terms(order_weekdays=(THU,), closed=(date(2024, 1, 4),)))
    assert (late["raw_probability"], late["lead_time_days"]) == (1, 24)
    assert late["order_by"] == date(2024, 1, 11)


YEAR_OFF = tuple(NOW.date() + timedelta(days=day) for day in range(366))


def test_a_supplier_closed_for_a_year_withholds_its_own_products_and_no_others():
    two = shop_tables(70.0, 0.0)
    two |= {
        "forecast_weekly": pl.concat(
            [two["forecast_weekly"], two["forecast_weekly"].with_columns(sku=pl.lit("B"))]
        ),
        "product": pl.concat([product(), product(sku="B", supplier_id="T")]),
    }
    found = plan(terms(closed=YEAR_OFF), **two)
    assert found.proposals.select("sku", "quantity").rows() == [("B", 210)]
    assert found.steps["sku"].unique().to_list() == ["B"]
    told = found.positions.select("suggested_quantity", "withheld_quantity", "binding_constraint").rows()
    assert told == [(0.0, 210.0, "supplier_closed"), (210.0, 0.0, "none")]


def test_an_alert_says_that_a_closed_supplier_sends_nothing():
    found = plan_risk(terms(closed=YEAR_OFF)).row(0, named=True)
    assert (found["raw_probability"], found["order_by"], found["expected_demand"]) == (1.0, None, 3660.0)
    (said,) = explain.risks(pl.DataFrame([found | {"stockout_probability": 1.0}]), today=NOW.date())
    assert "Nothing can be ordered: S takes no orders or delivers none within a year" in said


def test_a_supplier_that_closes_after_today_is_ordered_from_for_a_year():
    closed = tuple(NOW.date() + timedelta(days=day) for day in range(15, 500))
    found = bought(terms(closed=closed, review_days=30))
    assert (found["lead_time_days"], found["review_days"]) == (14, 396)


def test_a_pallet_nearly_full_is_filled_and_another_is_not():
    assert bought(terms(pallet_size=220.0))["quantity"] == 220
    assert bought(terms(pallet_size=220.0))["binding_constraint"] == "pallet_size"
    assert bought(terms(pallet_size=400.0))["quantity"] == 210


def test_a_price_break_for_which_there_is_no_room_does_not_hide_one_for_which_there_is():
    # Beyond the 140 asked for before it arrives there is room for 110 more: for 250, not for 600.
    both = terms(price_breaks=((240.0, 1.8), (600.0, 0.5)), max_stock=110.0)
    found = bought(both)
    assert (found["quantity"], found["unit_cost"]) == (240, Decimal("1.8"))
    assert found["binding_constraint"] == "price_break"
    assert bought(terms(price_breaks=((240.0, 1.8), (600.0, 0.5))))["quantity"] == 600


def test_a_price_break_is_taken_where_it_saves_more_than_holding_costs():
    """30 more at 1.80 instead of 2.00 save 42 on the 210 and cost next to nothing to keep three days."""
    found = bought(terms(price_breaks=((240.0, 1.8),)))
    assert (found["quantity"], found["binding_constraint"]) == (240, "price_break")
    assert (float(found["unit_cost"]), float(found["cost"])) == (1.8, 432.0)
    assert "raised to where a unit costs 1.80" in found["explanation"]
    kept = bought(terms(price_breaks=((9000.0, 1.99),)))
    assert (kept["quantity"], float(kept["unit_cost"])) == (210, 2.0)
    reached = bought(terms(price_breaks=((100.0, 1.9),)))
    assert (reached["quantity"], float(reached["unit_cost"])) == (210, 1.9)


def test_the_shelf_holds_no_more_than_it_has_room_for_when_the_order_comes():
    """140 are gone by then: 140 + 50 of room."""
    found = bought(terms(max_stock=50.0))
    assert (found["quantity"], found["binding_constraint"]) == (190, "max_stock")
    assert "lowered to what there is room for" in found["explanation"]
    assert bought(terms(max_cover_days=3))["quantity"] == 170
    assert bought(terms(max_stock=1000.0))["quantity"] == 210


def test_nothing_is_bought_that_spoils_before_it_sells():
    found = bought(terms(shelf_life_days=4))
    assert (found["quantity"], found["binding_constraint"]) == (180, "shelf_life")


def test_a_break_beyond_the_room_is_not_taken():
    found = bought(terms(price_breaks=((240.0, 1.0),), max_stock=80.0))
    assert (found["quantity"], float(found["unit_cost"])) == (210, 2.0)


def test_days_closed_stated_later_leave_the_weekdays_that_take_orders():
    """Closed on Tuesday and Thursday, the order goes on the Tuesday after."""
    days = terms(order_weekdays=(TUE, THU)), terms(closed=(date(2024, 1, 2), date(2024, 1, 4)))
    assert bought(*days)["lead_time_days"] == 8 + 14


def test_a_later_statement_wins_term_by_term():
    found = bought(terms(pallet_size=220.0, review_days=14), Agreed(skus=frozenset({"A"}), pallet_size=300.0))
    assert (found["review_days"], found["quantity"], found["binding_constraint"]) == (14, 300, "pallet_size")


def test_the_basket_is_offered_breaks_and_room_too():
    steps = plan(terms(max_stock=50.0)).steps
    assert float(steps["quantity"].max()) <= 190
    cheap = plan(terms(price_breaks=((60.0, 1.0),))).steps.filter(pl.col("quantity") >= 60)
    assert (cheap["cost"].cast(pl.Float64) / cheap["quantity"].cast(pl.Float64)).to_list() == [1.0] * len(
        cheap
    )
    assert len(cheap)


# ------------------------------------------------------------------ as a shop states it


def shop(tmp_path, text: str):
    path = tmp_path / "oms.toml"
    path.write_text((ROOT / "oms.toml").read_text() + text)
    return shop_settings.load(path, environ={"OMS_HOME": str(tmp_path)})


def test_what_oms_toml_states_reaches_the_proposal(tmp_path):
    stated = shop(
        tmp_path,
        """
[[purchase_terms]]
supplier_id = "S"
order_weekdays = ["thu"]
closed = [2024-01-04]
review_days = 14
pallet_size = 400

[[purchase_terms]]
skus = ["a"]
price_breaks = [[360, 1.5]]
""",
    )
    found = bought(*agreed(stated))
    # Ordered on the 11th, there on the 25th, the next on 8 February: 38 days of 10, filled to the pallet.
    assert (found["lead_time_days"], found["review_days"]) == (24, 14)
    assert (found["quantity"], float(found["unit_cost"])) == (400, 1.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pallet_size = 4", "number 1 names neither a supplier_id nor skus"),
        ('skus = ["A"]\nreview_days = 3', "review_days hold for a whole supplier"),
        ('supplier_id = "S"\norder_weekdays = ["monday"]', "order_weekdays are mon, tue, .*, found monday"),
        ('supplier_id = "S"\nclosed = ["2024-01-04"]', "closed is a list of days such as 2026-12-24"),
        ('supplier_id = "S"\nshelf_life_days = 0', "shelf_life_days must be above 0, found 0"),
        ('supplier_id = "S"\nprice_breaks = [[10]]', r"price_breaks are \[\[from quantity, unit cost\], …\]"),
        ('supplier_id = "S"\nprice_breaks = [[10, 2], [10, 1]]', "name a quantity twice"),
        ('supplier_id = "S"\npallets = 3', "no setting 'pallets'; known: supplier_id"),
        ('supplier_id = "S"\nmax_stock = nan', "max_stock must be above 0, found nan"),
        ('supplier_id = "S"\nmin_order_value = inf', "min_order_value must be above 0, found inf"),
        ('supplier_id = "S"\nreview_days = 7.5', "review_days must be int . None, found 7.5"),
        ('supplier_id = "S"\nreview_days = 100000', "review_days must be at most 365, found 100,000"),
        ('supplier_id = "S"\nmax_stock = "much"', "max_stock must be float"),
        ('supplier_id = "S"\nlocations = ["MARS"]', "unknown locations MARS; known: "),
        (
            'supplier_id = "S"\nmin_order_value = 5\nlocations = ["LONDON"]',
            "min_order_value holds for all locations",
        ),
    ],
)
def test_a_wrong_statement_is_refused_with_what_and_where(tmp_path, text, said):
    with pytest.raises(SettingsError, match=said):
        shop(tmp_path, f"\n[[purchase_terms]]\n{text}\n")
