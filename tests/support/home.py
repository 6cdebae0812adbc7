"""A platform home of one's own for a test: settings that point at it, and a small real sample in it."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

import polars as pl

from sample.generate import SOURCE, generate
from warehouse import settings as settings_module
from warehouse.settings import Settings


def settings_for(home: Path, **changes: object) -> Settings:
    home.mkdir(parents=True, exist_ok=True)
    loaded = settings_module.load(environ={"OMS_HOME": str(home)})
    return dataclasses.replace(loaded, **changes)


def small_sample(home: Path, *, since: datetime, fifth_digits: str = "0123456789") -> None:
    """The sample's lines from `since` on, as the channels send them; of goods those with such a fifth digit.

    What is no article of five digits (postage, fees, adjustments) stays.
    """
    home.mkdir(parents=True, exist_ok=True)
    source = home / "lines.parquet"
    code = pl.col("StockCode").cast(pl.String)
    kept = ~code.str.contains(r"^\d{5}") | code.str.contains(rf"^\d{{4}}[{fifth_digits}]")
    pl.scan_parquet(SOURCE).filter(pl.col("InvoiceDate") >= since, kept).sink_parquet(source)
    generate(home, source=source)
