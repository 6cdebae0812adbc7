-- one row per sku: the best sellers of a half-open period, as known at an instant
with facts as (
    select
        sku,
        order_id,
        fact_kind,
        gross_sales,
        returns,
        units
    from sales_fact
    where business_date >= $date_from
      and business_date < $date_to
      and ($channel::varchar is null or channel_id = $channel)
      and ($as_of::timestamptz is null or recorded_at <= $as_of)
),
best as (
    select
        sku,
        sum(gross_sales)::double as gross_sales,
        sum(returns)::double as returns,
        sum(units)::double as units
    from facts
    group by sku
    having sum(gross_sales) > 0
    order by sum(gross_sales) desc, sku
    limit $limit
),
ordered as (
    select facts.sku, count(distinct facts.order_id) as orders
    from facts
    inner join best on best.sku = facts.sku
    where facts.fact_kind = 'order'
    group by facts.sku
)
select
    best.sku,
    coalesce(product.title, best.sku) as title,
    product.abc_class,
    best.gross_sales,
    best.returns,
    best.units,
    coalesce(ordered.orders, 0) as orders
from best
left join ordered on ordered.sku = best.sku
left join product on product.sku = best.sku
order by best.gross_sales desc, best.sku
