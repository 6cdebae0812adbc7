"""Commands on purchase proposals: accepted as they are or changed, they become a supplier's purchase
order; or declined.

Each proposal is decided once, whatever the idempotency key: a second acceptance orders nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from oms_ops.commands.base import Commands
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.rules import purchasing
from oms_ops.stock_papers import PurchaseOrder
from oms_ops.store import decisions as events
from oms_ops.store import proposals as store
from oms_ops.store.commands import Answer, carry_out_once
from oms_ops.units import instant, micros

FIRST = ("", 1)
ACCEPTED, CHANGED, DECLINED = DECISIONS = ("accepted", "changed", "declined")


@dataclass(frozen=True)
class Proposal:
    """What was proposed, and the `units` a planner wants of it: fewer or more need a `reason`."""

    proposal_id: str
    sku: str
    supplier_id: str
    location_id: str
    proposed_units: int
    units: int
    lead_time_days: float
    reason: str | None = None

    @property
    def decision(self) -> str:
        return ACCEPTED if self.units == self.proposed_units else CHANGED


class ProposalCommands(Commands):
    def accept_proposals(
        self, proposals: Sequence[Proposal], *, by: str, at: datetime, key: str
    ) -> list[Answer]:
        """One purchase order per supplier and receiving location, ordered at once; in one transaction: all of
        them, or where one cannot be ordered, none.

        On the same day and while nothing of it has come, a supplier's further proposals join its purchase
        order. The answers: purchase_order_id, the proposals `ordered` now, and those `known` to be
        decided before, themselves or as a later run proposed them anew.
        """
        _check(proposals, by=by)
        for place in sorted({proposal.location_id for proposal in proposals}):
            self._require_location(place)
        groups: dict[tuple[str, str], list[Proposal]] = {}
        for proposal in sorted(proposals, key=lambda each: each.proposal_id):
            groups.setdefault((proposal.supplier_id, proposal.location_id), []).append(proposal)
        author = by.strip()

        def act(desk: Desk) -> Answer:
            return {"answers": [_accepted(desk, group, by=author, at=at) for group in groups.values()]}

        terms = {"suppliers": ", ".join(sorted({supplier for supplier, _location in groups})), "by": author}
        terms |= {"units": {each.proposal_id: each.units for each in proposals}}
        answered = self._run("accept_proposals", act, at=at, key=key, terms=terms)
        return answered["answers"]

    def decline_proposal(self, proposal: Proposal, *, reason: str, by: str, at: datetime, key: str) -> Answer:
        """Not to be bought; the next run may propose it anew. InvalidCommand where it was ordered already."""
        if not (reason and reason.strip() and by and by.strip()):
            raise InvalidCommand(f"declining {proposal.proposal_id} needs who and a reason")

        def act(con) -> Answer:
            for row in store.decided(con, [proposal.proposal_id]):
                if row["decision"] != DECLINED:
                    raise InvalidCommand(
                        f"proposal {proposal.proposal_id} was {row['decision']} by "
                        f"{row['author']}: it is on purchase "
                        f"order {row['purchase_order_id']}; cancel it there"
                    )
                return {"proposal_id": proposal.proposal_id, "decision": DECLINED}
            row = _row(proposal, decision=DECLINED, by=by.strip(), now=at, reason=reason.strip(), units=0)
            keep_decisions(con, [row], now=at)
            return {"proposal_id": proposal.proposal_id, "decision": DECLINED}

        terms = {"proposal": proposal.proposal_id, "reason": reason, "by": by}
        return carry_out_once(self.book, act, command="decline_proposal", key=key, terms=terms, at=micros(at))

    def decided_of_day(self, day: date) -> list[tuple[str, str, int]]:
        """(proposal, decision, proposed units) of the purchase and transfer proposals of a day."""
        with self.book.read() as con:
            return store.of_day(con, day.isoformat())

    def decided_proposals(self, proposal_ids: Iterable[str] | None = None) -> list[dict]:
        """Every decision, or those on some proposals: who, when, how many, why and on which purchase order
        or transfer.
        """
        with self.book.read() as con:
            rows = store.decided(con, proposal_ids)
        return [row | {"decided_at": instant(row["decided_at"])} for row in rows]


def _check(proposals: Sequence[Proposal], *, by: str) -> None:
    if not by or not by.strip():
        raise InvalidCommand("accepting proposals needs to say who does")
    names = [proposal.proposal_id for proposal in proposals]
    if not names or len(set(names)) < len(names):
        raise InvalidCommand(
            f"proposals to accept must be named once each, found {', '.join(names) or 'none'}"
        )
    for proposal in proposals:
        if proposal.units <= 0:
            raise InvalidCommand(
                f"proposal {proposal.proposal_id}: at least 1 unit can be ordered, found "
                f"{proposal.units}; decline it instead"
            )
        if not proposal.supplier_id:
            raise InvalidCommand(
                f"proposal {proposal.proposal_id} of {proposal.sku} names no supplier to order from"
            )
        if proposal.decision == CHANGED and not (proposal.reason and proposal.reason.strip()):
            raise InvalidCommand(
                f"proposal {proposal.proposal_id}: {proposal.units} instead of "
                f"{proposal.proposed_units} units needs a reason"
            )


def _accepted(desk: Desk, group: list[Proposal], *, by: str, at: datetime) -> Answer:
    known = known_before(desk.shelf.con, group)
    fresh = [each for each in group if each.proposal_id not in known]
    purchase = _order(desk, fresh, day=at) if fresh else None
    name = purchase.purchase_order_id if purchase else None
    rows = [_row(each, decision=each.decision, by=by, now=at, purchase_order_id=name) for each in fresh]
    keep_decisions(desk.shelf.con, rows, now=at)
    return {
        "purchase_order_id": name,
        "supplier_id": group[0].supplier_id,
        "ordered": [each.proposal_id for each in fresh],
        "known": sorted(known),
        "units": sum(each.units for each in fresh),
    }


class Proposed(Protocol):
    """`proposal_id` ends with `@` and the day, and `#` and a number from the second of the day on."""

    @property
    def proposal_id(self) -> str: ...
    @property
    def sku(self) -> str: ...


def known_before(con, group: Sequence[Proposed]) -> set[str]:
    """Those decided, and those of which a later proposal was: they would bring it all again."""
    newest: dict[str, tuple[str, int]] = {}
    for name in store.of_skus(con, {each.sku for each in group}):
        of, when = _parted(name)
        newest[of] = max(when, newest.get(of, FIRST))
    known = {row["proposal_id"] for row in store.decided(con, [each.proposal_id for each in group])}
    for each in group:
        of, when = _parted(each.proposal_id)
        if when < newest.get(of, FIRST):
            known.add(each.proposal_id)
    return known


def _parted(proposal_id: str) -> tuple[str, tuple[str, int]]:
    """Of what it is, and its day with the number on it."""
    of, _at, last = proposal_id.rpartition("@")
    day, _hash, number = last.partition("#")
    return of, (day, int(number) if number.isdecimal() else 1)


def _order(desk: Desk, fresh: list[Proposal], *, day: datetime) -> PurchaseOrder:
    units: dict[str, int] = {}
    for proposal in fresh:
        units[proposal.sku] = units.get(proposal.sku, 0) + proposal.units
    first = fresh[0]
    expected = {each.sku: micros(day + timedelta(days=each.lead_time_days)) for each in fresh}
    standing, name = _todays(desk, first, day=day, skus=units)
    if standing is not None:
        purchasing.extend(desk, standing, units=units, expected_at=expected)
        return standing
    purchase = purchasing.draft(
        desk, name, supplier_id=first.supplier_id, location_id=first.location_id, units=units,
        tolerance_percent=0, expected_at=max(expected.values()),
    )  # fmt: skip
    purchasing.order(desk, purchase, expected_at=None)
    for line in purchase.lines:
        line.expected_at = expected[line.sku]
    return purchase


def _todays(
    desk: Desk, proposal: Proposal, *, day: datetime, skus: Mapping[str, int]
) -> tuple[PurchaseOrder | None, str]:
    """The supplier's purchase order of the day that can still take these skus; else a free name for one."""
    number = 1
    while True:
        name = f"PO-{day:%Y%m%d}-{proposal.supplier_id}-{proposal.location_id}" + (
            f"-{number}" if number > 1 else ""
        )
        purchase = desk.shelf.find(PurchaseOrder, name)
        if purchase is None:
            return None, name
        is_theirs = (purchase.supplier_id, purchase.location_id) == (
            proposal.supplier_id,
            proposal.location_id,
        )
        is_untouched = purchase.state == "ordered" and not any(line.received for line in purchase.lines)
        if is_theirs and is_untouched and not {line.sku for line in purchase.lines} & set(skus):
            return purchase, name
        number += 1


def _row(
    proposal: Proposal, *, decision: str, by: str, now: datetime, units: int | None = None,
    reason: str | None = None, purchase_order_id: str | None = None,
) -> dict[str, object]:  # fmt: skip
    return {
        "proposal_id": proposal.proposal_id,
        "decision": decision,
        "sku": proposal.sku,
        "supplier_id": proposal.supplier_id or None,
        "location_id": proposal.location_id,
        "proposed_units": proposal.proposed_units,
        "units": proposal.units if units is None else units,
        "reason": reason or (proposal.reason.strip() if proposal.reason else None),
        "author": by,
        "decided_at": micros(now),
        "purchase_order_id": purchase_order_id,
        "transfer_id": None,
    }


def keep_decisions(con, rows: list[dict[str, object]], *, now: datetime) -> None:
    """Rows of proposal_decision, and an event for each with who, when and what."""
    store.add(con, rows)
    for row in rows:
        events.record(
            con,
            str(row["proposal_id"]),
            event_kind=str(row["decision"]),
            author=str(row["author"]),
            now=now,
            detail=row,
        )
