-- one row per (week, channel, stage): how long the stages that ended in that week had lasted
with ended as (
    select channel_id, 'click_to_ship' as stage, placed_at as began_at, first_shipped_at as ended_at
    from marts.order_fact
    union all
    select channel_id, 'ship_to_deliver', last_shipped_at, delivered_at
    from marts.order_fact
    union all
    select channel_id, 'order_cycle', placed_at, delivered_at
    from marts.order_fact
    union all
    select channel_id, 'backorder_wait', placed_at, last_shipped_at
    from marts.order_fact
    where units_backordered_at_placement > 0
      and units_shipped + units_canceled >= units
),
measured as (
    select
        date_trunc('week', timezone($zone, ended_at))::date as week_start,
        channel_id,
        stage,
        (epoch_us(ended_at) - epoch_us(began_at)) / 3.6e9 as hours
    from ended
    where ended_at is not null
      and began_at is not null
)
select
    week_start,
    channel_id,
    stage,
    count(*) as orders,
    quantile_cont(hours, 0.5) as median_hours,
    quantile_cont(hours, 0.9) as p90_hours
from measured
group by week_start, channel_id, stage
