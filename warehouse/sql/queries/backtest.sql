-- one row per (demand class, model) over all cutoffs, weighted by actual units
select
    demand_class,
    model_name,
    count(*) as cutoffs,
    sum(actual_units) as actual_units,
    sum(wape * actual_units) / nullif(sum(actual_units) filter (where wape is not null), 0) as wape,
    sum(bias * actual_units) / nullif(sum(actual_units) filter (where bias is not null), 0) as bias,
    avg(rmsse) as rmsse,
    avg(pinball) as pinball,
    avg(coverage_90) as coverage_90
from backtest
where $demand_class::varchar is null or demand_class = $demand_class
group by demand_class, model_name
order by demand_class, wape nulls last, model_name
