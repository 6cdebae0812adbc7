-- one row per stage: how many of the orders placed in the period reached it
with placed as (
    select
        gross_sales::double as gross_sales,
        payment_status in ('paid', 'partially_refunded', 'refunded') as is_paid,
        location_count > 0 as is_allocated,
        first_shipped_at is not null as is_shipped,
        delivered_at is not null and units_shipped >= units - units_canceled as is_delivered,
        order_status = 'canceled' as is_canceled,
        units_returned > 0 as is_returned
    from order_fact
    where line_count > 0
      and business_date >= $date_from
      and business_date < $date_to
      and ($channel::varchar is null or channel_id = $channel)
),
stages as (
    select 1 as stage_no, 'placed' as stage, true as reached, gross_sales from placed
    union all
    select 2, 'paid', is_paid, gross_sales from placed
    union all
    select 3, 'allocated', is_allocated, gross_sales from placed
    union all
    select 4, 'shipped', is_shipped, gross_sales from placed
    union all
    select 5, 'delivered', is_delivered, gross_sales from placed
    union all
    select 6, 'canceled', is_canceled, gross_sales from placed
    union all
    select 7, 'returned', is_returned, gross_sales from placed
)
select
    stage_no,
    stage,
    count(*) filter (where reached) as orders,
    coalesce(sum(gross_sales) filter (where reached), 0) as gross_sales
from stages
group by stage_no, stage
order by stage_no
