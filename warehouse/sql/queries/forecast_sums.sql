-- one row per (sku, week ahead) of a category or the whole shop
select
    forecast_weekly.sku,
    product.category,
    product.mean_price::double as mean_price,
    forecast_weekly.week_start,
    forecast_weekly.model_name,
    forecast_weekly.mean,
    forecast_weekly.model_mean
from forecast_weekly
left join product on product.sku = forecast_weekly.sku
where $category::varchar is null or product.category = $category
order by forecast_weekly.sku, forecast_weekly.week_start
