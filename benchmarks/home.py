"""The home a benchmark measures: a named one, left as it is, or the sample, run for it and removed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipelines import runner
from warehouse import releases
from warehouse import settings as settings_module
from warehouse.releases import Release
from warehouse.settings import Settings, SettingsError


def measured(home: Path | None, measure: Callable[[Settings, Release], int]) -> int:
    """What `measure` returns for the home's release; 1, saying why, where there is none."""
    try:
        if home is not None:
            return _measured(_settings(home), measure)
        with tempfile.TemporaryDirectory(prefix="oms-benchmark-") as folder:
            settings = _settings(Path(folder))
            run = runner.run_once(settings, sample_scale=1, stream=sys.stderr)
            return 1 if run.failure else _measured(settings, measure)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1


def _settings(home: Path) -> Settings:
    return settings_module.load(environ={**os.environ, "OMS_HOME": str(home.resolve())})


def _measured(settings: Settings, measure: Callable[[Settings, Release], int]) -> int:
    release = releases.current(settings)
    if release is None:
        print(f"{settings.home} has no release; make one with `oms run`", file=sys.stderr)
        return 1
    return measure(settings, release)
