-- one row per document that could not be interpreted, newest first
select
    quarantine_id,
    channel_id,
    kind,
    external_id,
    path,
    line_no,
    reason_code,
    reason,
    sent_at,
    status
from quarantine
where ($status::varchar is null or status = $status)
  and ($reason_code::varchar is null or reason_code = $reason_code)
  and ($channel::varchar is null or channel_id = $channel)
order by sent_at desc, quarantine_id desc
limit $limit
