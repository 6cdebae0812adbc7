-- WMS feed: goods received (simulated); quantities scale with the orders.
CREATE OR REPLACE TEMP TABLE document AS
WITH receipt AS (
    SELECT 'R' || po_no[3:] || '/' || po_line_no || '-1' AS receipt_no, po_no, po_line_no, code, location,
        first_quantity AS quantity, arrives_at AS received_at
    FROM purchase
    WHERE NOT is_opening AND first_quantity > 0
    UNION ALL
    SELECT 'R' || po_no[3:] || '/' || po_line_no || '-2', po_no, po_line_no, code, location,
        quantity - first_quantity, rest_at
    FROM purchase
    WHERE NOT is_opening AND quantity > first_quantity
    UNION ALL
    SELECT 'RX-' || code || '-' || strftime(received_at, '%y%m%d'), '', NULL, code, 'LEICESTER', quantity, received_at
    FROM rescue
)
SELECT
    received_at AS sent_at,
    receipt_no AS id,
    false AS is_second,
    concat_ws(',',
        csv(receipt_no),
        po_no,
        coalesce(po_line_no::VARCHAR, ''),
        csv(code),
        location,
        quantity * getvariable('scale'),
        iso_z(received_at)
    ) AS body
FROM receipt
WHERE received_at >= getvariable('chunk_from') AND received_at < getvariable('chunk_to');
