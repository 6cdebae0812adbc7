-- one row per sku: days lost to stock-outs in the period, most valuable first
with lost as (
    select
        sku,
        sum(1 - exposure) as channel_days_lost,
        count(distinct business_date) as days_affected,
        count(distinct channel_id) as channels_affected,
        max(business_date) as last_day
    from availability_day
    where business_date >= $date_from
      and business_date < $date_to
      and ($channel::varchar is null or channel_id = $channel)
    group by sku
),
rate as (
    select sku, sum(gross_sales)::double / 91 as gross_sales_per_day
    from demand_daily
    where business_date >= $date_to::date - 91
      and business_date < $date_to
    group by sku
)
select
    lost.sku,
    coalesce(product.title, lost.sku) as title,
    product.abc_class,
    lost.channel_days_lost,
    lost.days_affected,
    lost.channels_affected,
    lost.last_day,
    coalesce(rate.gross_sales_per_day, 0) as gross_sales_per_day
from lost
left join product on product.sku = lost.sku
left join rate on rate.sku = lost.sku
order by lost.channel_days_lost * coalesce(rate.gross_sales_per_day, 0) desc, lost.channel_days_lost desc, lost.sku
limit $limit
