-- one row per stage of the run behind the release
select
    stage_no,
    stage,
    rows_in,
    rows_out,
    quarantined,
    seconds,
    note
from stage_report
order by stage_no
