"""Commands on transfers between locations: draft, make ready, ship, receive in parts, lose, cancel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from oms_ops.commands.base import Commands, find
from oms_ops.desk import Desk
from oms_ops.rules import transfers
from oms_ops.stock_papers import Transfer
from oms_ops.store import transfers as store
from oms_ops.store.commands import Answer
from oms_ops.units import instant, micros

_UNITS = ("sku", "quantity", "shipped", "received", "lost", "in_transit")


class TransferCommands(Commands):
    """`units`: by sku. The answer: where the transfer and its lines stand."""

    def draft_transfer(
        self,
        transfer_id: str,
        *,
        origin_id: str,
        destination_id: str,
        units: Mapping[str, int],
        at: datetime,
        key: str,
        expected_at: datetime | None = None,
    ) -> Answer:
        self._require_location(origin_id)
        self._require_location(destination_id)
        expected = None if expected_at is None else micros(expected_at)

        def act(desk: Desk) -> Answer:
            transfer = transfers.draft(
                desk,
                transfer_id,
                origin_id=origin_id,
                destination_id=destination_id,
                units=units,
                expected_at=expected,
            )
            return _answer(transfer)

        terms = {"transfer": transfer_id, "origin": origin_id, "destination": destination_id}
        terms |= {"units": units, "expected_at": expected}
        return self._run("draft_transfer", act, at=at, key=key, terms=terms)

    def ready_transfer(self, transfer_id: str, *, at: datetime, key: str) -> Answer:
        return self._transfer("ready_transfer", transfer_id, transfers.ready, at=at, key=key)

    def ship_transfer(
        self,
        transfer_id: str,
        *,
        at: datetime,
        key: str,
        units: Mapping[str, int] | None = None,
        lots: Mapping[str, Mapping[str, int]] | None = None,
    ) -> Answer:
        """All of it, or `units`, out of what is available; OutOfStock lists every shortage."""

        def act(desk: Desk, transfer: Transfer) -> None:
            planned = {line.sku: line.quantity for line in transfer.lines}
            transfers.ship(desk, transfer, units=planned if units is None else units, lots=lots or {})

        terms = {"units": units, "lots": lots}
        return self._transfer("ship_transfer", transfer_id, act, at=at, key=key, terms=terms)

    def receive_transfer(
        self, transfer_id: str, *, at: datetime, key: str, units: Mapping[str, int] | None = None
    ) -> Answer:
        """All that is in transit arrived, or `units` of it."""

        def act(desk: Desk, transfer: Transfer) -> None:
            left = {line.sku: line.in_transit for line in transfer.lines if line.in_transit}
            transfers.receive(desk, transfer, units=left if units is None else units)

        return self._transfer("receive_transfer", transfer_id, act, at=at, key=key, terms={"units": units})

    def lose_transfer(
        self, transfer_id: str, *, units: Mapping[str, int], reason: str, at: datetime, key: str
    ) -> Answer:
        """`units` left and will not arrive."""

        def act(desk: Desk, transfer: Transfer) -> None:
            transfers.lose(desk, transfer, units=units, reason=reason)

        terms = {"units": units, "reason": reason}
        return self._transfer("lose_transfer", transfer_id, act, at=at, key=key, terms=terms)

    def cancel_transfer(self, transfer_id: str, *, at: datetime, key: str) -> Answer:
        """While nothing has left."""
        return self._transfer("cancel_transfer", transfer_id, transfers.cancel, at=at, key=key)

    def standing_transfers(self, *, states: Sequence[str] = transfers.OPEN) -> list[Answer]:
        """Those that stand in one of the `states`, first drafted first: from where to where, when, which
        lines.
        """
        with self.book.read() as con:
            found = store.standing(con, states)
        return [_head(transfer) | _answer(transfer) for transfer in found]

    def _transfer(
        self,
        command: str,
        transfer_id: str,
        act: Callable[[Desk, Transfer], None],
        *,
        at: datetime,
        key: str,
        terms: Mapping[str, object] | None = None,
    ) -> Answer:
        def act_and_answer(desk: Desk) -> Answer:
            transfer = find(desk, Transfer, transfer_id)
            act(desk, transfer)
            return _answer(transfer)

        terms = {"transfer": transfer_id, **(terms or {})}
        return self._run(command, act_and_answer, at=at, key=key, terms=terms)


def _answer(transfer: Transfer) -> Answer:
    return {
        "transfer_id": transfer.transfer_id,
        "state": transfer.state,
        "lines": [{name: getattr(line, name) for name in _UNITS} for line in transfer.lines],
    }


def _head(transfer: Transfer) -> Answer:
    return {
        "transfer_id": transfer.transfer_id,
        "state": transfer.state,
        "origin_id": transfer.origin_id,
        "destination_id": transfer.destination_id,
        "drafted_at": instant(transfer.drafted_at),
        "shipped_at": instant(transfer.shipped_at),
        "expected_at": instant(transfer.expected_at),
    }
