"""SQL that stands in files beside the code that asks it: each file is read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def read_sql(folder: Path, name: str) -> str:
    """`<name>.sql` of the folder."""
    return (folder / f"{name}.sql").read_text(encoding="utf-8")
