-- one row per driver of one sku's forecast, in the order to read them in; their units add up to the forecast
select
    driver,
    units
from forecast_driver
where sku = $sku
order by driver_no
