-- one row per (channel, kind, reason): documents still open and resolved
select
    channel_id,
    kind,
    reason_code,
    count(*) filter (where status = 'open') as open_documents,
    count(*) filter (where status <> 'open') as resolved_documents
from quarantine
group by channel_id, kind, reason_code
order by open_documents desc, channel_id, kind, reason_code
