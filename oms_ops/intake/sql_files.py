"""Loads the SQL files of this folder; `{{ name }}` is filled with identifiers and expressions of our code.

Values that came from outside are never filled in; they are bound or stand in tables.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"
_SLOT = re.compile(r"\{\{ (\w+) \}\}")


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def sql(name: str, **parts: str) -> str:
    """The statements of `sql/<name>.sql` with its slots filled."""
    return _SLOT.sub(lambda slot: parts[slot[1]], _text(name))
