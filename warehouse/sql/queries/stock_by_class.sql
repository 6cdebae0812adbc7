-- one row per ABC class: skus, stock and its value; what has been discontinued is out of stock for nobody
with stock as (
    select
        sku,
        sum(on_hand) as on_hand,
        sum(available) as available,
        sum(stock_value) as stock_value
    from inventory
    group by sku
),
classed as (
    select
        coalesce(product.abc_class, 'not sold') as abc_class,
        product.discontinued_on <= (select max(business_date) + 1 from kpi_daily) as has_ended,
        coalesce(stock.on_hand, 0) as on_hand,
        coalesce(stock.available, 0) as available,
        coalesce(stock.stock_value, 0) as stock_value
    from product
    left join stock on stock.sku = product.sku
)
select
    abc_class,
    count(*) as skus,
    count(*) filter (where available <= 0 and not coalesce(has_ended, false)) as skus_out_of_stock,
    sum(on_hand)::double as on_hand,
    sum(stock_value)::double as stock_value
from classed
group by abc_class
order by classed.abc_class = 'not sold', classed.abc_class
