"""What a sink answers, and how patiently it asks: shared by the sinks, knows none of them."""

from __future__ import annotations

from dataclasses import dataclass

DELIVERED, PENDING, FAILED = "delivered", "pending", "failed"


@dataclass(frozen=True)
class Outcome:
    """`state` delivered, pending (try again on the next run) or failed (never will be accepted), and why."""

    state: str
    reason: str = ""


@dataclass(frozen=True)
class Patience:
    """Attempts per message, the wait before the second (then doubled), each one's limit and the run's."""

    attempts: int = 3
    first_wait_seconds: float = 0.5
    timeout_seconds: float = 10.0
    run_seconds: float = 60.0

    def wait(self, attempt: int, *, jitter: float) -> float:
        """Seconds to wait after failed `attempt` (from 1); `jitter` in 0..1 spreads it over 50 to 100 %."""
        return self.first_wait_seconds * 2 ** (attempt - 1) * (0.5 + jitter / 2)
