-- one row per channel: the newest business date and the newest document behind the sales facts
select
    channel_id,
    max(business_date) as last_business_date,
    max(recorded_at) as last_recorded_at,
    count(*) as facts
from sales_fact
group by channel_id
order by channel_id
