-- one row per tenth of the probability scale in which anything was said on one kind of stock
select
    decile,
    said_from,
    said_to,
    cases,
    said,
    came_true
from alert_calibration
where stock = $stock
  and cases > 0
order by decile
