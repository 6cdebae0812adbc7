-- one row per (sku, business_date) with demand: units ordered less units canceled, unshipped, the same day
with orders as materialized (
    select
        header.order_id,
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
kept as (
    select
        ordered.sku,
        orders.business_date,
        ordered.units - coalesce(canceled.units, 0) as units,
        ordered.amount - coalesce(canceled.amount, 0) as amount
    from ordered
    inner join orders on orders.order_no = ordered.order_no
    left join canceled on canceled.order_no = ordered.order_no and canceled.sku = ordered.sku
),
exposures as (
    select sku, business_date, max(exposure) as exposure
    from marts.availability_day
    group by sku, business_date
    having count(*) = (select count(*) from core.channel where share > 0)
)
select
    kept.sku,
    kept.business_date,
    sum(kept.units) as units,
    count(*) as orders,
    sum(kept.amount) as gross_sales,
    coalesce(any_value(exposures.exposure), 1) as exposure
from kept
left join exposures on exposures.sku = kept.sku and exposures.business_date = kept.business_date
where kept.units > 0
group by kept.sku, kept.business_date
