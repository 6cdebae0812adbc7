-- one row per (age bucket, fulfillment status) of orders still open at an instant
with open_orders as (
    select
        fulfillment_status,
        gross_sales::double as gross_sales,
        (units - units_canceled - units_shipped)::double as units_to_ship,
        coalesce(
            promised_deliver_by < $as_of
            and (delivered_at is null or units_shipped < units - units_canceled),
            false
        ) as is_late,
        date_diff('hour', placed_at, $as_of::timestamptz) / 24.0 as age_days
    from order_fact
    where order_status = 'open'
      and ($channel::varchar is null or channel_id = $channel)
),
bucketed as (
    select
        fulfillment_status,
        gross_sales,
        units_to_ship,
        is_late,
        case
            when age_days < 1 then 1
            when age_days < 3 then 2
            when age_days < 7 then 3
            when age_days < 14 then 4
            when age_days < 30 then 5
            else 6
        end as bucket_no
    from open_orders
)
select
    bucket_no,
    ['under 1 day', '1-3 days', '3-7 days', '7-14 days', '14-30 days', 'over 30 days'][bucket_no] as bucket,
    fulfillment_status,
    count(*) as orders,
    sum(gross_sales) as gross_sales,
    sum(units_to_ship) as units_to_ship,
    count(*) filter (where is_late) as late_orders
from bucketed
group by bucket_no, fulfillment_status
order by bucket_no, fulfillment_status
