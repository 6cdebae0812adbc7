-- one row per forecast sku: how far off the champion was, what is at stake, what comes
with ahead as (
    select
        sku,
        any_value(demand_class) as demand_class,
        any_value(model_name) as model_name,
        sum(mean) as forecast_units,
        count(*) filter (where override_id is not null) as overridden_weeks
    from forecast_weekly
    group by sku
),
champion_accuracy as (
    select sku, wape, bias, actual_units
    from forecast_accuracy
    where is_champion
),
naive_accuracy as (
    select sku, sum(abs(naive - actual)) / nullif(sum(actual), 0) as naive_wape
    from backtest_forecast
    group by sku
)
select
    ahead.sku,
    coalesce(product.title, ahead.sku) as title,
    product.abc_class,
    product.supplier_id,
    product.supplier_name,
    ahead.demand_class,
    ahead.model_name,
    champion_accuracy.wape,
    naive_accuracy.naive_wape,
    champion_accuracy.bias,
    champion_accuracy.actual_units,
    ahead.forecast_units,
    ahead.forecast_units * coalesce(product.mean_price, 0)::double as forecast_value,
    champion_accuracy.wape * champion_accuracy.actual_units * coalesce(product.mean_price, 0)::double as error_value,
    ahead.overridden_weeks
from ahead
left join product on product.sku = ahead.sku
left join champion_accuracy on champion_accuracy.sku = ahead.sku
left join naive_accuracy on naive_accuracy.sku = ahead.sku
where ($demand_class::varchar is null or ahead.demand_class = $demand_class)
  and ($abc_class::varchar is null or product.abc_class = $abc_class)
  and ($supplier_id::varchar is null or product.supplier_id = $supplier_id)
  and ($text::varchar is null or ahead.sku ilike '%' || $text || '%' or product.title ilike '%' || $text || '%')
order by
    case $sort
        when 'error' then error_value
        when 'value' then forecast_value
        when 'wape' then champion_accuracy.wape
        when 'bias' then abs(champion_accuracy.bias)
    end desc nulls last,
    ahead.sku
limit $limit
