-- one row per document or file that could not be interpreted
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
from raw.quarantine
