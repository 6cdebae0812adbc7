"""A platform home of one's own for a test: settings that point at it, and a small real sample in its inbox."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

from sample.generate import generate
from warehouse import settings as settings_module
from warehouse.settings import Settings

WINDOW = (date(2011, 9, 1), date(2011, 12, 10))


def settings_for(home: Path, **changes: object) -> Settings:
    home.mkdir(parents=True, exist_ok=True)
    loaded = settings_module.load(environ={"OMS_HOME": str(home)})
    return dataclasses.replace(loaded, **changes)


def small_sample(home: Path) -> None:
    """The sample's last hundred days, as the channels send them."""
    generate(home, window=WINDOW)
