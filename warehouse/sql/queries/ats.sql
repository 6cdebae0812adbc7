-- one row per (channel, sku): what the channel may still sell, and the terms it came from
select
    channel_id,
    sku,
    ats::double as ats,
    free_by_location,
    unrouted_units::double as unrouted_units,
    threshold::double as threshold,
    pool::double as pool,
    share,
    max_quantity::double as max_quantity,
    computed_at,
    note
from ats
where sku = $sku
  and ($channel::varchar is null or channel_id = $channel)
order by channel_id
