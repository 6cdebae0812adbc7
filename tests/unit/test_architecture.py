"""What the import contracts cannot say: who inside a package may touch a database."""

from __future__ import annotations

import ast
from pathlib import Path

from warehouse.settings import ROOT


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_in_the_order_book_only_the_store_knows_sqlalchemy():
    outside = [path for path in (ROOT / "oms_ops").rglob("*.py") if "store" not in path.parts]
    assert outside
    assert [path.name for path in outside if imported(path) & {"sqlalchemy", "sqlite3"}] == []


def test_nothing_but_the_settings_reads_the_environment_to_decide_a_number():
    folders = ("oms_ops", "models", "warehouse")
    files = [path for name in folders for path in (ROOT / name).rglob("*.py") if path.name != "settings.py"]
    assert [path.name for path in files if "os.environ" in path.read_text(encoding="utf-8")] == []
