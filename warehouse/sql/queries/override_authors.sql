-- one row per planner whose overrides were laid over a forecast
select distinct author
from override_value
order by author
