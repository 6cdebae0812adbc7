-- one row per model tried on one sku, best first
select
    model_name,
    demand_class,
    is_champion,
    wape,
    bias,
    actual_units
from forecast_accuracy
where sku = $sku
order by wape nulls last, model_name
