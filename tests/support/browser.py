"""The dashboards as a person meets them: Streamlit as a process of its own, and real headless Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT_MS = 30_000


@contextmanager
def dashboards(home: Path) -> Iterator[str]:
    """The app over `home`, on a free port of the loopback; yields its address."""
    port = _free_port()
    log = (home / "streamlit.log").open("wb")
    server = subprocess.Popen(
        [
            sys.executable, "-m", "streamlit", "run", "dashboards/app.py",
            "--server.port", str(port), "--server.fileWatcherType", "none",
        ],
        cwd=ROOT,
        env=os.environ | {"OMS_HOME": str(home)},
        stdout=log,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(f"{address}/_stcore/health", server, home / "streamlit.log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"streamlit ended with {server.returncode}: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"streamlit did not answer within a minute: {log.read_text()[-2000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def visit(page: Page, url: str) -> None:
    """Open an address and wait until the page is drawn to its footer and nothing runs any more."""
    page.goto(url)
    settle(page)


def settle(page: Page) -> None:
    page.wait_for_selector(".foot, [data-testid=stException]", timeout=WAIT_MS)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'",
        timeout=WAIT_MS,
    )
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
