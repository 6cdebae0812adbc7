-- the last week that any product is forecast for
select max(week_start) as last_week
from forecast_weekly
