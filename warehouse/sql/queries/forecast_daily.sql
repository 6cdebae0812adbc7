-- one row per day ahead of one sku
select
    business_date,
    mean,
    q05,
    q50,
    q95
from forecast_daily
where sku = $sku
order by business_date
