-- one open purchase order line; without a date it is expected as long after its order as its supplier quotes
INSERT INTO core.incoming_supply
SELECT
    pulled.purchase_order_line_id,
    pulled.supplier_id,
    pulled.sku,
    pulled.location_id,
    pulled.open_quantity,
    make_timestamptz(pulled.ordered_at) AS ordered_at,
    coalesce(
        make_timestamptz(pulled.expected_at),
        make_timestamptz(pulled.ordered_at) + to_days(coalesce(supplier.quoted_lead_time_days, 14)::integer)
    ) AS expected_at
FROM pulled_supply AS pulled
LEFT JOIN core.supplier AS supplier USING (supplier_id)
