"""Finds the order each credited unit came from: same customer, same sku, placed earlier, not yet given back.

Same price first, then the most recent order; a line never gives back more units or more money than it
took. What finds no order was sold before the records begin, or to nobody known. Documents are not made
here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb
import pyarrow as pa

ORDERED = """
    SELECT customer_id, code, placed_at, invoice, line_no, price, quantity
    FROM order_line
    SEMI JOIN (SELECT customer_id, code FROM line WHERE destination = 'credit') AS credited
        USING (customer_id, code)
    WHERE is_goods(line_type)
    ORDER BY placed_at, invoice, line_no
"""
CREDITED = """
    SELECT invoice, line_no, customer_id, code, placed_at, price, -quantity
    FROM line
    WHERE destination = 'credit'
    ORDER BY placed_at, invoice, line_no
"""


@dataclass
class _Sold:
    placed_at: datetime
    invoice: str
    line_no: int
    price: Decimal
    remaining: int
    remaining_money: Decimal


def match(con: duckdb.DuckDBPyConnection) -> None:
    """Writes table credit_part(credit_invoice, credit_line_no, part_no, invoice, order_line_no, quantity)."""
    sold: dict[tuple[int, str], list[_Sold]] = defaultdict(list)
    for customer, code, placed_at, invoice, line_no, price, quantity in con.execute(ORDERED).fetchall():
        sold[customer, code].append(_Sold(placed_at, invoice, line_no, price, quantity, price * quantity))
    parts: list[tuple] = []
    for invoice, line_no, customer, code, at, price, quantity in con.execute(CREDITED).fetchall():
        taken = _take(sold.get((customer, code), []), at=at, price=price, quantity=quantity)
        parts += [(invoice, line_no, no, *part) for no, part in enumerate(taken, start=1)]
    names = ("credit_invoice", "credit_line_no", "part_no", "invoice", "order_line_no", "quantity")
    kinds = (pa.string(), pa.int64(), pa.int64(), pa.string(), pa.int64(), pa.int64())
    columns = zip(*parts, strict=True) if parts else [[]] * len(names)
    table = pa.table({n: pa.array(list(c), type=k) for n, c, k in zip(names, columns, kinds, strict=True)})
    con.register("credit_part_found", table)
    con.execute("CREATE TABLE credit_part AS SELECT * FROM credit_part_found")
    con.unregister("credit_part_found")


def _take(
    lines: list[_Sold], *, at: datetime, price: Decimal, quantity: int
) -> list[tuple[str | None, int | None, int]]:
    """(order invoice, order line, units) per part; the last part has no order where units are left over."""
    earlier = [line for line in lines if line.placed_at <= at and line.remaining > 0]
    earlier.sort(key=lambda line: (line.placed_at, line.invoice, -line.line_no), reverse=True)
    earlier.sort(key=lambda line: line.price != price)
    parts = []
    for line in earlier:
        if quantity == 0:
            break
        payable = int(line.remaining_money // price) if price else quantity
        units = min(quantity, line.remaining, payable)
        if units == 0:
            continue
        line.remaining_money -= units * price
        line.remaining -= units
        quantity -= units
        parts.append((line.invoice, line.line_no, units))
    return [*parts, (None, None, quantity)] if quantity else parts
