"""Kit definitions as rows, for tests of what follows from them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text

from tests.support.order_book import Shop

_TABLES = (
    "CREATE TABLE IF NOT EXISTS kit "
    "(kit_sku TEXT NOT NULL PRIMARY KEY, is_stocked BIGINT NOT NULL, defined_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS kit_component "
    "(kit_sku TEXT NOT NULL, component_sku TEXT NOT NULL, quantity BIGINT NOT NULL, "
    "PRIMARY KEY (kit_sku, component_sku))",
)


def make_kit(shop: Shop, kit: str, components: Mapping[str, int], *, is_stocked: bool = False) -> None:
    with shop.book.write() as con:
        for statement in _TABLES:
            con.execute(text(statement))
        con.execute(
            text("INSERT INTO kit (kit_sku, is_stocked, defined_at) VALUES (:kit, :stocked, 0)"),
            {"kit": kit, "stocked": int(is_stocked)},
        )
        con.execute(
            text("INSERT INTO kit_component (kit_sku, component_sku, quantity) VALUES (:kit, :part, :units)"),
            [{"kit": kit, "part": part, "units": units} for part, units in components.items()],
        )
