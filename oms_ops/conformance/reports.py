"""A stream of reports for our bulk run, the same every time: what kills are tried on."""

from __future__ import annotations

import random

from oms_ops import facts as f
from oms_ops.conformance.adapter import Setup

_SIZE = 400
_HOUR = 3_600_000_000
_START = 1_300_000_000_000_000


def reports(setup: Setup, *, size: int = _SIZE) -> list[f.Fact]:
    """Orders, cancellations, refunds, shipments, deliveries, purchases, receipts, counts; numbered from 1."""
    rng = random.Random(1)
    places = [place.name for place in setup.locations if place.is_active]
    channels = [channel.name for channel in setup.channels]
    orders: list[tuple[str, str, int]] = []
    found: list[f.Fact] = []
    for number in range(1, size + 1):
        at = _START + number * _HOUR
        sku, place, units = rng.choice(setup.skus), rng.choice(places), rng.randint(1, 5)
        kind = rng.choice(("order", "order", "receipt", "ship", "cancel", "refund", "count", "purchase"))
        if kind == "order" or not orders:
            channel = rng.choice(channels)
            orders.append((f"{channel}:{number}", sku, units))
            found.append(_order(number, at, channel, sku, units))
            continue
        place_in_list = rng.randrange(len(orders))
        order, ordered, of_order = orders[place_in_list]
        match kind:
            case "receipt":
                found.append(f.ReceiptFact(number, at, f"R{number}", None, sku, place, 2 * units, at))
            case "purchase":
                terms = (f"P{number}", "SUPPLIER", sku, place, units, at, at)
                found.append(f.PurchaseOrderFact(number, at, *terms))
            case "count":
                found.append(f.StockCountFact(number, at, f"C{number}", sku, place, units, at))
            case "ship":
                found.append(f.ShipmentFact(number, at, f"S{number}", order, at, "DPD", f"T{number}"))
            case "cancel":
                found.append(f.CancellationFact(number, at, order, at, "customer"))
            case "refund":  # once per order, so that no more is given back than was captured
                del orders[place_in_list]
                given = rng.randint(1, of_order)
                line = f.RefundLineFact("a", ordered, "product", given, given * 10_000, "return")
                found.append(f.RefundFact(number, at, f"F{number}", order, at, [line]))
    return found


def _order(number: int, at: int, channel: str, sku: str, units: int) -> f.OrderFact:
    line = f.OrderLineFact(1, "a", sku, "product", units, 10_000)
    name = str(number)
    return f.OrderFact(
        number, at, f"{channel}:{name}", channel, name, name, None, "United Kingdom", "GBP", False, at,
        None, None, [line],
    )  # fmt: skip
