-- one row per check of the run behind the release, failures first
select
    check_name,
    subject,
    is_blocking,
    passed,
    violations,
    detail
from check_result
order by passed, is_blocking desc, check_name
