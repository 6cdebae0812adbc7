-- one row per demand class: the model that won it
select
    demand_class,
    model_name,
    series,
    wape,
    naive_wape,
    moving_average_wape
from champion
order by series desc, demand_class
