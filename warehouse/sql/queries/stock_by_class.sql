-- one row per ABC class: skus, stock and its value
with stock as (
    select
        sku,
        sum(on_hand) as on_hand,
        sum(available) as available,
        sum(stock_value) as stock_value
    from inventory
    group by sku
)
select
    coalesce(product.abc_class, 'not sold') as abc_class,
    count(*) as skus,
    count(*) filter (where coalesce(stock.available, 0) <= 0) as skus_out_of_stock,
    coalesce(sum(stock.on_hand), 0)::double as on_hand,
    coalesce(sum(stock.stock_value), 0)::double as stock_value
from product
left join stock on stock.sku = product.sku
group by coalesce(product.abc_class, 'not sold')
order by abc_class = 'not sold', abc_class
