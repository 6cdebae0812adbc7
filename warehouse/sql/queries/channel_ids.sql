-- one row per channel of the release, with sales or without
select distinct channel_id
from kpi_daily
order by channel_id
