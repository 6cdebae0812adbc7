-- one row per sku: the best sellers of a half-open period, as known at an instant
with sold as (
    select
        sku,
        sum(gross_sales)::double as gross_sales,
        sum(returns)::double as returns,
        sum(units)::double as units,
        count(distinct order_id) filter (where fact_kind = 'order') as orders
    from sales_fact
    where business_date >= $date_from
      and business_date < $date_to
      and ($channel::varchar is null or channel_id = $channel)
      and ($as_of::timestamptz is null or recorded_at <= $as_of)
    group by sku
    having sum(gross_sales) > 0
    order by sum(gross_sales) desc, sku
    limit $limit
)
select
    sold.sku,
    coalesce(product.title, sold.sku) as title,
    product.abc_class,
    sold.gross_sales,
    sold.returns,
    sold.units,
    sold.orders
from sold
left join product on product.sku = sold.sku
order by sold.gross_sales desc, sold.sku
