"""A batch of orders as one assignment: mixed-integer programs solved by HiGHS, one per group that competes.

Orders that compete with nobody are already at their best (routing.choose). For the others: each order goes by
at most one of its rules, no worse than order by order; then the most units, then the least cost. What the
solver answers is checked and priced by the same functions as one order; where it is not better, or late, the
order-by-order plan stands. So the batch never costs more, and says how far from the bound it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from oms_ops.program import Program
from oms_ops.routing.batch import (
    Entry,
    Limits,
    Planned,
    alone_at_best,
    clusters,
    fits,
    placed,
    remaining,
    total,
)

_FOR_ALL, _FOR_BOUND = 0.4, 0.1  # of the time, for all at once and for the bound; the rest is for parts
_PART = 16  # orders solved together where all at once took too long
_PART_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Plans in the order of the entries; costs in ten-thousandths. `bound_e4`: no assignment that leaves as
    few units costs less; None where the solver had no time to say."""

    planned: tuple[Planned, ...]
    left: int
    cost_e4: int
    alone_left: int
    alone_cost_e4: int
    bound_e4: int | None
    solved: int  # programs given to the solver

    @property
    def gap(self) -> float | None:
        """0 where the assignment is proven best."""
        if self.bound_e4 is None:
            return None
        return max(0.0, (self.cost_e4 - self.bound_e4) / self.cost_e4) if self.cost_e4 else 0.0


def assign(entries: Sequence[Entry], shared: Limits, *, seconds: float = 10.0) -> Assignment:
    """`seconds` for all programs together; they are solved smallest first."""
    ends = perf_counter() + seconds
    plans: dict[int, Planned] = {}
    bound, solved = 0, 0
    for group in sorted(clusters(entries, shared), key=len):
        found, least, programs = _best(group, shared, seconds=ends - perf_counter())
        plans |= {plan.entry.request.order_seq: plan for plan in found}
        bound = None if bound is None or least is None else bound + least
        solved += programs
    planned = tuple(plans[entry.request.order_seq] for entry in entries)
    left, cost_e4 = total(planned)
    alone = [entry.alone_worth for entry in entries]
    return Assignment(
        planned, left, cost_e4, sum(worth[0] for worth in alone), sum(worth[1] for worth in alone), bound,
        solved,
    )  # fmt: skip


def _best(
    group: Sequence[Entry], shared: Limits, *, seconds: float
) -> tuple[list[Planned], int | None, int]:  # fmt: skip
    """The group's plans, the least their cost can be, and how many programs were solved for them."""
    plans = [Planned(entry, entry.options[-1].rule_no, entry.alone) for entry in group]
    if len(group) == 1:
        best, choice = alone_at_best(group[0])
        if choice.is_exact:
            return [best], best.worth[1], 0
        plans = [best]
    if seconds <= 0:
        return plans, None, 0
    ends = perf_counter() + seconds
    program = Program(group, shared)
    found, bound = program.solve(seconds * _FOR_ALL, plans)
    plans = _better(found, plans, shared)
    if bound is not None and program.required <= placed(plans) and total(plans)[1] <= bound:
        return plans, bound, 1
    plans, solved = _by_parts(group, shared, plans, ends=ends - seconds * _FOR_BOUND)
    bounds = [bound if program.required <= placed(plans) else None]
    bounds.append(Program(group, shared).relaxed(ends - perf_counter(), plans))
    return plans, max((known for known in bounds if known is not None), default=None), solved + 1


def _better(found: list[Planned] | None, before: list[Planned], shared: Limits) -> list[Planned]:
    """What the solver found where it holds and is better, else what stood before."""
    is_better = found is not None and total(found) < total(before) and fits(found, shared)
    return found if is_better else before


def _by_parts(
    group: Sequence[Entry], shared: Limits, plans: list[Planned], *, ends: float
) -> tuple[list[Planned], int]:  # fmt: skip
    """Where all at once took too long: orders that want the same sku are solved together, the others as they
    stand, round and round until nothing gets better."""
    stands = {plan.entry.request.order_seq: plan for plan in plans}
    is_better, solved = len(group) > 2, 0
    while is_better:
        is_better = False
        for part in _parts(group):
            seconds = min(_PART_SECONDS, ends - perf_counter())
            if seconds <= 0:
                return list(stands.values()), solved
            numbers = [entry.request.order_seq for entry in part]
            before = [stands[number] for number in numbers]
            others = [plan for number, plan in stands.items() if number not in numbers]
            left = remaining(shared, others)
            found, _ = Program(part, left).solve(seconds, before)
            better = _better(found, before, left)
            is_better |= better is not before
            stands |= {plan.entry.request.order_seq: plan for plan in better}
            solved += 1
    return list(stands.values()), solved


def _parts(group: Sequence[Entry]) -> list[list[Entry]]:
    """Orders that want the same sku, so many at a time, each sku's a little shifted against the last's."""
    by_sku: dict[str, list[Entry]] = {}
    for entry in group:
        for sku in entry.request.wanted:
            by_sku.setdefault(sku, []).append(entry)
    parts = []
    for number, entries in enumerate(by_sku.values()):
        shift = number * 7 % _PART
        turned = entries[shift:] + entries[:shift]
        parts += [turned[start : start + _PART] for start in range(0, len(turned), _PART)]
    return [part for part in parts if len(part) > 1]
