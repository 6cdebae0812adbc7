-- every order's gross sales and units equal those of its sales lines
with sales as (
    select order_id, sum(gross_sales) as gross_sales, sum(units) as units
    from marts.sales_fact
    where fact_kind = 'order'
    group by order_id
),
compared as (
    select coalesce(fact.gross_sales, 0) = coalesce(sales.gross_sales, 0)
        and coalesce(fact.units, 0) = coalesce(sales.units, 0) as agrees
    from marts.order_fact as fact
    full outer join sales on sales.order_id = fact.order_id
)
select
    count(*) filter (where not agrees) as violations,
    format('{} orders compared', count(*)) as detail
from compared
