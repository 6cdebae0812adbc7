-- one row per demand class: the model that holds it, since when, why, and how far off it was beside the floors
select
    c.demand_class,
    c.model_name,
    c.series,
    c.wape,
    c.naive_wape,
    c.moving_average_wape,
    own.median_wape,
    own.bias,
    own.pinball,
    naive.pinball as naive_pinball,
    average.pinball as moving_average_pinball,
    c.since,
    c.before,
    c.challenger,
    c.gain,
    c.t_value,
    c.wins,
    c.origins,
    c.reason
from champion as c
left join forecast_metric as own
    on own.level = 'sku' and own.horizon = 'all' and own.segment = c.demand_class
    and own.model_name = c.model_name
left join forecast_metric as naive
    on naive.level = 'sku' and naive.horizon = 'all' and naive.segment = c.demand_class
    and naive.model_name = 'seasonal_naive'
left join forecast_metric as average
    on average.level = 'sku' and average.horizon = 'all' and average.segment = c.demand_class
    and average.model_name = 'moving_average'
order by c.series desc, c.demand_class
