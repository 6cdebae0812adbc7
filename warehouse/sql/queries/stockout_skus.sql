-- one row per sku: days lost to stock-outs in the period and before its end, most valuable first
with blocked as (
    select availability_day.sku, availability_day.channel_id, availability_day.business_date, availability_day.exposure
    from availability_day
    left join product on product.sku = availability_day.sku
    where availability_day.business_date >= $date_from
      and availability_day.business_date < $date_to
      and availability_day.business_date < coalesce(product.discontinued_on, $date_to::date)
      and ($channel::varchar is null or availability_day.channel_id = $channel)
),
rate as (
    select sku, sum(gross_sales)::double / 91 as gross_sales_per_day
    from demand_daily
    where business_date >= $date_to::date - 91
      and business_date < $date_to
    group by sku
),
lost as (
    select sku, sum(1 - exposure) as channel_days_lost
    from blocked
    group by sku
),
worst as (
    select
        lost.sku,
        lost.channel_days_lost,
        coalesce(rate.gross_sales_per_day, 0) as gross_sales_per_day
    from lost
    left join rate on rate.sku = lost.sku
    order by
        lost.channel_days_lost * coalesce(rate.gross_sales_per_day, 0) desc,
        lost.channel_days_lost desc,
        lost.sku
    limit $limit
),
reach as (
    select
        blocked.sku,
        count(distinct blocked.business_date) as days_affected,
        count(distinct blocked.channel_id) as channels_affected,
        max(blocked.business_date) as last_day
    from blocked
    inner join worst on worst.sku = blocked.sku
    group by blocked.sku
)
select
    worst.sku,
    coalesce(product.title, worst.sku) as title,
    product.abc_class,
    worst.channel_days_lost,
    reach.days_affected,
    reach.channels_affected,
    reach.last_day,
    worst.gross_sales_per_day
from worst
inner join reach on reach.sku = worst.sku
left join product on product.sku = worst.sku
order by worst.channel_days_lost * worst.gross_sales_per_day desc, worst.channel_days_lost desc, worst.sku
