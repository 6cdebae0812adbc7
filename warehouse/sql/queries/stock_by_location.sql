-- one row per location: what stands there (one sku, or all)
select
    location_id,
    count(*) filter (where on_hand > 0) as skus_in_stock,
    sum(on_hand)::double as on_hand,
    sum(available)::double as available,
    sum(committed)::double as committed,
    sum(reserved)::double as reserved,
    sum(damaged)::double as damaged,
    sum(safety_stock)::double as safety_stock,
    sum(quality_control)::double as quality_control,
    sum(incoming)::double as incoming,
    sum(stock_value)::double as stock_value
from inventory
where $sku::varchar is null or sku = $sku
group by location_id
order by location_id
