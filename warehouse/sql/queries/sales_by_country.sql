-- one row per country: sales of a half-open period, as known at an instant
select
    coalesce(country, 'Unknown') as country,
    sum(gross_sales)::double as gross_sales,
    sum(gross_sales - discounts - returns)::double as net_sales,
    sum(units)::double as units,
    count(distinct order_id) filter (where fact_kind = 'order' and (units <> 0 or gross_sales <> 0)) as orders
from sales_fact
where business_date >= $date_from
  and business_date < $date_to
  and ($channel::varchar is null or channel_id = $channel)
  and ($as_of::timestamptz is null or recorded_at <= $as_of)
group by coalesce(country, 'Unknown')
having sum(gross_sales) <> 0 or sum(returns) <> 0
order by gross_sales desc, country
limit $limit
