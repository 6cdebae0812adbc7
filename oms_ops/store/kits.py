"""What kits are made of, for availability and the warehouse's copy."""

from __future__ import annotations

from sqlalchemy import Connection, select

from oms_ops.rules.kits import leaves
from oms_ops.stock_papers import Kit
from oms_ops.store.stock_tables import kit, kit_component


def definitions(con: Connection) -> dict[str, Kit]:
    """Every kit as it was defined last, those that are built ahead included."""
    found = {
        row.kit_sku: Kit(row.kit_sku, bool(row.is_stocked), row.defined_at)
        for row in con.execute(select(kit))
    }
    part = kit_component.c
    for row in con.execute(select(kit_component).order_by(part.kit_sku, part.component_sku)):
        if row.quantity:  # 0: it was a component once
            found[row.kit_sku].components[row.component_sku] = row.quantity
    return found


def components(con: Connection) -> dict[str, dict[str, int]]:
    """Units per component of each kit that is sold out of its components' stock, kits within it opened."""
    kits = definitions(con)
    return {sku: leaves(kit, kits.get) for sku, kit in kits.items() if not kit.is_stocked}
