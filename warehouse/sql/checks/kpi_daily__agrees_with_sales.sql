-- the days of all channels add up to the sales lines
with days as (
    select
        coalesce(sum(gross_sales), 0) as gross_sales,
        coalesce(sum(net_sales), 0) as net_sales,
        coalesce(sum(total_sales), 0) as total_sales,
        coalesce(sum(units), 0) as units
    from marts.kpi_daily
),
sales as (
    select
        coalesce(sum(gross_sales), 0) as gross_sales,
        coalesce(sum(gross_sales - discounts - returns), 0) as net_sales,
        coalesce(sum(gross_sales - discounts - returns + shipping), 0) as total_sales,
        coalesce(sum(units), 0) as units
    from marts.sales_fact
)
select
    if(days = sales, 0, 1) as violations,
    format('days {}, lines {}', days::varchar, sales::varchar) as detail
from days
cross join sales
