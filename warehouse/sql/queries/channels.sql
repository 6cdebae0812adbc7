-- one row per channel that has facts, largest first
select
    channel_id,
    count(*) as facts
from sales_fact
group by channel_id
order by facts desc, channel_id
