"""Loads the SQL files of this folder; `{{ name }}` is filled with identifiers and expressions of our code.

Values that came from outside are never filled in; they are bound or stand in tables.
"""

from __future__ import annotations

import re
from pathlib import Path

from warehouse.sql_files import read_sql

_FOLDER = Path(__file__).parent / "sql"
_SLOT = re.compile(r"\{\{ (\w+) \}\}")


def sql(name: str, **parts: str) -> str:
    """The statements of `sql/<name>.sql` with its slots filled."""
    return _SLOT.sub(lambda slot: parts[slot[1]], read_sql(_FOLDER, name))
