-- ERP export: charges and credits booked outside any product order.
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    booked_at AS sent_at,
    copied(invoice || '-' || line_no, copy) AS id,
    is_second,
    concat_ws(',',
        copied(invoice || '-' || line_no, copy),
        strftime(sold_local, '%Y-%m-%d %H:%M:%S'),
        channel_id,
        coalesce(customer_number(customer_id, copy)::VARCHAR, ''),
        csv(country),
        getvariable('currency'),
        csv(sku),
        csv(coalesce(title, '')),
        quantity,
        money(price),
        iso_z(booked_at)
    ) AS body
FROM ledger_row
CROSS JOIN copies
CROSS JOIN deliveries
WHERE (is_repeated OR NOT is_second)
    AND booked_at >= getvariable('chunk_from') AND booked_at < getvariable('chunk_to');
