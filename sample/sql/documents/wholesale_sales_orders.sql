-- ERP export: all rows of one sales order, which stand together.
CREATE OR REPLACE TEMP TABLE document AS
WITH sent AS (
    SELECT sending.*, copy
    FROM sending
    CROSS JOIN copies
    WHERE channel_id = 'wholesale' AND sent_at >= getvariable('chunk_from') AND sent_at < getvariable('chunk_to')
)
SELECT
    sent.sent_at,
    copied(sent.invoice, copy) AS id,
    is_second,
    string_agg(concat_ws(',',
        copied(sent.invoice, copy),
        line_no,
        sale.line_count,
        strftime(local(sale.placed_at), '%Y-%m-%d %H:%M:%S'),
        coalesce(customer_number(sale.customer_id, copy)::VARCHAR, ''),
        csv(sale.country),
        getvariable('currency'),
        csv(sku),
        csv(coalesce(line.title, product.title)),
        quantity,
        money(price),
        strftime(
            local(sale.placed_at)::DATE + CASE WHEN sale.country = 'United Kingdom' THEN 5 ELSE 9 END, '%Y-%m-%d'),
        coalesce(iso_z(canceled_at), ''),
        iso_z(sent.sent_at)
    ), chr(10) ORDER BY line_no) AS body
FROM sent
INNER JOIN sale USING (invoice)
INNER JOIN order_line AS line USING (invoice)
LEFT JOIN product USING (code)
GROUP BY sent.sent_at, sent.invoice, copy, is_second;
