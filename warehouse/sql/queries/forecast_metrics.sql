-- accuracy by level, segment, horizon and model, from the naive floor upwards
select
    level,
    segment,
    horizon,
    step_no,
    model_name,
    series,
    actual_units,
    wape,
    median_wape,
    bias,
    rmsse,
    pinball,
    coverage_50,
    coverage_90,
    value_added
from forecast_metric
where ($level::varchar is null or level = $level)
  and ($segment::varchar is null or segment = $segment)
  and ($horizon::varchar is null or horizon = $horizon)
order by
    list_position(['sku', 'category', 'total'], level),
    segment <> 'all',
    segment,
    list_position(['all', '1', '2-4', '5-8', '9-13'], horizon),
    step_no
