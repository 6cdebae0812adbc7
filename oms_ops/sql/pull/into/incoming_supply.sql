-- one open purchase order line
INSERT INTO core.incoming_supply
SELECT
    purchase_order_line_id,
    supplier_id,
    sku,
    location_id,
    open_quantity,
    make_timestamptz(ordered_at) AS ordered_at,
    make_timestamptz(expected_at) AS expected_at
FROM pulled_supply
