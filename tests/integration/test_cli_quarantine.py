"""`oms quarantine --retry` reads again what was refused, over a real warehouse and inbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oms_ops.intake.canonical import interpret
from oms_ops.intake.landing import land
from pipelines.cli import main
from warehouse import lock
from warehouse.connection import writer
from warehouse.settings import load

COUNT = "count_no,item_code,location,quantity,counted_at\nC1,22423,LEICESTER,40,2011-12-01T08:00:00Z\n"
PRODUCT = (
    "item_code,description,product_kind,supplier_no,unit_cost,pack_size,min_order_quantity,listed_at,exported_at\n"
    "22423,CAKESTAND,product,,5.00,1,1,2010-01-01T00:00:00Z,2011-12-02T00:00:00Z\n"
)
AS_OF = datetime(2011, 12, 10, tzinfo=UTC)


def deliver(home: Path, kind: str, name: str, text: str) -> None:
    path = home / "inbox" / kind / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    settings = load(environ={"OMS_HOME": str(home)})
    with writer(settings) as con:
        land(con, settings, as_of=AS_OF, run_id="run-1", progress=lambda line: None)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    deliver(tmp_path, "wms/stock_counts", "2011-12-01.csv", COUNT)
    settings = load()
    with writer(settings) as con:
        assert interpret(con, settings, run_id="run-1").quarantined == 1
    return tmp_path


def test_a_document_whose_sku_has_become_known_is_put_right(home, capsys):
    assert main(["quarantine", "--retry", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"documents": 0, "facts": 0, "open": 1}
    deliver(home, "erp/products", "2011-12-02.csv", PRODUCT)
    assert main(["quarantine", "--retry"]) == 0
    printed = capsys.readouterr().out
    assert "2 documents put right: 3 facts; 0 stay in quarantine" in printed
    assert "`oms run` takes the facts up" in printed


def test_a_warehouse_in_use_is_one_line(home, capsys, monkeypatch):
    monkeypatch.setattr(writer.__wrapped__, "__kwdefaults__", {"wait_seconds": 0.1})
    with lock.exclusive(home / "warehouse.lock"):
        assert main(["quarantine", "--retry"]) == 1
    complained = capsys.readouterr().err
    assert complained.startswith("oms: another run (pid ")
    assert complained.count("\n") == 1
