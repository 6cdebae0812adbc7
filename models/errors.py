"""What this package refuses, and why; messages name the offender, what was found and what is allowed."""

from __future__ import annotations


class ModelError(Exception):
    """Anything wrong with what a model was given."""


class HistoryError(ModelError, ValueError):
    """The demand history breaks its contract."""


class PlanError(ModelError, ValueError):
    """Stock, supply or settings that a purchase cannot be planned from."""
