-- one row per period of promise dates (or one for all): orders and units due, and how many met the promise
select
    case $by::varchar
        when 'day' then business_date
        when 'week' then date_trunc('week', business_date)::date
        when 'month' then date_trunc('month', business_date)::date
        else $date_from::date
    end as period,
    sum(orders_due)::bigint as orders_due,
    sum(orders_on_time)::bigint as orders_on_time,
    sum(orders_in_full)::bigint as orders_in_full,
    sum(orders_otif)::bigint as orders_otif,
    sum(units_due)::double as units_due,
    sum(units_filled)::double as units_filled,
    sum(orders_on_time) / nullif(sum(orders_due), 0)::double as on_time,
    sum(orders_in_full) / nullif(sum(orders_due), 0)::double as in_full,
    sum(orders_otif) / nullif(sum(orders_due), 0)::double as otif,
    sum(units_filled)::double / nullif(sum(units_due), 0)::double as fill_rate
from service_daily
where business_date >= $date_from
  and business_date < $date_to
  and ($channel::varchar is null or channel_id = $channel)
group by period
order by period
