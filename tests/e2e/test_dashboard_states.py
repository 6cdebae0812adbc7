"""What the dashboards say when there is no release yet, when it is broken, and once there is one."""

from __future__ import annotations

import pytest

from tests.support import browser, release_builder
from tests.support.small_shop import Rows
from warehouse import releases, settings

expect = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=browser.WAIT_MS)  # a busy machine is slow, not wrong
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="no chromium is installed; apt-get install chromium"),
]


EMPTY = {
    "Overview": "The release holds no sales yet",
    "Orders": "The release holds no orders yet",
    "Inventory": "The release holds no stock yet",
    "Forecast review": "The release holds no forecast yet",
    "Restock alerts": "No restock alert so far",
    "Data health": "No check is recorded for this release",
}


def test_no_release_an_empty_one_a_full_one_and_a_broken_one(tmp_path):
    shop = settings.load(environ={"OMS_HOME": str(tmp_path)})
    with browser.dashboards(tmp_path) as address, browser.chromium() as chromium:
        page = chromium.new_page()
        page.goto(address)
        expect(page.get_by_role("heading", name="No release yet")).to_be_visible(timeout=browser.WAIT_MS)
        expect(page.get_by_test_id("stCode")).to_have_text("make run")

        release_builder.publish(shop, rows=Rows(), run_id="empty")
        browser.visit(page, address)
        for link, found in EMPTY.items():
            page.get_by_test_id("stSidebarNav").get_by_role("link", name=link).click()
            expect(page.get_by_test_id("stMain")).to_contain_text(found, timeout=browser.WAIT_MS)
            browser.settle(page)

        release_builder.publish(shop, run_id="full")
        browser.visit(page, address)
        expect(page.locator(".card").first).to_contain_text("£")

        (releases.current(shop).path / "sales_fact.parquet").unlink()
        page.goto(address)
        expect(page.get_by_role("heading", name="The release cannot be read")).to_be_visible(
            timeout=browser.WAIT_MS
        )
        expect(page.get_by_test_id("stAlert")).to_contain_text("sales_fact.parquet")
        browser.assert_no_exception(page)
