-- one row per forecast sku: how far off the champion was, what is at stake, what comes, what changed
with ahead as (
    select
        sku,
        any_value(demand_class) as demand_class,
        arg_min(model_name, week_start) as model_name,
        sum(mean) as forecast_units,
        count(*) filter (where override_id is not null) as overridden_weeks,
        min(week_start) as first_week
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
),
lost as (
    select history.sku, sum(history.lost_units) as lost_units
    from demand_history as history
    inner join ahead on ahead.sku = history.sku
    where history.week_start >= ahead.first_week - 7 * 14
    group by history.sku
),
sold_there as (
    select sku
    from sales_fact
    where $channel::varchar is not null
      and channel_id = $channel
      and fact_kind = 'order'
      and business_date > (select max(business_date) from sales_fact) - 182
    group by sku
    having sum(units) > 0
)
select
    ahead.sku,
    coalesce(product.title, ahead.sku) as title,
    product.category,
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
    (change.after_units - change.before_units) * coalesce(product.mean_price, 0)::double as change_value,
    lost.lost_units * coalesce(product.mean_price, 0)::double as lost_value,
    ahead.overridden_weeks
from ahead
left join product on product.sku = ahead.sku
left join champion_accuracy on champion_accuracy.sku = ahead.sku
left join naive_accuracy on naive_accuracy.sku = ahead.sku
left join forecast_change as change on change.sku = ahead.sku
left join lost on lost.sku = ahead.sku
where ($demand_class::varchar is null or ahead.demand_class = $demand_class)
  and ($abc_class::varchar is null or product.abc_class = $abc_class)
  and ($category::varchar is null or product.category = $category)
  and ($supplier_id::varchar is null or product.supplier_id = $supplier_id)
  and ($channel::varchar is null or ahead.sku in (select sku from sold_there))
  and (
      $author::varchar is null
      or ahead.sku in (select sku from override_value where author = $author)
      or list_contains($also::varchar[], ahead.sku)
  )
  and ($text::varchar is null or ahead.sku ilike '%' || $text || '%' or product.title ilike '%' || $text || '%')
order by
    case $sort
        when 'error' then error_value
        when 'value' then forecast_value
        when 'change' then abs(change_value)
        when 'lost' then lost_value
        when 'wape' then champion_accuracy.wape
        when 'bias' then abs(champion_accuracy.bias)
    end desc nulls last,
    ahead.sku
limit $limit
