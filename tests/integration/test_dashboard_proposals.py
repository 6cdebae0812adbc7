"""The proposals page without a browser: a budget's basket, the planner's word, what the book then holds."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import buying
from dashboards.views import proposal_desk
from models.replenishment import offers
from oms_ops.service import StockService
from oms_ops.store import open_book
from tests.support import release_builder
from warehouse import queries, releases, settings

NOW = datetime(2011, 12, 10, tzinfo=UTC)


def page(home: str, chosen: tuple[str, ...] = ()) -> None:
    from dataclasses import dataclass

    import streamlit as st

    from dashboards import link_state
    from dashboards.desk import Desk
    from dashboards.views import proposals
    from warehouse import releases, settings

    @dataclass(frozen=True)
    class LonePage(Desk):
        """The one page of its app: there is nowhere to link to."""

        def link(self, *_: object, **__: object) -> None:
            pass

    draw = proposals._table

    def ticked(desk, rows, *, name):
        """As if these rows had been ticked, which the test runner cannot."""
        draw(desk, rows, name=name)
        return rows.filter(rows["sku"].is_in(chosen))

    link_state.begin("restock")
    shop = settings.load(environ={"OMS_HOME": home})
    proposals._table = ticked
    try:
        proposals.render(LonePage(shop, releases.current(shop)), None)
    finally:
        proposals._table = draw
    st.caption("drawn")


@pytest.fixture
def shop(tmp_path):
    found = settings.load(environ={"OMS_HOME": str(tmp_path)})
    release_builder.publish(found)
    return found


@pytest.fixture
def release(shop) -> duckdb.DuckDBPyConnection:
    return releases.current(shop).connect()


def shown(shop, *chosen: str) -> AppTest:
    app = AppTest.from_function(page, args=(str(shop.home), chosen), default_timeout=60).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    said = [*app.caption, *app.markdown, *app.get("html"), *app.error, *app.warning]
    return " ".join(str(getattr(part, "value", "") or part.proto.body) for part in said)


def decided(shop) -> dict[str, dict]:
    with open_book(shop.order_book_url) as book:
        return {row["sku"]: row for row in StockService(book, shop).decided_proposals()}


def button(app: AppTest, start: str):
    return next(found for found in app.button if found.key.startswith(start))


def named(app: AppTest) -> AppTest:
    app.text_input(key="author_input").set_value("ana").run()
    return app


def first(release) -> dict:
    return queries.proposals(release).row(0, named=True)


def test_a_budget_buys_what_earns_most_for_it_and_says_what_was_left_out(release):
    whole = buying.basket(release, budget=buying.UNLIMITED)
    assert whole.forgone is None
    half = buying.basket(release, budget=whole.all_cost / 2)
    assert 0 < half.rows["cost"].sum() <= whole.all_cost / 2
    assert half.rows["expected_gain"].sum() < half.all_gain == pytest.approx(whole.all_gain)
    assert half.forgone.gain > 0
    drawn = buying.curve(release)
    assert drawn.row(0) == (0.0, 0.0)
    assert drawn.row(-1) == pytest.approx((whole.all_cost, whole.all_gain))
    assert (drawn["earned"].diff().drop_nulls() / drawn["spent"].diff().drop_nulls()).diff().max() <= 1e-9


def test_the_curve_of_two_products_is_known_by_hand():
    steps = pl.DataFrame(
        {
            "sku": ["CUP", "CUP", "POT"],
            "location_id": ["L"] * 3,
            "supplier_id": ["S"] * 3,
            "step_no": [1, 2, 1],
            "quantity": [6.0, 12.0, 10.0],
            "cost": [60.0, 120.0, 50.0],
            "expected_gain": [90.0, 100.0, 40.0],
            "lead_time_days": [7.0] * 3,
        }
    )
    assert offers.curve(steps).rows() == [(0.0, 0.0), (60.0, 90.0), (110.0, 130.0), (170.0, 140.0)]


def test_the_page_shows_the_budget_and_what_it_would_have_bought_next(shop, release):
    whole = buying.basket(release, budget=buying.UNLIMITED)
    app = shown(shop)
    assert "Expected to earn" in words(app)
    assert "left out" not in words(app)
    app.number_input(key="restock.budget").set_value(float(round(whole.all_cost / 2))).run()
    assert not app.exception
    assert "Next best, left out" in words(app)


def test_a_budget_says_what_no_basket_can_hold_and_a_link_without_a_sum_sets_none(shop, release):
    rows = release_builder.small_shop()
    lost = rows.tables["purchase_step"][0]["sku"]
    rows.tables["purchase_step"] = [row for row in rows.tables["purchase_step"] if row["sku"] != lost]
    release_builder.publish(shop, rows=rows, run_id="run-no-cost")
    app = AppTest.from_function(page, args=(str(shop.home),), default_timeout=60)
    app.query_params["budget"] = "-5"
    app.run()
    assert [box.value for box in app.warning] == [
        "The link asks for budget “-5”, which is no sum of money. None is set."
    ]
    app.number_input(key="restock.budget").set_value(2000.0).run()
    assert "In no basket, though service levels ask for them: 1 product without" in words(app)


def test_a_budget_too_small_is_not_said_to_find_nothing_worth_buying(shop):
    app = shown(shop)
    app.number_input(key="restock.budget").set_value(0.0).run()
    assert not app.exception
    assert [box.value for box in app.info] == ["The budget is too small for anything that pays."]
    assert "Next best, left out" in words(app)
    assert not app.success


def test_a_proposal_is_explained_ordered_and_shown_as_ordered(shop, release):
    proposal = first(release)
    app = named(shown(shop, proposal["sku"]))
    told = words(app)
    for part in ("Demand until the order after next", "90 % between", "Cost of waiting", "What bound it"):
        assert part in told
    button(app, "proposal.accept.").click().run()
    row = decided(shop)[proposal["sku"]]
    assert (row["decision"], row["author"], row["units"]) == ("accepted", "ana", round(proposal["quantity"]))
    assert row["purchase_order_id"] in words(app)
    assert not [found for found in app.button if found.key == f"proposal.accept.{proposal['proposal_id']}"]


def test_other_units_need_a_reason_and_then_are_ordered(shop, release):
    proposal = first(release)
    app = named(shown(shop, proposal["sku"]))
    name = proposal["proposal_id"]
    app.number_input(key=f"proposal.units.{name}").set_value(3).run()
    button(app, "proposal.accept.").click().run()
    assert "needs a reason" in words(app)
    assert decided(shop) == {}
    app.text_input(key=f"proposal.reason.{name}").set_value("shelf is full").run()
    button(app, "proposal.accept.").click().run()
    row = decided(shop)[proposal["sku"]]
    assert (row["decision"], row["units"], row["reason"]) == ("changed", 3, "shelf is full")


def test_declining_needs_a_name_and_a_reason(shop, release):
    proposal = first(release)
    app = shown(shop, proposal["sku"])
    button(app, "proposal.decline.").click().run()
    assert "Enter your name above first" in words(app)
    assert decided(shop) == {}
    named(app)
    app.text_input(key=f"proposal.reason.{proposal['proposal_id']}").set_value("end of line").run()
    button(app, "proposal.decline.").click().run()
    assert decided(shop)[proposal["sku"]]["decision"] == "declined"
    assert "end of line" in words(app)


def test_all_that_is_shown_is_ordered_at_once_and_once(shop, release):
    app = named(shown(shop))
    button(app, "proposal.accept.all").click().run()
    found = decided(shop)
    assert set(found) == set(queries.proposals(release)["sku"])
    assert {row["decision"] for row in found.values()} == {"accepted"}
    assert not [found for found in app.button if found.key.startswith("proposal.accept")]


def test_one_ordered_meanwhile_does_not_keep_the_others_from_being_declined(shop, release):
    taken, other = queries.proposals(release).head(2).to_dicts()
    app = named(shown(shop, taken["sku"], other["sku"]))
    app.text_input(key="proposal.reason.many").set_value("no room").run()
    with open_book(shop.order_book_url) as book:
        StockService(book, shop).accept_proposals(
            buying.commands([taken]), by="bob", at=settings.clock(shop, wall=NOW), key="meanwhile"
        )
    app.button(key="proposal.decline.many").click().run()
    assert {sku: row["decision"] for sku, row in decided(shop).items()} == {
        taken["sku"]: "accepted", other["sku"]: "declined"
    }  # fmt: skip
    assert f"Declined {other['sku']}" in words(app) and "Not declined" in words(app)


def test_one_without_a_supplier_does_not_keep_the_others_from_being_ordered(shop, release, monkeypatch):
    bare = first(release)["proposal_id"]
    rows = pl.when(pl.col("proposal_id") != bare).then("supplier_id")
    monkeypatch.setattr(
        proposal_desk, "_open", lambda shown, found=proposal_desk._open: found(shown.with_columns(rows))
    )
    app = named(shown(shop))
    assert "1 without a supplier are left out" in words(app)
    button(app, "proposal.accept.all").click().run()
    found = decided(shop)
    assert bare not in {row["proposal_id"] for row in found.values()}
    assert len(found) == queries.proposals(release).height - 1


def test_under_a_budget_every_row_says_what_the_money_buys_of_it(shop, release):
    whole = queries.proposals(release)
    bought = buying.basket(release, budget=buying.basket(release, budget=buying.UNLIMITED).all_cost * 0.6)
    positions, names = queries.stock_positions(release), {}
    rows = buying.under_budget(whole, bought, queries.skus(release), positions, names)
    asked = whole.select("sku", asked=pl.col("pool_quantity").cast(pl.Float64))
    joined = rows.join(asked, on="sku", how="left")
    less = joined.filter(pl.col("pool_quantity").cast(pl.Float64) < pl.col("asked"))
    same = joined.filter(pl.col("pool_quantity").cast(pl.Float64) == pl.col("asked"))
    assert less.height and same.height
    for row in less.iter_rows(named=True):
        said = f"The money buys {row['pool_quantity']:.0f} of the {row['asked']:.0f} units"
        assert row["explanation"].startswith(said)
        assert (row["binding_constraint"], row["cost_of_waiting"]) == ("budget", None)
    assert not same["explanation"].str.contains("The money buys").any()
    assert same["cost_of_waiting"].null_count() == 0
