"""Commands on cycle counts: open, enter, finish, approve or recount, cancel; and how right the book was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from oms_ops.commands.base import Commands, find
from oms_ops.desk import Desk
from oms_ops.rules import counting
from oms_ops.stock_papers import CycleCount
from oms_ops.store import counts
from oms_ops.store.commands import Answer
from oms_ops.units import micros


@dataclass(frozen=True)
class Accuracy:
    """Inventory record accuracy of posted counts: lines that agreed with the book among those counted.

    `units_off` adds up variances without their sign, `units_net` with it.
    """

    lines: int
    exact: int
    units_off: int
    units_net: int

    @property
    def share(self) -> float | None:
        return self.exact / self.lines if self.lines else None


class CountCommands(Commands):
    """The answer: where the count and its lines stand."""

    def open_count(
        self,
        count_id: str,
        *,
        location_id: str,
        skus: Iterable[str],
        at: datetime,
        key: str,
        approval_units: int = 10,
    ) -> Answer:
        """Notes what the book expects. A variance of more than `approval_units` needs somebody's approval."""
        self._require_location(location_id)
        self._require_counted_here(location_id)
        skus = list(skus)

        def act(desk: Desk) -> Answer:
            count = counting.open_(
                desk,
                count_id,
                location_id=location_id,
                skus=skus,
                approval_units=approval_units,
                being_counted=counts.being_counted(desk.shelf.con, location_id),
            )
            return _answer(count)

        terms = {"count": count_id, "location": location_id, "skus": skus, "approval": approval_units}
        return self._run("open_count", act, at=at, key=key, terms=terms)

    def enter_count(
        self,
        count_id: str,
        *,
        counted: Mapping[str, int],
        at: datetime,
        key: str,
        reasons: Mapping[str, str] | None = None,
    ) -> Answer:
        """Units found at `at`, by sku, with a reason for each that is not the book's number."""

        def act(desk: Desk, count: CycleCount) -> None:
            counting.enter(desk, count, counted=counted, reasons=reasons or {})

        terms = {"counted": counted, "reasons": reasons}
        return self._count("enter_count", count_id, act, at=at, key=key, terms=terms)

    def finish_count(self, count_id: str, *, at: datetime, key: str) -> Answer:
        return self._count("finish_count", count_id, counting.finish, at=at, key=key)

    def approve_count(self, count_id: str, *, by: str, at: datetime, key: str) -> Answer:
        def act(desk: Desk, count: CycleCount) -> None:
            counting.approve(desk, count, by=by)

        return self._count("approve_count", count_id, act, at=at, key=key, terms={"by": by})

    def recount(self, count_id: str, *, at: datetime, key: str) -> Answer:
        return self._count("recount", count_id, counting.recount, at=at, key=key)

    def cancel_count(self, count_id: str, *, at: datetime, key: str) -> Answer:
        return self._count("cancel_count", count_id, counting.cancel, at=at, key=key)

    def count_accuracy(self, *, since: datetime | None = None, location_id: str | None = None) -> Accuracy:
        with self.book.read() as con:
            row = counts.accuracy(
                con, since=None if since is None else micros(since), location_id=location_id
            )
        return Accuracy(*row)

    def _count(
        self,
        command: str,
        count_id: str,
        act: Callable[[Desk, CycleCount], None],
        *,
        at: datetime,
        key: str,
        terms: Mapping[str, object] | None = None,
    ) -> Answer:
        def act_and_answer(desk: Desk) -> Answer:
            count = find(desk, CycleCount, count_id)
            act(desk, count)
            return _answer(count)

        terms = {"count": count_id, **(terms or {})}
        return self._run(command, act_and_answer, at=at, key=key, terms=terms)


def _answer(count: CycleCount) -> Answer:
    return {
        "count_id": count.count_id,
        "state": count.state,
        "approved_by": count.approved_by,
        "lines": [asdict(line) for line in count.lines],
    }
