"""A home for trying the `oms` command: the small shop's release, and an order book with two open alerts.

The fixtures `cli_home`, `oms` and `query` of tests/integration/conftest.py are made of it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import date
from functools import cache
from pathlib import Path

from oms_ops import decisions
from oms_ops.store import open_book
from tests.support.release_builder import publish
from tests.support.small_shop import AS_OF
from warehouse.settings import load


def build(home: Path) -> Path:
    """The home at `home`, copied from one that is made once."""
    return shutil.copytree(_made().name, home, dirs_exist_ok=True)


def answer(oms, *arguments: str) -> object:
    """What a command prints with --json."""
    code, printed, complained = oms(*arguments, "--json")
    assert (code, complained) == (0, "")
    return json.loads(printed)


def complaint(oms, *arguments: str) -> str:
    """The one line with which a command refuses."""
    code, printed, complained = oms(*arguments)
    assert (code, printed) == (1, "")
    assert complained.startswith("oms: ")
    assert complained.count("\n") == 1
    return complained


@cache
def _made() -> tempfile.TemporaryDirectory:
    folder = tempfile.TemporaryDirectory(prefix="oms-home-")
    _make(Path(folder.name))
    return folder


def _make(home: Path) -> None:
    settings = load(environ={"OMS_HOME": str(home)})
    publish(settings)
    (home / "sample.json").write_text('{"clock": "2011-12-10T00:00:00Z"}', encoding="utf-8")
    with open_book(settings.order_book_url) as book:
        candidates = [_candidate("20038", severity="high"), _candidate("20001", severity="critical")]
        decisions.sync_alerts(book, candidates, now=AS_OF, run_id="run-1")


def _candidate(sku: str, *, severity: str) -> dict:
    return {
        "rule": "stockout_risk",
        "sku": sku,
        "location_id": "LEICESTER",
        "severity": severity,
        "stockout_probability": 0.84,
        "margin_at_risk": 1234.5,
        "available": 12,
        "days_of_cover": 3.5,
        "suggested_quantity": 240,
        "order_by": date(2011, 12, 12),
        "explanation": "Sells 30 a week, 12 are left.",
    }
