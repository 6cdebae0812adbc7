"""The dashboards as a process of their own on the loopback, and headless Chromium to look at them with.

For the browser tests and the README's pictures; the app needs neither, nor Playwright.
"""

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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT_MS = 60_000
_IDLE = "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"


class ServerError(RuntimeError):
    """Streamlit did not start; the message holds the end of its log."""


@contextmanager
def dashboards(home: Path, *, log: Path) -> Iterator[str]:
    """The app over the releases and the order book of `home`; yields its address."""
    port = _free_port()
    command = [
        sys.executable, "-m", "streamlit", "run", "dashboards/app.py",
        "--server.port", str(port), "--server.fileWatcherType", "none",
    ]  # fmt: skip
    environment = os.environ | {"OMS_HOME": str(home)}
    with log.open("wb") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_healthy(f"{address}/_stcore/health", server, log)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise ServerError(f"streamlit ended with {server.returncode}: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise ServerError(f"streamlit did not answer within two minutes: {log.read_text()[-2000:]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

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
    page.wait_for_function(_IDLE, timeout=WAIT_MS)
