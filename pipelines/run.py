"""One run of the main job: what it runs as of, who it is, and what its stages reported.

No stage logic here (see stages.py) and no Dagster (see defs/).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from warehouse.contracts import CheckResult
from warehouse.settings import ROOT, Settings

CODE_FOLDERS = ("warehouse", "oms_ops", "models", "pipelines")
CODE_SUFFIXES = (".py", ".sql", ".toml", ".csv")


@dataclass(frozen=True)
class Outcome:
    """What one stage did. `changed` is False when it found its inputs as it left them."""

    rows_in: int | None = None
    rows_out: int | None = None
    quarantined: int | None = None
    note: str = ""
    changed: bool = True
    tables: dict[str, int] = field(default_factory=dict)
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True)
class StageReport:
    stage: str
    seconds: float
    outcome: Outcome


@dataclass
class Run:
    """A run in progress; stages read its first fields and append to the last ones."""

    settings: Settings
    as_of: datetime
    run_id: str
    code_version: str
    say: Callable[[str], None]
    reports: list[StageReport] = field(default_factory=list)
    failure: tuple[str, Exception] | None = None

    @property
    def changed(self) -> bool:
        return any(report.outcome.changed for report in self.reports)

    @property
    def local(self) -> datetime:
        """`as_of` on the shop's clock, whose date is the day of its orders, calendars and proposals."""
        return self.as_of.astimezone(ZoneInfo(self.settings.shop.zone))

    @property
    def checks(self) -> list[CheckResult]:
        return [check for report in self.reports for check in report.outcome.checks]

    @contextmanager
    def timed(self) -> Iterator[Callable[[], float]]:
        started = time.perf_counter()
        yield lambda: time.perf_counter() - started


def blocking_failures(checks: list[CheckResult] | tuple[CheckResult, ...]) -> list[CheckResult]:
    return [check for check in checks if check.is_blocking and not check.passed]


@cache
def code_version() -> str:
    """Twelve hexadecimal digits over the sources that decide a number; the same with or without git."""
    digest = hashlib.sha256()
    for folder in CODE_FOLDERS:
        for path in sorted(_sources(ROOT / folder)):
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _sources(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix in CODE_SUFFIXES and path.is_file()]
