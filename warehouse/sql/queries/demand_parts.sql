-- one row per (member, day) with demand for, or a return of, one sku: by channel or by location
select
    member,
    business_date,
    units::double as units,
    returned_units::double as returned_units
from demand_part
where sku = $sku
  and dimension = $dimension
order by member, business_date
