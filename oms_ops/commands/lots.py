"""Commands on lots: track a sku by lot, name lots, set expired ones aside, recall; and where a lot went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from oms_ops.commands.base import Commands, find
from oms_ops.desk import Desk
from oms_ops.ledger import Stock
from oms_ops.rules import lots
from oms_ops.stock_papers import Lot, LotUnits
from oms_ops.store import lots as lot_store
from oms_ops.store.commands import Answer
from oms_ops.units import micros


class LotCommands(Commands):
    def track_lots(self, sku: str, *, at: datetime, key: str) -> Answer:
        """From now on; what is on hand is of no lot until `name_lots` says of which."""

        def act(desk: Desk) -> Answer:
            lots.track(desk, sku, places=desk.shelf.places(sku=sku))
            return {"sku": sku}

        return self._run("track_lots", act, at=at, key=key, terms={"sku": sku})

    def name_lots(
        self, sku: str, location_id: str, *, named: Sequence[LotUnits], at: datetime, key: str
    ) -> Answer:
        """Units of no lot are found to be of these."""
        self._require_location(location_id)

        def act(desk: Desk) -> Answer:
            stock = desk.stock[sku, location_id]
            lots.assign(desk, stock, named, reference=key)
            lots.set_stale_aside(desk, stock, reason="named, and blocked or expired")
            return _held(stock)

        terms = {"sku": sku, "location": location_id, "lots": [asdict(given) for given in named]}
        return self._run("name_lots", act, at=at, key=key, terms=terms)

    def expire_lots(self, *, at: datetime, key: str) -> Answer:
        """Free units of every expired or blocked lot go to quality control. What orders hold of them stays
        promised and cannot ship: the answer lists it, to be run again when they are released."""

        def act(desk: Desk) -> Answer:
            numbers = lot_store.stale_places(desk.shelf.con, at=micros(at))
            return _set_aside(desk, desk.shelf.places(stock_nos=numbers), reason="expired")

        return self._run("expire_lots", act, at=at, key=key, terms={})

    def block_lot(self, sku: str, lot_code: str, *, reason: str, at: datetime, key: str) -> Answer:
        """Recalled: nothing of the lot ships any more, its free units go to quality control everywhere."""

        def act(desk: Desk) -> Answer:
            lot = find(desk, Lot, sku, lot_code)
            places = desk.shelf.places(
                stock_nos=lot_store.stale_places(desk.shelf.con, at=micros(at), lot=(sku, lot_code))
            )
            lots.block(desk, lot, reason=reason)
            return _set_aside(desk, places, reason=f"recalled: {reason}")

        terms = {"sku": sku, "lot": lot_code, "reason": reason}
        return self._run("block_lot", act, at=at, key=key, terms=terms)

    def clear_lot(self, sku: str, lot_code: str, *, at: datetime, key: str) -> Answer:
        """Not recalled any more; what was set aside comes back by inspection."""

        def act(desk: Desk) -> Answer:
            lots.block(desk, find(desk, Lot, sku, lot_code), reason=None)
            return {"sku": sku, "lot_code": lot_code}

        return self._run("clear_lot", act, at=at, key=key, terms={"sku": sku, "lot": lot_code})

    def lot(self, lot_code: str, *, sku: str | None = None) -> list[dict]:
        """Where each lot of that code is, and every movement and order it went through."""
        with self.book.read() as con:
            return lot_store.traced(con, lot_code, sku=sku)


def _set_aside(desk: Desk, places: Sequence[Stock], *, reason: str) -> Answer:
    moved, promised = {}, {}
    for stock in places:
        units = lots.set_stale_aside(desk, stock, reason=reason)
        name = f"{stock.sku} at {stock.location_id}"
        if units:
            moved[name] = units
        if left := lots.still_promised(stock, desk.occurred_at):
            promised[name] = left
    return {"set_aside": moved, "still_promised": promised}


def _held(stock: Stock) -> Answer:
    return {
        "sku": stock.sku,
        "location_id": stock.location_id,
        "lots": {code: lot.on_hand for code, lot in sorted(stock.watch.lots.items()) if lot.on_hand},
    }
