-- one row per (channel, sku): what the channel may still sell, with its terms
select
    channel_id,
    sku,
    ats,
    free_by_location,
    unrouted_units,
    threshold,
    pool,
    share,
    max_quantity,
    computed_at,
    note
from core.ats
