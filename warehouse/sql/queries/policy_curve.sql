-- one row per stock pool (empty: all together, first) and order rule replayed, least stock first; what really was last
select
    coalesce(curve.stock_pool, '') as stock_pool,
    curve.rule,
    curve.kind,
    curve.service_level,
    curve.is_chosen,
    curve.fill_rate,
    curve.stock_value,
    curve.holding_cost,
    curve.lost_margin,
    curve.orders,
    curve.units_ordered,
    curve.products,
    curve.first_week,
    curve.weeks
from policy_curve as curve
order by curve.stock_pool, curve.kind = 'today', curve.kind <> 'service_level', curve.service_level, curve.kind
