-- one row per (channel, day) on which one sku could be bought for less than the whole day
select
    channel_id,
    business_date,
    exposure
from availability_day
where sku = $sku
  and business_date >= $date_from
  and business_date < $date_to
order by business_date, channel_id
