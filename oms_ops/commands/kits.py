"""Commands on kits: what they are made of, built ahead and taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms_ops.commands.base import Commands, balance_of, find
from oms_ops.desk import Desk
from oms_ops.rules import kits
from oms_ops.rules.placing import fill_waiting
from oms_ops.stock_papers import Kit
from oms_ops.store.commands import Answer


class KitCommands(Commands):
    def define_kit(
        self,
        kit_sku: str,
        *,
        components: Mapping[str, int],
        at: datetime,
        key: str,
        is_stocked: bool = False,
    ) -> Answer:
        """Units per component, from now on. A stocked kit is built ahead and sold from its own stock."""

        def act(desk: Desk) -> Answer:
            kit = kits.define(desk, kit_sku, components=components, is_stocked=is_stocked)
            return {"kit_sku": kit_sku, "is_stocked": is_stocked, "components": kit.components}

        terms = {"kit": kit_sku, "components": components, "is_stocked": is_stocked}
        return self._run("define_kit", act, at=at, key=key, terms=terms)

    def build_kit(self, kit_sku: str, location_id: str, *, quantity: int, at: datetime, key: str) -> Answer:
        """Put together out of components that are available; OutOfStock lists every shortage."""
        self._require_location(location_id)

        def act(desk: Desk) -> Answer:
            kit = find(desk, Kit, kit_sku)
            kits.build(desk, kit, location_id=location_id, quantity=quantity, reference=key)
            fill_waiting(desk, kit_sku, location_id=location_id)
            return balance_of(desk, kit_sku, location_id)

        terms = {"kit": kit_sku, "location": location_id, "quantity": quantity}
        return self._run("build_kit", act, at=at, key=key, terms=terms)

    def take_kit_apart(
        self, kit_sku: str, location_id: str, *, quantity: int, at: datetime, key: str
    ) -> Answer:
        """Built kits that are available become components again, as the kit is defined today."""
        self._require_location(location_id)

        def act(desk: Desk) -> Answer:
            kit = find(desk, Kit, kit_sku)
            skus = kits.take_apart(desk, kit, location_id=location_id, quantity=quantity, reference=key)
            for sku in skus:
                fill_waiting(desk, sku, location_id=location_id)
            return balance_of(desk, kit_sku, location_id)

        terms = {"kit": kit_sku, "location": location_id, "quantity": quantity}
        return self._run("take_kit_apart", act, at=at, key=key, terms=terms)
