"""Every page of the dashboards in real Chromium: numbers, deep links, decisions, a phone, no stranger."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import polars as pl
import pytest

from dashboards import buying
from tests.support import browser, release_builder
from tests.support.small_shop import AS_OF
from warehouse import kpis, queries, releases, settings

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=browser.WAIT_MS)  # a busy machine is slow, not wrong
pytestmark = [
    pytest.mark.browser, pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="no chromium is installed; apt-get install chromium"),
]  # fmt: skip

PAGES = {
    "": "Overview",
    "orders": "Orders",
    "inventory": "Inventory",
    "forecast": "Forecast review",
    "restock": "Restock alerts",
    "health": "Data health",
}
VIEWS = (
    *PAGES,
    "orders?view=service",
    "orders?view=find",
    "inventory?view=stockouts",
    "inventory?sku=20001",
    "forecast?sku=20001",
    "restock?view=proposals",
    "restock?view=curve",
    "restock?view=excess",
)
LAST_30_DAYS = {"date_from": date(2011, 11, 10), "date_to": date(2011, 12, 10)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Settings of a home with the small shop published, its alerts raised, under the sample's clock."""
    home = tmp_path_factory.mktemp("home")
    (home / "sample.json").write_text(json.dumps({"clock": AS_OF.isoformat()}))
    found = settings.load(environ={"OMS_HOME": str(home)})
    rows = release_builder.small_shop()
    release_builder.publish(found, rows=rows)
    release_builder.raise_alerts(found, rows=rows)
    return found


@pytest.fixture(scope="module")
def release(shop):
    con = releases.current(shop).connect()
    yield con
    con.close()


@pytest.fixture(scope="module")
def address(shop):
    with browser.dashboards(shop.home) as found:
        yield found


@pytest.fixture(scope="module")
def chromium():
    with browser.chromium() as found:
        yield found


