"""Commands on transfers proposed before buying: accepted, they are drafts for a warehouse to pick; declined,
nothing.

Each proposal is decided once, whatever the idempotency key. A draft sets no stock aside, so units on
transfers that have not left are counted as gone when the next ones are accepted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms_ops.commands.base import Commands
from oms_ops.commands.proposals import ACCEPTED, DECLINED, keep_decisions, known_before
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand, OutOfStock
from oms_ops.rules import transfers
from oms_ops.stock_papers import Transfer
from oms_ops.store import proposals as store
from oms_ops.store.commands import Answer, carry_out_once
from oms_ops.store.transfers import planned
from oms_ops.units import micros


@dataclass(frozen=True)
class TransferProposal:
    proposal_id: str
    sku: str
    origin_id: str
    destination_id: str
    units: int

    @property
    def pair(self) -> tuple[str, str]:
        return self.origin_id, self.destination_id


class TransferProposalCommands(Commands):
    def accept_transfers(
        self, proposals: Sequence[TransferProposal], *, by: str, at: datetime, key: str
    ) -> Answer:
        """One draft per pair of locations; all of them, or nothing where an origin lacks units (OutOfStock).

        On the same day a pair's further proposals join its draft until it is made ready. The answer: the
        `moved` proposals with their transfers, those `known` to be decided before, and the units moved.
        """
        _check(proposals, by=by)
        for place in sorted({place for each in proposals for place in each.pair}):
            self._require_location(place)

        def act(desk: Desk) -> Answer:
            known = known_before(desk.shelf.con, proposals)
            fresh = [each for each in proposals if each.proposal_id not in known]
            _require_units(desk, fresh)
            moved = _moved(desk, fresh, day=at)
            rows = [
                _row(each, decision=ACCEPTED, by=by, now=at, transfer_id=moved[each.proposal_id])
                for each in fresh
            ]
            keep_decisions(desk.shelf.con, rows, now=at)
            return {"moved": moved, "known": sorted(known), "units": sum(each.units for each in fresh)}

        origins = sorted({each.origin_id for each in proposals})
        terms = {"origins": ", ".join(origins), "by": by}
        terms |= {"units": {each.proposal_id: each.units for each in proposals}}
        return self._run("accept_transfers", act, at=at, key=key, terms=terms)

    def decline_transfers(
        self, proposals: Sequence[TransferProposal], *, reason: str, by: str, at: datetime, key: str
    ) -> Answer:
        """Not to be moved; the next run may propose them anew. InvalidCommand where one was moved already."""
        _check(proposals, by=by)
        if not (reason and reason.strip()):
            raise InvalidCommand("declining transfers needs a reason")

        def act(con) -> Answer:
            known = {row["proposal_id"]: row for row in _decided(con, proposals)}
            _require_not_moved(known.values())
            rows = [
                _row(each, decision=DECLINED, by=by, now=at, units=0, reason=reason.strip())
                for each in proposals
                if each.proposal_id not in known
            ]
            keep_decisions(con, rows, now=at)
            return {"declined": [row["proposal_id"] for row in rows], "known": sorted(known)}

        terms = {"proposals": sorted(each.proposal_id for each in proposals), "reason": reason, "by": by}
        return carry_out_once(
            self.book, act, command="decline_transfers", key=key, terms=terms, at=micros(at)
        )


def _check(proposals: Sequence[TransferProposal], *, by: str) -> None:
    if not by or not by.strip():
        raise InvalidCommand("deciding on transfers needs to say who does")
    names = [proposal.proposal_id for proposal in proposals]
    if not names or len(set(names)) < len(names):
        raise InvalidCommand(f"transfers must be named once each, found {', '.join(names) or 'none'}")
    for proposal in proposals:
        if proposal.units <= 0:
            raise InvalidCommand(
                f"transfer proposal {proposal.proposal_id} moves at least 1 unit, found {proposal.units}"
            )


def _decided(con, proposals: Iterable[TransferProposal]) -> list[dict]:
    return store.decided(con, [each.proposal_id for each in proposals])


def _require_not_moved(decided: Iterable[Mapping[str, object]]) -> None:
    for row in decided:
        if row["decision"] != DECLINED:
            raise InvalidCommand(
                f"transfer proposal {row['proposal_id']} was {row['decision']} by {row['author']}: it is on "
                f"transfer {row['transfer_id']}; cancel it there"
            )


def _require_units(desk: Desk, fresh: Sequence[TransferProposal]) -> None:
    """Every origin has what is to leave it, beside what other transfers are still to take."""
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    for each in fresh:
        wanted[each.sku, each.origin_id] += each.units
    elsewhere = planned(desk.shelf.con, {sku for sku, _ in wanted}, states=transfers.NOT_LEFT)
    short = {}
    for place, units in wanted.items():
        taken = elsewhere.get(place, 0)
        left = max(0, desk.available(*place) - taken)
        if left < units:
            sku, origin_id = place
            beside = f" beside {taken} on transfers that have not left" if taken else ""
            short[f"{sku} (at {origin_id}{beside})"] = (units, left)
    if short:
        raise OutOfStock(short)


def _moved(desk: Desk, fresh: Iterable[TransferProposal], *, day: datetime) -> dict[str, str]:
    """By proposal the transfer it is on."""
    pairs: dict[tuple[str, str], list[TransferProposal]] = defaultdict(list)
    for each in sorted(fresh, key=lambda each: each.proposal_id):
        pairs[each.pair].append(each)
    found = {}
    for pair, group in sorted(pairs.items()):
        name = _draft(desk, group, pair=pair, day=day)
        found |= {each.proposal_id: name for each in group}
    return found


def _draft(desk: Desk, group: Sequence[TransferProposal], *, pair: tuple[str, str], day: datetime) -> str:
    """The name of the pair's draft of the day, new or standing, with the units on it."""
    units: dict[str, int] = defaultdict(int)
    for each in group:
        units[each.sku] += each.units
    name, standing = _todays(desk, pair, day=day)
    if standing is not None:
        transfers.extend(desk, standing, units=units)
    else:
        origin_id, destination_id = pair
        transfers.draft(
            desk, name, origin_id=origin_id, destination_id=destination_id, units=units, expected_at=None
        )
    desk.stock_event("accept_transfers", name, detail={"units": dict(units)})
    return name


def _todays(desk: Desk, pair: tuple[str, str], *, day: datetime) -> tuple[str, Transfer | None]:
    """The pair's transfer of the day that can still take units; else a free name for one."""
    stem = f"TR-{day:%Y%m%d}-{'-'.join(pair)}"
    number = 1
    while True:
        name = f"{stem}-{number}" if number > 1 else stem
        standing = desk.shelf.find(Transfer, name)
        if standing is None:
            return name, None
        if standing.state == "draft" and (standing.origin_id, standing.destination_id) == pair:
            return name, standing
        number += 1


def _row(
    proposal: TransferProposal, *, decision: str, by: str, now: datetime, units: int | None = None,
    reason: str | None = None, transfer_id: str | None = None,
) -> dict[str, object]:  # fmt: skip
    return {
        "proposal_id": proposal.proposal_id,
        "decision": decision,
        "sku": proposal.sku,
        "supplier_id": None,
        "location_id": proposal.destination_id,
        "proposed_units": proposal.units,
        "units": proposal.units if units is None else units,
        "reason": reason,
        "author": by.strip(),
        "decided_at": micros(now),
        "purchase_order_id": None,
        "transfer_id": transfer_id,
    }
