"""What the browser tests do on every page, on top of `dashboards.serving`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from dashboards import serving
from dashboards.serving import CHROMIUM, WAIT_MS, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["CHROMIUM", "WAIT_MS", "chromium"]


def dashboards(home: Path) -> AbstractContextManager[str]:
    return serving.dashboards(home, log=home / "streamlit.log")


def visit(page: Page, url: str) -> None:
    serving.visit(page, url)
    assert_no_exception(page)


def settle(page: Page) -> None:
    serving.settle(page)
    assert_no_exception(page)


def assert_no_exception(page: Page) -> None:
    found = page.locator("[data-testid=stException]")
    assert found.count() == 0, f"{page.url}: {found.first.inner_text()}"


def choose(page: Page, label: str, option: str) -> None:
    """Pick from a select box by what stands on it."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def text(page: Page) -> str:
    return page.locator("[data-testid=stMain]").inner_text()
