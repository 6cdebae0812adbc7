-- one row per day: the share of sku-channel-days on which a wanted sku, not discontinued yet, could not be bought
with wanted as (
    select ats.channel_id, ats.sku, product.discontinued_on
    from ats
    left join product on product.sku = ats.sku
    inner join (
        select distinct sku
        from demand_daily
        where business_date >= $date_to::date - 91
          and business_date < $date_to
    ) as demanded on demanded.sku = ats.sku
    where $channel::varchar is null or ats.channel_id = $channel
),
lost as (
    select
        availability_day.business_date,
        sum(1 - availability_day.exposure) as days_lost,
        count(*) as skus_affected
    from availability_day
    inner join wanted
        on wanted.channel_id = availability_day.channel_id
        and wanted.sku = availability_day.sku
    where availability_day.business_date >= $date_from
      and availability_day.business_date < $date_to
      and availability_day.business_date < coalesce(wanted.discontinued_on, $date_to::date)
    group by availability_day.business_date
),
days as (
    select unnest(generate_series($date_from::date, $date_to::date - 1, interval 1 day))::date as business_date
),
offered as (
    select
        days.business_date,
        count(*) filter (where days.business_date < coalesce(wanted.discontinued_on, $date_to::date)) as listed
    from days
    cross join wanted
    group by days.business_date
)
select
    days.business_date,
    coalesce(lost.days_lost, 0) as days_lost,
    coalesce(lost.skus_affected, 0) as skus_affected,
    coalesce(offered.listed, 0) as listed,
    coalesce(lost.days_lost, 0) / nullif(offered.listed, 0) as stockout_rate
from days
left join offered on offered.business_date = days.business_date
left join lost on lost.business_date = days.business_date
order by days.business_date
