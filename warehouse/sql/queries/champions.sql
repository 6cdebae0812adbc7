-- one row per demand class: the model that holds it, since when, and why
select
    demand_class,
    model_name,
    series,
    wape,
    naive_wape,
    moving_average_wape,
    since,
    before,
    challenger,
    gain,
    t_value,
    wins,
    origins,
    reason
from champion
order by series desc, demand_class
