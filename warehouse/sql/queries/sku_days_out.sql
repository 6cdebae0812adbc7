-- one row per day on which every channel could sell one sku for less than the whole day
select
    business_date,
    max(exposure) as exposure
from availability_day
where sku = $sku
group by business_date
having count(*) >= (select count(*) from ats where sku = $sku)
order by business_date
