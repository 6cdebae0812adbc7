-- one order something has happened to
INSERT INTO core.order_state
SELECT
    order_id,
    order_status,
    payment_status,
    fulfillment_status,
    units_ordered,
    units_canceled,
    units_allocated,
    units_shipped,
    units_returned,
    units_backordered_at_placement,
    location_count,
    make_timestamptz(first_shipped_at) AS first_shipped_at,
    make_timestamptz(last_shipped_at) AS last_shipped_at,
    make_timestamptz(delivered_at) AS delivered_at
FROM pulled_state