@pytest.fixture(scope="module")
def desktop(chromium, address):
    """One context for all: it keeps the app's files in its cache; every page is a session of its own."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000}, base_url=address)
    yield context
    context.close()


@pytest.fixture(scope="module")
def phone(chromium, address):
    context = chromium.new_context(viewport={"width": 375, "height": 760}, base_url=address, has_touch=True)
    yield context
    context.close()


@pytest.fixture
def page(desktop, address):
    found = desktop.new_page()
    strangers = []
    found.on("request", lambda request: _note(strangers, request.url, address))
    yield found
    found.close()
    assert strangers == [], "the dashboards asked another machine"


def _note(strangers: list[str], url: str, address: str) -> None:
    if not url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:")):
        strangers.append(url)


def order_in(release, condition: pl.Expr) -> dict:
    """The newest order for which it holds."""
    orders = release.execute("select * from order_fact order by placed_at desc, order_id").pl()
    return orders.filter(condition).row(0, named=True)


def test_every_page_opens_from_the_sidebar_and_names_its_release(page, shop):
    browser.visit(page, "/")
    name = releases.current(shop).name
    for title in PAGES.values():
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible(timeout=browser.WAIT_MS)
        browser.settle(page)
        expect(page.locator(".foot")).to_contain_text(name)
        expect(page.get_by_test_id("stSidebar")).to_contain_text("10 Dec 2011, 00:00")


def test_the_overview_shows_the_kpis_of_the_release(page, release):
    expected = kpis.kpis(release, **LAST_30_DAYS)[0]
    browser.visit(page, "/")
    cards = page.locator(".card")
    assert float(expected["gross_sales"]) > 10_000
    for label, value in (
        ("Gross sales", f"£{expected['gross_sales']:,.0f}"),
        ("Total sales", f"£{expected['total_sales']:,.0f}"),
        ("Orders", f"{expected['orders']:,}"),
        ("Units", f"{expected['units']:,.0f}"),
        ("Average order value", f"£{expected['aov']:,.2f}"),
        ("Returning customers", f"{expected['returning_customers']:,}"),
    ):
        card = cards.filter(has=page.locator(".label", has_text=re.compile(f"^{label}$")))
        expect(card.locator(".value")).to_have_text(value)
    otif = queries.service(release, **LAST_30_DAYS)["otif"][0]
    expect(cards.filter(has_text="OTIF").locator(".value")).to_have_text(f"{otif:.1%}")


def test_a_filter_goes_into_the_link_and_the_link_brings_it_back(page, desktop, release):
    browser.visit(page, "/")
    browser.choose(page, "Channel", "Amazon")
    expect(page).to_have_url(re.compile(r"\?channel=amazon$"))
    expected = kpis.kpis(release, **LAST_30_DAYS, channel="amazon")[0]
    shown = f"£{expected['gross_sales']:,.0f}"
    expect(page.locator(".card .value").first).to_have_text(shown)
    again = desktop.new_page()
    browser.visit(again, page.url)
    expect(again.locator(".card .value").first).to_have_text(shown)
    again.close()
    page.go_back()
    everything = f"£{kpis.kpis(release, **LAST_30_DAYS)[0]['gross_sales']:,.0f}"
    expect(page.locator(".card .value").first).to_have_text(everything, timeout=browser.WAIT_MS)


def test_a_link_to_own_dates_as_known_on_an_earlier_day(page, release):
    period = {"date_from": date(2011, 11, 1), "date_to": date(2011, 12, 1)}
    late = AS_OF.replace(month=11, day=16)
    known, all_of_it = (kpis.kpis(release, **period, as_of=as_of)[0] for as_of in (late, None))
    assert known["gross_sales"] < all_of_it["gross_sales"]
    browser.visit(page, "/?period=custom&from=2011-11-01&to=2011-11-30&as_of=2011-11-15")
    expect(page.locator(".card .value").first).to_have_text(f"£{known['gross_sales']:,.0f}")
    assert "1 Nov – 30 Nov 2011" in browser.text(page)
    assert "as known on the evening of 15 Nov 2011" in browser.text(page)


def test_a_link_that_names_what_does_not_exist_says_so(page):
    browser.visit(page, "/?channel=moon")
    expect(page.get_by_test_id("stAlert")).to_contain_text("channel “moon”, which is not known here")


def test_a_best_seller_leads_to_its_stock(page, release):
    best = queries.top_products(release, **LAST_30_DAYS, limit=1)["sku"][0]
    browser.visit(page, "/")
    click_first_row(page)
    expect(page).to_have_url(re.compile(f"/inventory\\?sku={best}$"))
    expect(page.get_by_role("heading", name="What each channel may sell, and why")).to_be_visible()
    browser.settle(page)


def click_first_row(page) -> None:
    grid = page.get_by_test_id("stDataFrame").first
    grid.scroll_into_view_if_needed()
    page.wait_for_timeout(400)  # the grid draws itself on a canvas and tells nobody when it has
    grid.click(position={"x": 110, "y": 50})


def test_the_funnel_counts_the_orders_of_the_period(page, release):
    found = queries.funnel(release, date_from=date(2011, 9, 11), date_to=date(2011, 12, 10))
    placed, delivered = (
        found.filter(pl.col("stage") == stage)["orders"][0] for stage in ("placed", "delivered")
    )
    browser.visit(page, "/orders")
    steps = page.locator(".flow .step")
    expect(steps.filter(has_text="Placed")).to_contain_text(f"{placed:,} 100.0%")
    expect(steps.filter(has_text="Delivered")).to_contain_text(f"{delivered:,} {delivered / placed:.1%}")
    expect(page.locator(".lead").filter(has_text="Slowest")).to_be_visible()


def test_an_orders_link_tells_its_whole_history(page, release):
    order = order_in(release, pl.col("units_returned") > 0)
    browser.visit(page, f"/orders?order={order['order_id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order['order_number']}")
    expect(page.locator(".lead").first).to_contain_text("Where is it? Delivered on")
    told = page.locator(".story .what").all_inner_texts()
    assert told == ["Order placed", "Paid", "Stock allocated", "Shipped", "Delivered", "Goods returned"]
    total = page.locator(".scroll tr.total").first
    expect(total).to_contain_text(f"£{order['gross_sales']:,.2f}")


def test_an_order_is_found_by_its_number_and_opened_from_the_list(page, release):
    order = order_in(release, pl.col("order_status") == "open")
    browser.visit(page, "/orders?view=find")
    box = page.get_by_label("Order number, id or customer")
    box.fill(order["external_id"])
    box.press("Enter")
    expect(page.get_by_text("1 orders, newest first")).to_be_visible(timeout=browser.WAIT_MS)
    click_first_row(page)
    expect(page).to_have_url(re.compile(r"order="))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order['order_number']}")
    page.get_by_role("button", name="All orders").click()
    expect(page.get_by_role("heading", level=1, name="Orders")).to_be_visible()


def test_an_unknown_order_says_so_and_offers_the_search(page):
    browser.visit(page, "/orders?order=nobody-ordered-this")
    expect(page.get_by_test_id("stAlert")).to_contain_text("knows no order")
    page.get_by_role("link", name="Search the orders").click()
    expect(page.get_by_label("Order number, id or customer")).to_have_value("nobody-ordered-this")


def test_a_products_link_explains_its_ats_per_channel(page, release):
    found = {row["channel_id"]: row for row in queries.ats(release, "20038").iter_rows(named=True)}
    browser.visit(page, "/inventory?sku=20038")
    shown = page.locator(".scroll").first
    expect(shown.locator("tr.total")).to_contain_text("Available to sell")
    columns = shown.locator("th").all_inner_texts()
    amounts = dict(zip(columns, shown.locator("tr.total td").all_inner_texts(), strict=True))
    assert amounts["Amazon"] == f"{found['amazon']['ats']:,.0f}"
    assert amounts["Web shop"] == f"{found['shopify']['ats']:,.0f}"
    assert found["amazon"]["ats"] < found["shopify"]["ats"]
    expect(page.locator(".lead").first).to_contain_text(
        f"Amazon may sell {found['amazon']['ats']:,.0f} units."
    )


def test_an_unknown_sku_says_so_and_offers_what_resembles_it(page):
    browser.visit(page, "/inventory?sku=20038x")
    expect(page.get_by_test_id("stAlert")).to_contain_text("knows no sku “20038x”")
    page.get_by_role("link", name=re.compile("20038 ·")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("REGENCY CAKESTAND 3 TIER")


def test_stockouts_state_their_rate(page, release):
    daily = queries.stockout_daily(release, date_from=date(2011, 9, 11), date_to=date(2011, 12, 10))
    rate = daily["days_lost"].sum() / (daily["listed"][0] * daily.height)
    browser.visit(page, "/inventory?view=stockouts")
    expect(page.locator(".lead").first).to_contain_text(f"Stock-out rate {rate:.2%}")


def saved_overrides(shop, sku: str) -> list[dict]:
    from oms_ops import decisions
    from oms_ops.store import open_book

    with open_book(shop.order_book_url) as book:
        return [row for row in decisions.overrides(book, as_of=AS_OF) if row["sku"] == sku]


def test_an_override_is_previewed_saved_with_its_reason_and_revoked(page, shop, release):
    sku = "20075"
    forecast = queries.forecast_weekly(release, sku)
    before = forecast["mean"].sum()
    after = before + forecast["mean"].head(4).sum()
    browser.visit(page, f"/forecast?sku={sku}")
    value = page.get_by_label("Value", exact=True)
    value.fill("2")
    value.press("Enter")
    preview = page.get_by_text(f"Preview: {before:,.0f} → {after:,.0f} units")
    expect(preview).to_be_visible(timeout=browser.WAIT_MS)
    assert saved_overrides(shop, sku) == []
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Save override").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text(
        "reason must not be empty", timeout=browser.WAIT_MS
    )
    page.get_by_label("Reason", exact=True).fill("front page of the catalogue")
    page.get_by_role("button", name="Save override").click()
    expect(page.get_by_text("It counts from the next run.").first).to_be_visible(timeout=browser.WAIT_MS)
    expect(page.get_by_text("front page of the catalogue")).to_be_visible()
    (kept,) = saved_overrides(shop, sku)
    assert (kept["action"], kept["value"], kept["author"]) == ("factor", 2.0, "Ada")
    first = forecast["week_start"][0]
    assert (kept["first_week"], kept["last_week"]) == (first, first + timedelta(weeks=3))
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0, timeout=browser.WAIT_MS)
    assert saved_overrides(shop, sku)[0]["state"] == "revoked"
    browser.settle(page)


def episode(shop, episode_id: str) -> dict:
    from oms_ops import decisions
    from oms_ops.store import open_book

    with open_book(shop.order_book_url) as book:
        return {row["episode_id"]: row for row in decisions.episodes(book)}[episode_id]


def test_the_track_record_stands_beside_the_alerts(page, shop):
    browser.visit(page, "/restock")
    record = page.get_by_test_id("stMain")
    expect(record).to_contain_text("26 Monday mornings from 6 Jun 2011", timeout=browser.WAIT_MS)
    expect(record.get_by_role("row", name="These alerts")).to_contain_text("72%")
    expect(record.get_by_role("row", name="Days of cover")).to_contain_text("16%")


def test_alerts_are_acknowledged_and_snoozed_by_somebody_with_a_name(page, shop):
    browser.visit(page, "/restock")
    cards = page.locator("[class*='st-key-alert_']")
    first, second = (
        re.search(r"st-key-alert_([\w-]+)", cards.nth(n).get_attribute("class"))[1] for n in (0, 1)
    )
    assert episode(shop, first)["margin_at_risk"] >= episode(shop, second)["margin_at_risk"] > 0
    cards.first.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("Enter your name first", timeout=browser.WAIT_MS)
    assert episode(shop, first)["state"] == "raised"
    page.get_by_label("Your name").fill("Grace")
    page.locator(f".st-key-alert_{first}").get_by_role("button", name="Acknowledge").click()
    expect(page.locator(f".st-key-alert_{first}")).to_have_count(0, timeout=browser.WAIT_MS)
    assert (episode(shop, first)["state"], episode(shop, first)["acknowledged_by"]) == (
        "acknowledged",
        "Grace",
    )
    page.locator(f".st-key-alert_{second}").get_by_role("button", name="Snooze").click()
    expect(page.get_by_text("Quiet until 13 Dec 2011, 00:00, unless it worsens")).to_be_visible()
    page.get_by_role("button", name="Snooze it").click()
    expect(page.locator(f".st-key-alert_{second}")).to_have_count(0, timeout=browser.WAIT_MS)
    assert episode(shop, second)["snoozed_until"] == AS_OF + timedelta(days=3)
    page.get_by_role("radio", name="Snoozed (1)").click()
    expect(page.locator(f".st-key-alert_{second}")).to_contain_text("Snoozed", timeout=browser.WAIT_MS)
    expect(page).to_have_url(re.compile("state=snoozed"))


def test_the_purchase_proposals_of_a_supplier_are_exported_whole(page, release, tmp_path):
    expected = queries.proposals(release, supplier_id="SUP-02")
    browser.visit(page, "/restock?view=proposals&supplier=SUP-02")
    expect(page.locator(".card .value").nth(1)).to_have_text(f"£{expected['cost'].sum():,.0f}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert download.value.suggested_filename == "purchase-proposals-2011-12-10-SUP-02.csv"
    download.value.save_as(tmp_path / "proposals.csv")
    found = pl.read_csv(tmp_path / "proposals.csv", schema_overrides={"sku": pl.String})
    assert found["sku"].to_list() == expected["sku"].to_list()
    assert found["quantity"].sum() == expected["quantity"].sum()


def test_a_budget_is_spent_on_what_earns_most_and_the_link_keeps_it(page, release):
    whole = buying.basket(release, budget=buying.UNLIMITED)
    half = buying.basket(release, budget=float(round(whole.all_cost / 2)))
    browser.visit(page, f"/restock?view=proposals&budget={whole.all_cost / 2:.0f}")
    expect(page.locator(".card .value").nth(0)).to_have_text(f"{half.rows.height:,}")
    expect(page.locator(".lead")).to_contain_text("Next best, left out")
    budget = page.get_by_test_id("stNumberInputField")
    budget.fill("")
    budget.press("Enter")
    expect(page.locator(".lead")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("budget="))


def test_service_against_stock_shows_the_shops_policy_and_where_it_stands(page):
    browser.visit(page, "/restock?view=curve")
    expect(page.locator(".card .label").nth(0)).to_have_text("Policy: service level by class")
    expect(page.locator(".card .value").nth(0)).to_have_text("95.3%")
    expect(page.locator("table")).to_contain_text("as it was")


def test_data_health_shows_rows_checks_and_how_to_retry(page, shop):
    tables = releases.current(shop).manifest["tables"]
    browser.visit(page, "/health")
    rows = page.locator(".scroll.tall tr")
    expect(rows.filter(has_text="sales_fact")).to_contain_text(f"{tables['sales_fact']['rows']:,}")
    expect(page.locator(".lead")).to_contain_text(
        "All blocking checks passed; 1 that warn did not. 3 documents wait"
    )
    expect(page.get_by_test_id("stCode")).to_contain_text("oms quarantine --retry")


@pytest.mark.parametrize("path", VIEWS)
def test_no_page_is_wider_than_a_phone(phone, path):
    page = phone.new_page()
    browser.visit(page, f"/{path}")
    widths = page.evaluate(
        """() => ["html", "[data-testid=stMain]"]
            .map(name => document.querySelector(name))
            .map(element => [element.scrollWidth, element.clientWidth])"""
    )
    page.close()
    assert all(scrolled <= visible for scrolled, visible in widths), widths
