"""Numbers as sentences say them, the same in alerts, explanations and on pages."""

from __future__ import annotations

from decimal import Decimal


def chance(probability: float | Decimal) -> str:
    """Whole per cent, but never certain where it is not."""
    told = f"{probability:.0%}"
    if told == "100%" and probability < 1:
        return "over 99%"
    return "under 1%" if told == "0%" and probability > 0 else told
