-- one row: the business dates the release's sales span
select
    min(business_date) as first_date,
    max(business_date) as last_date
from sales_fact
