"""What stops intake as a whole. A bad file or document never does: it goes to quarantine."""

from __future__ import annotations

from oms_ops.errors import OmsError


class IntakeError(OmsError):
    """Nothing can be landed; the message says what was looked for, where, and what to do."""
