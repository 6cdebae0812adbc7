-- one (channel, sku)
INSERT INTO core.ats
SELECT
    channel_id,
    sku,
    ats,
    free_by_location,
    unrouted_units,
    threshold,
    pool,
    share,
    max_quantity,
    $as_of AS computed_at,
    note
FROM pulled_ats
