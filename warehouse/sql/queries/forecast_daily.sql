-- one row per day ahead of one sku
select
    * exclude (sku)
from forecast_daily
where sku = $sku
order by business_date
