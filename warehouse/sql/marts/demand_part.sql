-- one row per (sku, dimension, member, business_date): demand by channel, shipments by location, and what came back
with orders as materialized (
    select
        header.order_id,
        header.channel_id,
        header.business_date,
        row_number() over (order by header.order_id) as order_no
    from core.order_header as header
    left join core.order_cancellation as cancellation
        on cancellation.order_id = header.order_id
        and timezone($zone, cancellation.canceled_at)::date = header.business_date
    where not header.is_test
      and cancellation.order_id is null
),
ordered as (
    select
        orders.order_no,
        line.sku,
        sum(line.quantity) as units,
        sum(line.amount) as amount
    from core.order_line as line
    inner join orders on orders.order_id = line.order_id
    where line.line_type = 'product'
    group by orders.order_no, line.sku
),
canceled as (
    select
        orders.order_no,
        line.sku,
        sum(line.quantity) as units,
        sum(line.amount) as amount
    from core.refund_line as line
    inner join core.refund as refund on refund.refund_id = line.refund_id
    inner join orders
        on orders.order_id = refund.order_id
        and orders.business_date = refund.business_date
    where line.restock_kind = 'cancel'
      and line.line_type = 'product'
    group by orders.order_no, line.sku
),
demanded as (
    select
        ordered.sku,
        orders.channel_id,
        orders.business_date,
        sum(ordered.units - coalesce(canceled.units, 0)) as units,
        count(*) as orders,
        sum(ordered.amount - coalesce(canceled.amount, 0)) as gross_sales
    from ordered
    inner join orders on orders.order_no = ordered.order_no
    left join canceled on canceled.order_no = ordered.order_no and canceled.sku = ordered.sku
    where ordered.units > coalesce(canceled.units, 0)
    group by ordered.sku, orders.channel_id, orders.business_date
),
returned as (
    select
        line.sku,
        refund.channel_id,
        refund.business_date,
        sum(line.quantity) as units
    from core.refund_line as line
    inner join core.refund as refund on refund.refund_id = line.refund_id
    left join core.order_header as header on header.order_id = refund.order_id
    where line.restock_kind <> 'cancel'
      and line.line_type = 'product'
      and not coalesce(header.is_test, false)
    group by line.sku, refund.channel_id, refund.business_date
),
moved as (
    select
        sku,
        location_id,
        timezone($zone, occurred_at)::date as business_date,
        coalesce(sum(quantity) filter (where kind = 'shipped'), 0) as units,
        coalesce(sum(quantity) filter (where kind = 'returned'), 0) as returned_units
    from core.inventory_movement
    where kind in ('shipped', 'returned')
    group by sku, location_id, timezone($zone, occurred_at)::date
)
select
    coalesce(demanded.sku, returned.sku) as sku,
    'channel' as dimension,
    coalesce(demanded.channel_id, returned.channel_id) as member,
    coalesce(demanded.business_date, returned.business_date) as business_date,
    coalesce(demanded.units, 0) as units,
    coalesce(demanded.orders, 0) as orders,
    coalesce(demanded.gross_sales, 0) as gross_sales,
    coalesce(returned.units, 0) as returned_units
from demanded
full join returned
    on returned.sku = demanded.sku
    and returned.channel_id = demanded.channel_id
    and returned.business_date = demanded.business_date
union all
select sku, 'location', location_id, business_date, units, null, null, returned_units
from moved
where units > 0 or returned_units > 0
order by sku, dimension, member, business_date
