-- one row per (business_date, channel): orders whose delivery was promised for that day, once the promise has passed
with due as (
    select
        fact.order_id,
        fact.channel_id,
        timezone($zone, fact.promised_deliver_by)::date as business_date,
        fact.is_on_time,
        coalesce(fact.is_in_full, false) as is_in_full,
        coalesce(fact.promised_ship_by, fact.promised_deliver_by) as ship_by,
        fact.first_shipped_at,
        fact.last_shipped_at,
        fact.units_shipped,
        coalesce(state.units_ordered, fact.units) as units_ordered
    from marts.order_fact as fact
    left join core.order_state as state on state.order_id = fact.order_id
    where fact.promised_deliver_by <= $as_of
      and fact.is_on_time is not null
),
called_off as (
    select refund.order_id, sum(line.quantity) as units
    from core.refund_line as line
    inner join core.refund as refund on refund.refund_id = line.refund_id
    where line.restock_kind = 'cancel'
      and line.line_type = 'product'
      and refund.order_id is not null
    group by refund.order_id
),
shipped_in_parts as (
    select due.order_id, sum(movement.quantity) as units
    from due
    inner join core.inventory_movement as movement on movement.order_id = due.order_id
    where due.first_shipped_at <= due.ship_by
      and due.last_shipped_at > due.ship_by
      and movement.kind = 'shipped'
      and movement.occurred_at <= due.ship_by
    group by due.order_id
),
filled as (
    select
        due.*,
        due.units_ordered - coalesce(called_off.units, 0) as units_due,
        case
            when due.last_shipped_at <= due.ship_by then due.units_shipped
            else coalesce(shipped_in_parts.units, 0)
        end as units_filled
    from due
    left join called_off on called_off.order_id = due.order_id
    left join shipped_in_parts on shipped_in_parts.order_id = due.order_id
)
select
    business_date,
    channel_id,
    count(*) as orders_due,
    count(*) filter (where is_on_time) as orders_on_time,
    count(*) filter (where is_in_full) as orders_in_full,
    count(*) filter (where is_on_time and is_in_full) as orders_otif,
    sum(units_due) as units_due,
    sum(least(units_filled, units_due)) as units_filled
from filled
group by business_date, channel_id
