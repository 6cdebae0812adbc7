-- one row per sku: stock over all locations, ATS over channels, and how many days the forecast says it lasts
with stock as (
    select
        sku,
        sum(on_hand)::double as on_hand,
        sum(available)::double as available,
        sum(committed)::double as committed,
        sum(incoming)::double as incoming,
        sum(stock_value)::double as stock_value
    from inventory
    group by sku
),
sellable as (
    select
        sku,
        max(ats)::double as best_ats,
        count(*) filter (where ats < 1) as channels_out,
        count(*) as channels
    from ats
    where $channel::varchar is null or channel_id = $channel
    group by sku
),
running as (
    select
        sku,
        week_start,
        greatest(mean, 0) as mean,
        sum(greatest(mean, 0)) over (partition by sku order by week_start rows unbounded preceding) as through_week,
        row_number() over (partition by sku order by week_start) as week_no
    from forecast_weekly
),
cover as (
    select
        stock.sku,
        sum(7 * case
            when running.mean = 0 then (stock.available >= running.through_week)::int
            else least(1, greatest(0, (stock.available - running.through_week + running.mean) / running.mean))
        end) as days_of_cover,
        max(running.through_week) as forecast_units,
        max(running.week_no) * 7 as horizon_days
    from stock
    inner join running on running.sku = stock.sku
    group by stock.sku
)
select
    stock.sku,
    coalesce(product.title, stock.sku) as title,
    product.abc_class,
    stock.on_hand,
    stock.available,
    stock.committed,
    stock.incoming,
    sellable.best_ats,
    sellable.channels_out,
    case when cover.forecast_units > 0 then floor(greatest(0, cover.days_of_cover)) end as days_of_cover,
    coalesce(cover.forecast_units > 0 and stock.available >= cover.forecast_units, false) as covers_horizon,
    cover.forecast_units,
    stock.stock_value
from stock
left join product on product.sku = stock.sku
left join sellable on sellable.sku = stock.sku
left join cover on cover.sku = stock.sku
where ($abc_class::varchar is null or product.abc_class = $abc_class)
  and ($text::varchar is null or stock.sku ilike '%' || $text || '%' or product.title ilike '%' || $text || '%')
  and (not $only_out::boolean or coalesce(sellable.channels_out, 0) > 0)
order by stock.stock_value desc, stock.sku
limit $limit
