"""Lets in what commands bar for the sake of a quick start (`pipelines.cli`)."""

from __future__ import annotations

import sys


def admit_pandas() -> None:
    """Before scipy or scikit-learn is imported, which look at it: a barred module is worse than none."""
    if sys.modules.get("pandas", sys) is None:
        del sys.modules["pandas"]
