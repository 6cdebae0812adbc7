"""What a line's goods came to, and so what may be given back for it.

Adjustment lines (discounts, surcharges) belong to the whole order: each line with a price bears its share, in
proportion to its amount, exact to the currency's smallest coin. Shipping bears none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms_ops.documents import Exchange
from oms_ops.orders import Line, Order
from oms_ops.units import coin_e4

_BEARS_NO_SHARE = ("shipping", "adjustment", "exchange_credit")


def net_e4(order: Order, *, exchanges: Sequence[Exchange] = ()) -> dict[int, int]:
    """Amount per line number with its share of the adjustments: what the buyer paid for it.

    Lines that came by an exchange were priced after the adjustments and bear none of them.
    """
    bearers = {line.line_no: line.amount_e4 for line in order.lines if _bears(line, exchanges)}
    shares = split(adjustments_e4(order), bearers, coin=coin_e4(order.currency)) if bearers else {}
    return {
        line.line_no: max(0, line.amount_e4 + shares.get(line.line_no, 0))
        for line in order.lines
        if line.line_type not in ("adjustment", "exchange_credit") or not bearers
    }


def adjustments_e4(order: Order) -> int:
    return sum(
        (line.quantity - line.canceled) * line.unit_price_e4
        for line in order.lines
        if line.line_type == "adjustment"
    )


def rest_e4(line: Line, net: Mapping[int, int]) -> int:
    """What is left to give back of the line."""
    return max(0, net.get(line.line_no, 0) - line.refunded_e4)


def value_e4(line: Line, units: int, *, net: int, before: int, coin: int) -> int:
    """Value of `units` after `before` others: single units add up to the line, whatever the rounding."""
    if line.quantity <= 0:
        return 0
    return _upto(line, before + units, net, coin) - _upto(line, before, net, coin)


def split(total_e4: int, weights: Mapping[int, int], *, coin: int) -> dict[int, int]:
    """`total_e4` in proportion to `weights`, in whole coins where it is whole coins; the parts add up."""
    weight = sum(weights.values())
    if not weight:
        return {}
    step = coin if total_e4 % coin == 0 else 1
    sign, left = (1 if total_e4 >= 0 else -1), abs(total_e4) // step
    parts = {key: left * share // weight for key, share in weights.items()}
    over = left - sum(parts.values())
    by_remainder = sorted(weights, key=lambda key: (-(left * weights[key] % weight), key))
    for key in by_remainder[:over]:
        parts[key] += 1
    return {key: sign * part * step for key, part in parts.items()}


def split_within(total_e4: int, rests: Mapping[int, int], *, coin: int) -> dict[int, int]:
    """`split` in proportion to `rests`, none above its own: what rounding puts over it goes to the next."""
    parts = split(total_e4, rests, coin=coin)
    fitted = {key: min(part, rests[key]) for key, part in parts.items()}
    over = total_e4 - sum(fitted.values())
    for key in fitted:
        more = min(over, rests[key] - fitted[key])
        fitted[key] += more
        over -= more
    return fitted


def _bears(line: Line, exchanges: Sequence[Exchange]) -> bool:
    if line.amount_e4 <= 0 or line.line_type in _BEARS_NO_SHARE:
        return False
    return not any(swap.first_line_no <= line.line_no <= swap.last_line_no for swap in exchanges)


def _upto(line: Line, units: int, net: int, coin: int) -> int:
    """Value of the first `units`, rounded down to a coin; all of them are worth all of it."""
    if units >= line.quantity:
        return net
    return net * units // line.quantity // coin * coin
