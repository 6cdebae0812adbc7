-- one row per (sku, business_date) with demand: that of its channels together
with exposures as (
    select sku, business_date, max(exposure) as exposure
    from marts.availability_day
    group by sku, business_date
    having count(*) = (select count(*) from core.channel where share > 0)
),
demanded as (
    select
        sku,
        business_date,
        sum(units) as units,
        sum(orders) as orders,
        sum(gross_sales) as gross_sales
    from marts.demand_part
    where dimension = 'channel'
      and units > 0
    group by sku, business_date
)
select
    demanded.sku,
    demanded.business_date,
    demanded.units,
    demanded.orders,
    demanded.gross_sales,
    coalesce(exposures.exposure, 1) as exposure
from demanded
left join exposures on exposures.sku = demanded.sku and exposures.business_date = demanded.business_date
