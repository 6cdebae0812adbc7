"""Commands for feeds of stock, as the settings label them: a snapshot replaces, a delta adds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms_ops.commands.base import Commands
from oms_ops.desk import Desk
from oms_ops.errors import InvalidCommand
from oms_ops.rules import snapshots
from oms_ops.store.commands import Answer
from oms_ops.units import micros


class FeedCommands(Commands):
    """A document is applied once: its id under its feed is the idempotency key."""

    def apply_snapshot(
        self,
        feed_id: str,
        location_id: str,
        *,
        document_id: str,
        counted_at: datetime,
        units: Mapping[str, int],
        at: datetime,
        is_complete: bool = False,
    ) -> Answer:
        """`units` were there at `counted_at`; a complete one says 0 for every sku it does not name.

        The answer: by how many the book was off, and skus of which a newer snapshot stands already.
        """
        self._require_feed(feed_id, location_id, "snapshot")
        if counted_at > at:
            raise InvalidCommand(f"snapshot {document_id} was counted at {counted_at}, after {at}")

        def act(desk: Desk) -> Answer:
            found = snapshots.snapshot(
                desk,
                location_id,
                units=units,
                counted_at=micros(counted_at),
                feed_id=feed_id,
                document_id=document_id,
                is_complete=is_complete,
            )
            return {
                "changed": {sku: units for sku, units in sorted(found.items()) if units},
                "superseded": sorted(sku for sku, units in found.items() if units is None),
            }

        terms = {"location": location_id, "counted_at": micros(counted_at), "units": units}
        terms |= {"is_complete": is_complete}
        return self._run("apply_snapshot", act, at=at, key=_key(feed_id, document_id), terms=terms)

    def apply_delta(
        self,
        feed_id: str,
        location_id: str,
        *,
        document_id: str,
        occurred_at: datetime,
        units: Mapping[str, int],
        at: datetime,
    ) -> Answer:
        """So many more of each sku, or fewer below 0, since `occurred_at`."""
        self._require_feed(feed_id, location_id, "delta")

        def act(desk: Desk) -> Answer:
            desk.occurred_at = micros(occurred_at)
            snapshots.delta(desk, location_id, units=units, feed_id=feed_id, document_id=document_id)
            return {"changed": {sku: change for sku, change in sorted(units.items()) if change}}

        terms = {"location": location_id, "occurred_at": micros(occurred_at), "units": units}
        return self._run("apply_delta", act, at=at, key=_key(feed_id, document_id), terms=terms)

    def _require_feed(self, feed_id: str, location_id: str, kind: str) -> None:
        self._require_location(location_id)
        feeds = {feed.feed_id: feed for feed in self.settings.stock_feeds}
        feed = feeds.get(feed_id)
        if feed is None:
            known = ", ".join(feeds) or "none"
            raise InvalidCommand(f"no stock feed {feed_id!r} in the settings; known: {known}")
        if feed.kind != kind:
            does = "replaces what is there" if feed.kind == "snapshot" else "adds to what is there"
            raise InvalidCommand(f"stock feed {feed_id} is labelled {feed.kind}: it {does}, it is no {kind}")
        if location_id not in feed.locations:
            raise InvalidCommand(
                f"stock feed {feed_id} is about {', '.join(feed.locations)}, found {location_id}"
            )


def _key(feed_id: str, document_id: str) -> str:
    return f"feed:{feed_id}:{document_id}" if document_id else ""
