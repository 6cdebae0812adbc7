-- ERP export: purchase order lines (simulated).
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    exported_at AS sent_at,
    po_no || '/' || lpad(po_line_no::VARCHAR, 6, '0') AS id,
    false AS is_second,
    concat_ws(',',
        po_no,
        po_line_no,
        'SUP' || lpad(purchase.supplier::VARCHAR, 2, '0'),
        csv(code),
        location,
        quantity * getvariable('scale'),
        unit_cost,
        iso_z(ordered_at),
        iso_z(expected_at),
        iso_z(exported_at)
    ) AS body
FROM purchase
INNER JOIN product USING (code)
WHERE NOT is_opening AND exported_at >= getvariable('chunk_from') AND exported_at < getvariable('chunk_to');
