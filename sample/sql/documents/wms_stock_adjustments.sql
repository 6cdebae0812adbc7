-- WMS feed: write-offs, finds and corrections. A note that only names the product is no reason.
CREATE OR REPLACE TEMP TABLE document AS
SELECT
    adjusted_at AS sent_at,
    invoice || '-' || line_no AS id,
    is_second,
    concat_ws(',',
        invoice || '-' || line_no,
        csv(note.code),
        'LEICESTER',
        note.quantity * getvariable('scale'),
        csv(CASE WHEN note.title IS DISTINCT FROM product.title THEN coalesce(note.title, '') ELSE '' END),
        iso_z(adjusted_at)
    ) AS body
FROM stock_note AS note
LEFT JOIN product USING (code)
CROSS JOIN deliveries
WHERE (NOT is_second OR EXISTS (FROM repeated_invoice WHERE repeated_invoice.invoice = note.invoice))
    AND adjusted_at >= getvariable('chunk_from') AND adjusted_at < getvariable('chunk_to');
