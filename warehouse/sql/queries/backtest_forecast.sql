-- one row per (cutoff, week) of one sku: what the champion and the naive said, and what came
select
    cutoff_date,
    week_start,
    mean,
    naive,
    actual,
    exposure
from backtest_forecast
where sku = $sku
order by cutoff_date, week_start
