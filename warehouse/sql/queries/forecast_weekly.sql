-- one row per week ahead of one sku
select
    *
from forecast_weekly
where sku = $sku
order by week_start
