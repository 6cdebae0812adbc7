-- one row per week ahead of one sku
select
    sku,
    week_start,
    model_name,
    demand_class,
    mean,
    model_mean,
    q05,
    q25,
    q50,
    q75,
    q95,
    override_id,
    planner_mean,
    override_weight,
    made_as_of,
    data_version,
    code_version,
    seed
from forecast_weekly
where sku = $sku
order by week_start
