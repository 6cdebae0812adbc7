"""What the command line itself refuses, and how it suggests what may have been meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from os.path import commonprefix


class CommandError(Exception):
    """The command cannot be carried out; the message is the one line the user sees."""


def did_you_mean(wanted: str, known: Iterable[str], *, limit: int = 3) -> str:
    """'; did you mean A, B or C?', or nothing where nothing is close. Case does not count."""
    spelled = {name.upper(): name for name in known}
    close = difflib.get_close_matches(wanted.upper(), spelled, n=10, cutoff=0.6)
    if not close:
        return ""
    names = [
        spelled[name] for name in sorted(close, key=lambda name: _distance(wanted.upper(), name))[:limit]
    ]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    return f"; did you mean {listed}?"


def _distance(wanted: str, name: str) -> tuple:
    """Least alike last; of two that are equally alike, first the one that begins alike."""
    ratio = difflib.SequenceMatcher(None, wanted, name).ratio()
    return (-round(ratio, 6), -len(commonprefix([wanted, name])), name)
