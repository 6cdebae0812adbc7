"""What the small made-up shop should buy and move, its alerts and their record, its curve of service."""

from __future__ import annotations

import random
from datetime import date, timedelta

from tests.support.small_shop import AS_OF, LAST_DAY, Item, Rows


def restock(rows: Rows, rng: random.Random, item: Item, *, number: int, available: int, rate: float) -> None:
    needed = max(24, 12 * round(rate * 5 / 12))
    cover = None if rate == 0 else round(available / rate * 7, 1)
    risk = round(min(0.99, max(0.05, 1 - available / (rate * 3 + 1))), 3)
    order_by = LAST_DAY + timedelta(days=1 + number % 5)
    because = (
        f"{available} available and nothing due in time against {rate * 3:.0f} expected over 21 days: "
        f"buy {needed} by {order_by:%d %b}."
    )
    rows.add(
        "proposal",
        proposal_id=f"{item.sku}@LEICESTER@2011-12-10",
        sku=item.sku,
        supplier_id=item.supplier_id,
        location_id="LEICESTER",
        quantity=needed,
        unit_cost=round(item.price * 0.45, 4),
        cost=round(needed * item.price * 0.45, 4),
        available=available,
        incoming_in_time=0,
        backordered=0,
        lead_time_days=14.0,
        lead_time_p90_days=19.0,
        review_days=7,
        expected_demand=rate * 3,
        demand_q50=rate * 2.9,
        demand_q90=rate * 4.4,
        service_level=0.95,
        reorder_point=rate * 4,
        order_up_to=rate * 6,
        stockout_probability=risk,
        days_of_cover=cover,
        order_by=order_by,
        binding_constraint="pack_size" if needed > 24 else "min_order_quantity",
        demand_q05=rate * 1.5,
        demand_q25=rate * 2.4,
        demand_q75=rate * 3.5,
        demand_q95=rate * 4.9,
        incoming_dated="",
        waiting_risk=min(0.99, risk + 0.1),
        cost_of_waiting=round(rate * risk * item.price * 0.55, 2),
        explanation=because,
        stock_pool="LEICESTER",
        pool_quantity=needed,
        location_available=available,
        location_incoming=0,
        location_demand=rate * 3,
    )
    rows.add(
        "stock_position",
        sku=item.sku,
        location_id="LEICESTER",
        stock_pool="LEICESTER",
        takes_purchases=True,
        demand_share=1.0,
        expected_demand=rate * 3,
        available=available,
        incoming_in_time=0,
        suggested_quantity=needed,
        lot=12,
        least=24,
        is_divided=True,
        withheld_quantity=0,
        proposal_id=f"{item.sku}@LEICESTER@2011-12-10",
    )
    _steps(rows, item, needed=needed, rate=rate)
    rows.add(
        "alert",
        episode_id=f"stockout_risk:{item.sku}:LEICESTER:1",
        rule="out_of_stock" if available == 0 else "stockout_risk",
        sku=item.sku,
        location_id="LEICESTER",
        state="raised",
        severity=("critical", "high", "medium", "low")[number % 4],
        stockout_probability=risk,
        margin_at_risk=round(rate * 3 * risk * item.price * 0.55, 2),
        available=available,
        days_of_cover=cover,
        suggested_quantity=needed,
        order_by=order_by,
        raised_at=AS_OF - timedelta(days=number % 6),
        updated_at=AS_OF,
        resolved_at=None,
        snoozed_until=None,
        acknowledged_by=None,
        explanation=because,
    )


def _steps(rows: Rows, item: Item, *, needed: int, rate: float) -> None:
    """The least order, then packs of twelve; each pack is expected to sell half as well as the one before."""
    gain, worth = 0.0, 12 * item.price * 0.55
    for step_no, quantity in enumerate(range(24, needed + 1, 12), start=1):
        gain += worth * min(1.0, rate / 12) / step_no
        rows.add(
            "purchase_step",
            sku=item.sku,
            location_id="LEICESTER",
            step_no=step_no,
            supplier_id=item.supplier_id,
            quantity=quantity,
            cost=round(quantity * item.price * 0.45, 4),
            expected_gain=round(gain, 4),
            lead_time_days=14.0,
        )


def moves(rows: Rows, catalog: list[Item]) -> None:
    """Two from London, one from Glasgow: what a marketplace will lack at Leicester."""
    origins = (("LONDON", 12.0), ("LONDON", 5.0), ("GLASGOW", 8.0))
    for item, (origin, quantity) in zip(catalog, origins, strict=False):
        rows.add(
            "transfer_proposal",
            sku=item.sku,
            from_location_id=origin,
            to_location_id="LEICESTER",
            quantity=quantity,
            channels="amazon",
            missing_units=quantity + 0.4,
            left_at_origin=20.0,
            saved_margin=round(quantity * item.price * 0.55, 2),
            explanation=f"Move {quantity:.0f} from {origin} to LEICESTER: amazon will lack them.",
            proposal_id=f"move {item.sku} {origin} LEICESTER amazon@2011-12-10",
        )


def track_record(rows: Rows) -> None:
    found = {
        "forecast": (0.72, 0.5, 0.29, 8.8),
        "days_of_cover": (0.66, 0.46, 0.16, 3.8),
        "min_max": (0.61, 0.41, 0.26, 9.8),
    }
    for rule, (precision, recall, in_time, days) in found.items():
        rows.add(
            "alert_score",
            stock="played",
            stock_pool="",
            rule=rule,
            first_morning=date(2011, 6, 6),
            last_morning=date(2011, 11, 28),
            mornings=26,
            sayings=1000,
            alerts=200,
            right=round(200 * precision),
            stockouts=300,
            warned=round(300 * recall),
            warned_in_time=round(300 * in_time),
            precision=precision,
            recall=recall,
            recall_in_time=in_time,
            days_warned=days,
            raise_at=0.5,
            scored_as_of=AS_OF,
        )
    for decile in range(10):
        rows.add(
            "alert_calibration",
            stock="played",
            decile=decile,
            said_from=decile / 10,
            said_to=(decile + 1) / 10,
            cases=100 - 10 * decile,
            said=decile / 10 + 0.05,
            came_true=decile / 10 + 0.04,
            scored_as_of=AS_OF,
        )


def curve(rows: Rows) -> None:
    about = {"stock_pool": "", "products": 12, "first_week": date(2011, 6, 6), "weeks": 26}
    for level, fill, stock in ((0.5, 0.61, 158_000.0), (0.9, 0.91, 921_000.0), (0.98, 0.97, 2_699_000.0)):
        rows.add(
            "policy_curve", rule=f"service level {level:.0%}", kind="service_level", service_level=level,
            is_chosen=False, fill_rate=fill, stock_value=stock, holding_cost=stock / 10,
            lost_margin=1_800_000 * (1 - fill), orders=9000, units_ordered=1e6, **about,
        )  # fmt: skip
    rows.add(
        "policy_curve", rule="service level by class", kind="by_class", service_level=None, is_chosen=True,
        fill_rate=0.953, stock_value=2_049_000.0, holding_cost=204_900.0, lost_margin=74_000.0, orders=8800,
        units_ordered=1e6, **about,
    )  # fmt: skip
    rows.add(
        "policy_curve", rule="as it was", kind="today", service_level=None, is_chosen=False, fill_rate=0.99,
        stock_value=837_000.0, holding_cost=None, lost_margin=None, orders=None, units_ordered=None, **about,
    )  # fmt: skip
